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


def test_no_blocking_call_of_ib_insync() -> None:
    assert {name_of(file): found for file in FILES if (found := blocking_calls(file.read_text(encoding="utf-8")))} == {}


def blocking_calls(text: str) -> list[str]:
    """What of a source text runs the loop or patches it."""
    found = [word for word in ("nest_asyncio", "patchAsyncio", "startLoop", "ib.sleep") if word in text]
    if not any(f".{method}(" in text for method in BLOCKING_METHODS):
        return found
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BLOCKING_METHODS:
            owner = ast.unparse(node.func.value)
            if owner.split(".")[-1] in {"ib", "_ib"}:
                found.append(f"line {node.lineno}: {owner}.{node.func.attr}() blocks")
    return found


@pytest.mark.parametrize("text", ["import nest_asyncio", "self._ib.reqPositions()", "ib\\\n    .sleep(1)"])
def test_a_blocking_call_is_seen(text: str) -> None:
    assert blocking_calls(text)


def test_a_file_stays_readable() -> None:
    lines = {name_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {name: count for name, count in lines.items() if count > 500} == {}


def name_of(file: Path) -> str:
    return str(file.relative_to(SOURCE))


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
