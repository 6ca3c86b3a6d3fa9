"""The catalogue of faults names tests that exist."""

import re
from pathlib import Path

TREE = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([CLDW]\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_fault_names_its_test_and_that_test_exists() -> None:
    rows = dict(ROW.findall((TREE / "docs/faults.md").read_text()))
    assert all(TEST.search(cell) for cell in rows.values()), "a fault without a test"
    missing = [
        f"{fault}: {path}::{name}"
        for fault, cell in rows.items()
        for path, name in TEST.findall(cell)
        if f"def {name}(" not in (TREE / "tests" / path).read_text()
    ]
    assert not missing
