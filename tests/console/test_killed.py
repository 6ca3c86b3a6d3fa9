"""Killed at any step of an order's way: nothing is lost, nothing is sent again, and what is not known says so."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ibtui.trading.orders import LIVE, Status
from ibtui.trading.states import TradingState
from tests.conftest import Gateway, until
from tests.console.agreement import books
from tests.console.dying_trader import FIRST_CLIENT, STEPS
from tests.console.rig import running
from tests.console.trader import trading

ROOT = Path(__file__).resolve().parents[2]
PLACE_ORDER = "3"


@dataclass(frozen=True)
class Outcome:
    """What a trader finds who comes back.

    Attributes:
        then: Statuses once everything is reconciled, in the order of the order ids.
        there: How many of the orders the gateway has.
    """

    then: tuple[Status, ...] = ()
    there: int = 0


WORKING, FILLED, CANCELLED, UNKNOWN = Status.WORKING, Status.FILLED, Status.CANCELLED, Status.UNKNOWN

OUTCOMES = {
    "asked": Outcome(),
    "journal_being_written": Outcome(),
    "journal_being_committed": Outcome(),
    "journal_committed": Outcome((UNKNOWN,), 0),
    "frame_sent": Outcome((WORKING,), 1),
    "acknowledged": Outcome((WORKING,), 1),
    "filling": Outcome((FILLED,), 1),
    "changing": Outcome((WORKING,), 1),
    "cancel_asked": Outcome((WORKING,), 1),
    "cancel_sent": Outcome((CANCELLED,), 1),
    "bracket_half_sent": Outcome((CANCELLED, CANCELLED, UNKNOWN), 2),
    "halted": Outcome((CANCELLED,), 1),
}


@pytest.fixture(scope="module")
def fallen(shared_gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data directories by step, of traders who were all killed."""
    directory = tmp_path_factory.mktemp("fallen")
    ports = (str(shared_gateway.port), str(shared_gateway.control_port))
    program = [sys.executable, "-m", "tests.console.dying_trader", shared_gateway.host, *ports, str(directory)]
    subprocess.run(program, cwd=ROOT, check=True, timeout=100)
    return directory


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[step.__name__ for step in STEPS])
async def test_killed_at_any_step_every_order_is_found_once_or_unknown_and_none_is_sent_again(
    number: int, fallen: Path, shared_gateway: Gateway
) -> None:
    step, client_id = STEPS[number].__name__, FIRST_CLIENT + number
    expected, directory = OUTCOMES[step], fallen / step
    before = await books(directory, shared_gateway, client_id)
    assert before.problems(settled=False) == []
    assert (len(before.kept), len(before.there)) == (len(expected.then), expected.there)
    frames = (await shared_gateway.control("stats"))["received"][PLACE_ORDER]

    async with running(directory, shared_gateway.host, shared_gateway.port, client_id=client_id) as rig:
        orders = rig.desk.orders
        alive = {each.status for each in orders.values() if each.status in LIVE}
        assert alive <= {UNKNOWN}, "nothing is taken for what it was before the broker says so"
        await rig.ready()
        await until(lambda: statuses(rig.desk.orders) == expected.then, 5, f"{expected.then}: {orders}")
        await rig.writer.durable()
        after = await books(directory, shared_gateway, client_id)
        assert after.problems() == []
        for order in orders.values():
            assert (order.status is UNKNOWN) == ("not found" in order.reason)
        assert (rig.desk.trading_state is TradingState.HALTED) == (step == "halted")
        assert (await shared_gateway.control("stats"))["received"][PLACE_ORDER] == frames, "nothing was sent again"
        if step == "changing":
            assert [each.intent.quantity for each in orders.values()] == [9]
            assert [each["modified_count"] for each in after.there.values()] == [1]
        await rig.desk.cancel_all()


def statuses(orders: dict) -> tuple[Status, ...]:  # type: ignore[type-arg]
    return tuple(each.status for each in sorted(orders.values(), key=lambda each: each.order_id or 0))


async def test_a_halt_outlives_a_kill_and_every_start_until_a_reason_releases_it(
    fallen: Path, shared_gateway: Gateway, tmp_path: Path
) -> None:
    client_id = FIRST_CLIENT + len(STEPS)
    directory = shutil.copytree(fallen / "halted", tmp_path / "halted")
    async with trading(shared_gateway, directory, client_id=client_id) as trader:
        assert trader.rig.desk.restraints["user"].reason == "by a test"
        refused = await trader.rig.desk.submit(trader.intent(0.98), trader.spy)
        assert (refused.status, "HALTED: by a test" in refused.reason) == (Status.REFUSED, True)
    async with trading(shared_gateway, directory, client_id=client_id) as trader:
        assert trader.rig.desk.trading_state is TradingState.HALTED
        await trader.rig.desk.release("user", "looked at it")
    async with trading(shared_gateway, directory, client_id=client_id) as trader:
        assert trader.rig.desk.trading_state is TradingState.ACTIVE
        sent = await trader.rig.desk.submit(trader.intent(0.98), trader.spy)
        assert "HALTED" not in sent.reason
    released = trader.rig.rows("SELECT restraint, reason FROM trading_state ORDER BY id")
    assert released == [("HALTED", "by a test"), ("ACTIVE", "looked at it")]
