"""An order typed as one line is sent at once only when ARMED, by an enter of its own; else a ticket shows it first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ibtui.market.instruments import Instrument
from ibtui.trading.orders import Status
from ibtui.ui.keyguard import KeyGuard
from ibtui.ui.screens.ticket import OrderTicket
from tests.conftest import Gateway, until
from tests.console.test_trading_keys import Desk, trading

LINE = "buy SPY 7 @ 400.00"


@pytest.fixture
async def desk(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Desk]:
    """With the run's first order behind it, so that arming is all that is missing."""
    async with trading(tmp_path, gateway) as ready:
        ready.app.armed.sent = True
        yield ready


@pytest.fixture
def steady(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the test disarms: a machine that lags would."""
    monkeypatch.setattr(desk.app.armed, "look", lambda: None)


class SlowLookUp:
    """Has the symbol of a line be looked up for as long as it takes to do something else."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.found = asyncio.Event(), asyncio.Event()

        async def look_up(_: str) -> Instrument:
            self.asked.set()
            await self.found.wait()
            return desk.spy

        monkeypatch.setattr(desk.app._executor, "_instrument", look_up)


async def only_a_ticket(desk: Desk) -> None:
    await desk.ticket()
    assert not desk.console.orders.orders


@pytest.mark.usefixtures("steady")
async def test_armed_a_whole_line_is_sent_at_once(desk: Desk) -> None:
    await desk.armed()
    await desk.type(LINE)
    order = await desk.order(Status.WORKING)
    assert (order.intent.action, order.intent.quantity, order.intent.limit_price) == ("BUY", 7, 400.0)


async def test_not_armed_it_opens_a_ticket(desk: Desk) -> None:
    await desk.type(LINE)
    await only_a_ticket(desk)


async def test_an_answer_that_comes_while_the_console_ends_with_a_ticket_open_does_no_harm(desk: Desk) -> None:
    await desk.type(LINE)
    await desk.ticket()
    ticket = desk.app.screen
    assert isinstance(ticket, OrderTicket)
    await ticket.query_one("#ticket-checks").remove()
    ticket._estimator._changed()


@pytest.mark.usefixtures("steady")
async def test_armed_before_the_first_ticket_of_a_run_it_opens_one(desk: Desk) -> None:
    desk.app.armed.sent = False
    await desk.armed()
    await desk.type(LINE)
    await only_a_ticket(desk)


@pytest.mark.parametrize("line", ["buy SPY 7", "buy SPY @ 400.00"])
@pytest.mark.usefixtures("steady")
async def test_armed_a_line_without_quantity_or_price_opens_a_ticket(desk: Desk, line: str) -> None:
    await desk.armed()
    await desk.type(line)
    await only_a_ticket(desk)


@pytest.mark.usefixtures("steady")
async def test_an_enter_that_did_not_arrive_alone_sends_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.armed()
    pasted = SimpleNamespace(guard=KeyGuard(doubtful=float("inf")))
    await desk.press(":", *LINE)
    monkeypatch.setattr(desk.app, "_driver_in_use", pasted)
    await desk.press("enter")
    await only_a_ticket(desk)


@pytest.mark.usefixtures("steady")
async def test_what_disarms_while_the_symbol_is_looked_up_stops_the_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.armed()
    slow = SlowLookUp(desk, monkeypatch)
    await desk.type(LINE)
    await slow.asked.wait()
    desk.app.armed.disarm("by a test")
    slow.found.set()
    await only_a_ticket(desk)


async def test_arming_after_the_enter_sends_nothing_that_was_typed_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowLookUp(desk, monkeypatch)
    await desk.type(LINE)
    await slow.asked.wait()
    await desk.armed()
    slow.found.set()
    await only_a_ticket(desk)


async def test_arming_ends_with_its_time_its_link_and_its_quote(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.armed()
    clock, minutes = desk.app.parts.clock, desk.app.parts.settings.orders.arm_minutes
    assert desk.app.armed.until == pytest.approx(clock.monotonic() + minutes * 60, abs=30)
    await desk.press("ctrl+k")
    await until(lambda: desk.app.armed.until is None, 5, "HALTED disarms")
    await desk.type("release tested")
    await until(lambda: not desk.console.orders.restraints, 5, "ACTIVE")
    await desk.armed()
    monkeypatch.setattr(desk.app.parts.feeds, "mark", lambda _: "STALE")
    desk.app.armed.look()
    assert desk.app.armed.until is None
    assert desk.said("quote is not LIVE")
    await desk.press("a")
    assert desk.app.armed.until is None, "nor is it armed again"
    monkeypatch.undo()
    await desk.armed()
    monkeypatch.setattr(desk.app.armed, "_key_at", clock.monotonic() - 61)
    desk.app.armed.look()
    assert desk.said("no key for 60 s")
    await desk.armed()
    session = desk.console.supervisor.session
    assert session is not None
    session.abort("cut by the test")
    await until(lambda: desk.console.supervisor.status.state != "READY", 10, "a loss")
    desk.app.armed.look()
    assert desk.app.armed.until is None
    assert desk.said("the link is not READY")


@pytest.mark.usefixtures("steady")
async def test_an_instant_key_acts_on_no_quote_that_was_not_painted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.armed()
    monkeypatch.setattr(desk.app.armed, "painted", lambda _: None)
    desk.app.armed._painted.clear()
    await desk.press("B")
    assert desk.said("its quote is not on the screen")
    assert not desk.console.orders.orders
