"""What an order would need and cost, asked of the simulated gateway: told, journalled, bounded, and never an order."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ibtui.broker.flattening import Flattening
from ibtui.broker.window import RESERVED, client_of, room
from ibtui.config import RiskSettings
from ibtui.errors import OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.trading.holdings import Held
from ibtui.trading.orders import Action, OrderIntent, Status
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState
from tests.conftest import Gateway, until
from tests.console.rig import Rig, running

OPEN_ORDER = 5
UNSET = ("initial_margin_change", "maintenance_margin_change", "equity_after", "commission")
WIDE = RiskSettings(max_quantity=1_000_000, max_notional=10_000_000, max_position=1_000_000)


@pytest.fixture
def gateway(gateway_factory: Callable[..., Gateway]) -> Gateway:
    """At a date for which the names of futures and options below are right."""
    return gateway_factory("--start", "2026-03-10T10:00")


def verdict(rig: Rig, intent: OrderIntent, instrument: Instrument) -> tuple[str, str]:
    check = next(each for each in rig.desk.preview(intent, instrument) if each.name == "buying power")
    return check.verdict, check.measured


def near(rig: Rig, instrument: Instrument, action: Action, quantity: float) -> OrderIntent:
    quote = rig.market.board.quote(instrument.con_id)
    return rig.desk.intent(instrument, action, quantity, limit_price=quote.bid if action == "BUY" else quote.ask)


async def option(rig: Rig) -> Instrument:
    spy = await rig.quoted("SPY")
    bid = rig.market.board.quote(spy.con_id).bid
    assert bid
    return await rig.quoted(f"SPY 260320C{round(bid / 10) * 10}")


async def test_a_future_a_currency_and_a_short_option_go_once_the_broker_told_their_margin(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port, risk=WIDE) as rig:
        await rig.ready()
        future, euro, call = await rig.quoted("ESH6"), await rig.quoted("EUR.USD"), await option(rig)
        asked: list[tuple[Instrument, Action, float]] = [(future, "SELL", 1), (euro, "BUY", 30_000), (call, "SELL", 1)]
        for instrument, action, quantity in asked:
            intent = near(rig, instrument, action, quantity)
            assert verdict(rig, intent, instrument) == ("unknown", "margin unknown USD")
            answer = await rig.desk.what_if(intent, instrument)
            assert answer.problem == ""
            assert (answer.initial or 0) >= (answer.maintenance or 0) > 0
            assert (answer.equity or 0) > 900_000
            assert (answer.commission or 0) > 0
            assert verdict(rig, intent, instrument)[0] == "pass"
            twice = near(rig, instrument, action, 2 * quantity)
            assert verdict(rig, twice, instrument)[1] == f"margin {2 * answer.initial:,.2f} USD"
        other_side = near(rig, call, "BUY", 1)
        assert verdict(rig, other_side, call) != verdict(rig, near(rig, call, "SELL", 1), call)
        stats = await gateway.control("stats")
        assert (stats["orders"], stats["received"]["3"]) == ([], 3)
        assert (rig.desk.orders, rig.desk.external) == ({}, []), "a question is nobody's order"
        await until(lambda: len(rig.rows("SELECT 1 FROM what_ifs WHERE answered_ns NOT NULL AND problem = ''")) == 3)
        assert rig.rows("SELECT count(*) FROM orders") == [(0,)]
        assert rig.rows("SELECT count(*) FROM order_events") == [(0,)]
        sent = await rig.desk.submit(near(rig, future, "SELL", 1), future)
        assert sent.status is Status.SENT, sent.reason
        highest = rig.rows("SELECT max(order_id) FROM what_ifs")[0][0]
        assert (sent.order_id or 0) > highest


async def test_a_reversal_of_a_future_goes_once_its_margin_was_told_and_does_nothing_before(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port, risk=WIDE) as rig:
        await rig.ready()
        future = await rig.quoted("ESH6")
        flattening = Flattening(rig.desk, rig.account, rig.market, rig.feeds.mark)
        first = await rig.desk.what_if(near(rig, future, "BUY", 1), future)
        assert first.initial
        ask = rig.market.board.quote(future.con_id).ask
        assert ask
        bought = await rig.desk.submit(rig.desk.intent(future, "BUY", 1, limit_price=ask + 5), future)
        assert bought.status is Status.SENT, bought.reason
        await until(lambda: rig.account.held(future.con_id) == Held(1, 1), 10, "the position")
        with pytest.raises(OrderRefusedError, match="nothing was sent: the margin of a SELL is not known"):
            await flattening.reverse(future)
        assert len(rig.desk.orders) == 1
        turning = near(rig, future, "SELL", 2)
        assert verdict(rig, turning, future) == ("unknown", "margin unknown USD")
        told = await rig.desk.what_if(turning, future)
        assert (told.problem, told.initial) == ("", 0.0), "as much is tied up on the other side"
        assert verdict(rig, turning, future) == ("pass", f"margin {first.initial:,.2f} USD")
        opening = await flattening.reverse(future)
        assert opening.intent.action == "SELL"
        await until(lambda: rig.account.held(future.con_id) == Held(-1, -1), 10, "the other side")


async def test_a_refusal_a_silence_and_unset_margins_are_told_and_leave_the_margin_unknown(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port, risk=WIDE, request_timeout=0.4) as rig:
        await rig.ready()
        future = await rig.quoted("ESH6")
        intent = near(rig, future, "BUY", 1)
        await gateway.control("reject", code=201, text="Margin violation", request="what_if")
        refused = await rig.desk.what_if(intent, future)
        assert (refused.problem, refused.final) == ("Margin violation (IB code 201)", True)
        await gateway.control("mute", message=OPEN_ORDER, count=1)
        silent = await rig.desk.what_if(intent, future)
        assert (silent.problem, silent.final) == ("no answer from the gateway within 0.4 s", False)
        await gateway.control("alter", message=OPEN_ORDER, values=dict.fromkeys(UNSET), count=1)
        unset = await rig.desk.what_if(intent, future)
        assert (unset.initial, unset.maintenance, unset.equity, unset.commission) == (None, None, None, None)
        assert "unset" in unset.problem
        assert verdict(rig, intent, future) == ("unknown", "margin unknown USD")
        assert (await rig.desk.submit(intent, future)).status is Status.REFUSED
        told = [problem for (problem,) in rig.rows("SELECT problem FROM what_ifs ORDER BY asked_ns")]
        assert told == [refused.problem, silent.problem, unset.problem]
        assert rig.desk.breaker.causes(rig.desk._clock.monotonic()) == ()
        assert (await rig.desk.what_if(intent, future)).problem == ""


async def test_what_may_not_be_ordered_may_not_be_asked_and_an_order_goes_before_a_question(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        session = rig.session
        monkeypatch.setattr(session, "accounts", ("ULIVE01",))
        assert "not a paper account" in (await rig.desk.what_if(near(rig, spy, "BUY", 1), spy)).problem
        monkeypatch.undo()
        await rig.desk.hold_back(Restraint("user", TradingState.HALTED, "by hand", 0))
        assert "HALTED" in (await rig.desk.what_if(near(rig, spy, "BUY", 1), spy)).problem
        await rig.desk.release("user", "go on")
        question = asyncio.create_task(rig.desk.what_if(near(rig, spy, "BUY", 1), spy))
        await asyncio.sleep(0)  # it has its number and waits for the disk
        order = await rig.desk.submit(near(rig, spy, "BUY", 1), spy)
        assert order.status is Status.SENT, order.reason
        assert "an order went first" in (await question).problem
        assert (await gateway.control("stats"))["received"]["3"] == 1
        together = await asyncio.gather(*(rig.desk.what_if(near(rig, spy, "SELL", 2), spy) for _ in range(3)))
        assert [each.problem for each in together] == ["", "", ""]


def before_the_disk(rig: Rig, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[object]]) -> None:
    """Acts while a question is being journalled."""
    write = rig.desk._journal.what_if

    async def act_then_write(*arguments: Any) -> None:
        await act()
        await write(*arguments)

    monkeypatch.setattr(rig.desk._journal, "what_if", act_then_write)


async def test_what_turns_while_a_question_is_journalled_stops_its_frame(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        session = rig.session

        async def halt() -> None:
            rig.desk.restraints["user"] = Restraint("user", TradingState.HALTED, "by hand", 0)

        async def crowd() -> None:
            while room(session) > RESERVED:
                client_of(session).reqIds(1)

        async def order() -> None:
            sent = await rig.desk.submit(near(rig, spy, "BUY", 1), spy)
            assert sent.status is Status.SENT, sent.reason

        for act, words in ((halt, "HALTED"), (crowd, "other messages are for orders"), (order, "an order went first")):
            with monkeypatch.context() as patch:
                before_the_disk(rig, patch, act)
                assert words in (await rig.desk.what_if(near(rig, spy, "BUY", 1), spy)).problem
                rig.desk.restraints.clear()
        assert (await gateway.control("stats"))["received"]["3"] == 1, "the order's"


async def test_no_question_is_journalled_or_sent_before_the_order_that_is_on_its_way(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        ordering = asyncio.create_task(rig.desk.submit(near(rig, spy, "BUY", 1), spy))
        await asyncio.sleep(0)  # it waits for the disk
        assert "an order went first" in (await rig.desk.what_if(near(rig, spy, "BUY", 2), spy)).problem
        assert (await ordering).status is Status.SENT
        await rig.desk.hold_back(Restraint("user", TradingState.HALTED, "by hand", 0))
        assert "HALTED" in (await rig.desk.what_if(near(rig, spy, "BUY", 3), spy)).problem
        assert rig.rows("SELECT quantity FROM what_ifs") == []
        assert (await gateway.control("stats"))["received"]["3"] == 1


async def test_no_question_leaves_as_an_order_and_no_order_as_a_question() -> None:
    from ib_insync import Order as IbOrder

    from ibtui.broker.order_sender import _place

    for flag, what_if in ((True, False), (False, True)):
        with pytest.raises(OrderRefusedError):
            _place(SimpleNamespace(), IbOrder(whatIf=flag), Instrument(1, "SPY"), what_if=what_if)  # type: ignore[arg-type]


async def test_no_order_takes_the_number_of_a_question_after_a_restart_and_a_rollback(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        for quantity in (1, 2, 3):
            assert (await rig.desk.what_if(near(rig, spy, "BUY", quantity), spy)).problem == ""
    asked = rig.rows("SELECT max(order_id) FROM what_ifs")[0][0]
    await gateway.control("restart", seconds=0.2, next_valid_id=1)
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.desk.acknowledge()
        sent = await rig.desk.submit(near(rig, spy, "BUY", 1), spy)
        assert sent.status is Status.SENT, sent.reason
        assert (sent.order_id or 0) > asked
