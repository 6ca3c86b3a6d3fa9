"""The house rules that a reader relies on: import directions, forbidden calls, what a cheap command loads."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import ibtui

SOURCE = Path(ibtui.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))

BLOCKING_METHODS = frozenset(
    {
        *("sleep", "run", "connect", "waitOnUpdate", "loopUntil", "qualifyContracts", "reqTickers", "placeOrder"),
        *("reqHistoricalData", "reqContractDetails", "reqPositions", "reqExecutions", "reqOpenOrders"),
        *("reqAllOpenOrders", "reqCompletedOrders", "reqCurrentTime", "reqHeadTimeStamp", "reqMatchingSymbols"),
        *("reqMarketRule", "reqAccountUpdates", "reqAccountSummary", "whatIfOrder"),
    }
)
"""Methods of ``IB`` that run the loop until an answer comes, and ``placeOrder``, whose Trade object lies on errors."""


def test_imports_point_downwards_only() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=SOURCE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_blocking_call_of_ib_insync(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for forbidden in ("nest_asyncio", "patchAsyncio", "startLoop", "ib.sleep"):
        assert forbidden not in text, f"{forbidden} is forbidden"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BLOCKING_METHODS:
            owner = ast.unparse(node.func.value)
            assert owner.split(".")[-1] not in {"ib", "_ib"}, f"line {node.lineno}: {owner}.{node.func.attr}() blocks"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_file_stays_readable(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 500


def modules_loaded_by(statement: str) -> set[str]:
    script = f"import json, sys\n{statement}\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout))


HEAVY = {
    *("textual", "ib_insync", "pandas", "numpy", "exchange_calendars", "sqlite_utils", "sqlite3"),
    *("aiohttp", "prometheus_client"),
}


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import ibtui.cli", set()),
        ("import ibtui.sim.server", set()),
        ("import ibtui.storage.queries", {"sqlite3"}),
        ("import ibtui.launch", {"sqlite3"}),
        ("import ibtui.services.status", {"sqlite3"}),
        ("import ibtui.ui.app", {"textual", "sqlite3"}),
    ],
)
def test_a_module_loads_no_heavy_library_it_does_not_need(statement: str, allowed: set[str]) -> None:
    assert modules_loaded_by(statement) & HEAVY <= allowed
