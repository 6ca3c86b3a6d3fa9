"""The catalogues of faults and of promises name tests that exist."""

import re
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([A-Z]\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")

PAGES = {
    "docs/faults.md": {"C": 12, "L": 15, "D": 17, "W": 7},
    "docs/promises.md": {"P": 25, "O": 29, "S": 15},
}
"""How many rows of each letter a page has."""

UNTESTED: frozenset[str] = frozenset()
"""Rows that no test holds yet."""


@pytest.mark.parametrize("page", PAGES)
def test_every_fault_and_promise_has_its_row_and_names_tests_that_exist(page: str) -> None:
    rows = dict(ROW.findall((TREE / page).read_text()))
    assert set(rows) == {f"{letter}{number + 1}" for letter, count in PAGES[page].items() for number in range(count)}
    assert {row for row, cell in rows.items() if not TEST.search(cell)} <= UNTESTED
    missing = [
        f"{row}: {path}::{name}"
        for row, cell in rows.items()
        for path, name in TEST.findall(cell)
        if not (file := TREE / "tests" / path).exists() or f"def {name}(" not in file.read_text()
    ]
    assert not missing
