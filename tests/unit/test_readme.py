"""The README says what the program does: its tables are those of the code, its commands are those of the gate."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_tables_are_those_of_the_code() -> None:
    make_tables = runpy.run_path(str(ROOT / "docs" / "make_tables.py"))
    assert make_tables["rewritten"](README) == README, "run: python docs/make_tables.py"


def test_each_of_its_two_commands_is_one_line() -> None:
    for name in ("open the console", "run the tests"):
        found = re.search(rf"<!-- {name} -->\n```sh\n(.*?)```", README, re.DOTALL)
        assert found is not None
        assert len(found[1].splitlines()) == 1
        assert found[1].startswith("python3 -m venv .venv")


def test_the_gate_runs_exactly_its_test_command() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "<!-- run the tests -->" in gate
    assert "pytest" not in gate.replace("<!-- run the tests -->", "")
