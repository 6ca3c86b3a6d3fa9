"""The program as a process, and a gateway that the tests of one file share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ibtui.broker import order_sender
from tests.conftest import Gateway, end_gateway, start_gateway
from tests.console.program import Program

UNTRACED = frozenset(
    {
        "test_account_screen",
        "test_board",
        "test_chart",
        "test_counting",
        "test_day",
        "test_desk_screen",
        "test_killed",
        "test_ladder_pane",
        "test_looks",
        "test_losses",
        "test_mistyped_orders",
        "test_orders_screen",
        "test_screen_feeds",
        "test_snapshot",
        "test_tape_screen",
        "test_trading_keys",
    }
)
"""Whole consoles under Pilot, which the tracer slows to half: what they run is traced by the tests of each screen's
opening, of its rows, and of the order path."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks them for pytest-cov."""
    for item in items:
        if item.path.stem in UNTRACED:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(autouse=True)
def patient_journal() -> Iterator[None]:
    """Lets the disk of a machine that runs other tests beside take its time; the tests of the limit put it back.

    A patch of its own: what a test takes back in its middle is not this one.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_sender, "JOURNAL_WAIT", 10.0)
        yield


@pytest.fixture(scope="module")
def shared_gateway() -> Iterator[Gateway]:
    """For tests that leave the market as it is: starting one takes as long as many of them."""
    gateway = start_gateway()
    yield gateway
    end_gateway(gateway)


@pytest.fixture
async def program(tmp_path: Path, shared_gateway: Gateway) -> AsyncIterator[Program]:
    """``ibtui`` on a directory of its own, with a gateway that it can reach."""
    program = Program(tmp_path, shared_gateway)
    yield program
    await program.end()


@pytest.fixture
async def lonely(tmp_path: Path) -> AsyncIterator[Program]:
    """``ibtui`` on a directory of its own, told of no gateway."""
    program = Program(tmp_path)
    yield program
    await program.end()
