"""What stands between an order, a bracket or a change and its frame, each guard for itself."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ibtui.broker import order_sender
from ibtui.broker.order_guards import Asked
from ibtui.broker.order_sender import JOURNAL_WAIT
from ibtui.broker.window import client_of, room
from ibtui.config import RiskSettings
from ibtui.errors import OrderRefusedError
from ibtui.trading.brackets import bracket
from ibtui.trading.events import LinkLost
from ibtui.trading.holdings import Held
from ibtui.trading.orders import Order, OrderIntent, Status
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState
from tests.conftest import Gateway, until
from tests.console.rig import never, running
from tests.console.trader import Trader, trading

PLACE, CANCEL, OPEN_ORDER = 3, 4, 5
HALTED = Restraint("user", TradingState.HALTED, "by a test", 0)


@pytest.fixture
async def trader(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Trader]:
    async with trading(gateway, tmp_path) as ready:
        yield ready


def client(trader: Trader) -> Any:
    return client_of(trader.rig.session)


def legs(trader: Trader, factor: float = 0.98) -> tuple[OrderIntent, ...]:
    """A buy that rests, with its target and stop."""
    parent = trader.intent(factor)
    bid = trader.rig.market.board.quote(trader.spy.con_id).bid
    assert bid
    target, stop = round(bid * 1.03, 2), round(bid * 0.95, 2)
    return bracket(parent, lambda **facts: trader.rig.desk.intent(trader.spy, **facts), target, stop)


@contextmanager
def unheard(trader: Trader) -> Iterator[None]:
    """The gateway gets what is sent, and no word of its own arrives."""
    transport = client(trader).conn.transport
    transport.pause_reading()
    try:
        yield
    finally:
        transport.resume_reading()


def probing(trader: Trader) -> None:
    """Has the breaker let one order try."""
    breaker, now = trader.rig.desk.breaker, trader.rig.desk._clock.monotonic()
    for cause in ("one", "two", "three"):
        breaker.failure(cause, now - 31)
    assert breaker.state == "open"
    assert breaker.allows(now)
    assert breaker.state == "probe"


# Orders.


async def test_a_link_that_goes_while_the_journal_writes_stops_the_frame(trader: Trader) -> None:
    desk, session = trader.rig.desk, trader.rig.session

    def appeared(order: Order) -> None:
        if order.status is Status.NEW:
            asyncio.get_running_loop().call_soon(session.abort, "cut by the test")

    desk.on_change.append(appeared)
    order = await desk.submit(trader.intent(0.98), trader.spy)
    assert order.status is Status.NOT_SENT
    await trader.rig.not_ready()
    assert await trader.received(PLACE) == 0


async def test_nothing_goes_before_the_broker_has_listed_its_orders(trader: Trader) -> None:
    assert trader.rig.desk._messages is not None
    trader.rig.desk._messages.open_listed = False
    order = await trader.rig.desk.submit(trader.intent(0.98), trader.spy)
    assert (order.status, order.reason) == (Status.REFUSED, "the broker has not listed its open orders yet")


async def test_a_session_that_just_ended_takes_no_frame(trader: Trader) -> None:
    session = trader.rig.session
    asked, said = Asked(trader.intent(0.98), trader.spy), []
    session.ended.add_done_callback(lambda _: said.append(trader.rig.desk._guards.gate(session, True, asked)))
    session.abort("cut by the test")
    await until(lambda: bool(said), 10, "the end of the session")
    assert said == ["there is no session with the gateway"]


async def test_the_same_order_is_a_duplicate_though_the_first_one_filled(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(gateway, tmp_path, risk=RiskSettings(duplicate_seconds=60)) as trader:
        first = trader.intent(1.01)
        await trader.rig.desk.submit(first, trader.spy)
        await trader.until(first.order_ref, Status.FILLED)
        again = trader.rig.desk.intent(trader.spy, "BUY", first.quantity, limit_price=first.limit_price)
        refused = await trader.rig.desk.submit(again, trader.spy)
        assert (refused.status, "duplicate" in refused.reason) == (Status.REFUSED, True)


async def test_in_reducing_only_what_reduces_goes(trader: Trader) -> None:
    await trader.until(await trader.sent(1.01), Status.FILLED)
    await until(lambda: trader.rig.account.held(trader.spy.con_id) == Held(10, 10), 10, "the position")
    await trader.rig.desk.hold_back(replace(HALTED, state=TradingState.REDUCING))
    for opening in (trader.intent(0.98, 4), trader.intent(1.02, 11, "SELL")):
        refused = await trader.rig.desk.submit(opening, trader.spy)
        assert (refused.status, "REDUCING" in refused.reason) == (Status.REFUSED, True)
    reducing = await trader.rig.desk.submit(trader.intent(1.02, 10, "SELL"), trader.spy)
    assert reducing.status is Status.SENT, reducing.reason
    more = await trader.rig.desk.submit(trader.intent(1.02, 1, "SELL"), trader.spy)
    assert more.status is Status.REFUSED, "what works that way counts"


async def test_a_halt_takes_back_what_opens_or_everything_as_it_is_told(trader: Trader) -> None:
    desk = trader.rig.desk
    await trader.until(await trader.sent(1.01), Status.FILLED)
    await until(lambda: trader.rig.account.held(trader.spy.con_id) == Held(10, 10), 10, "the position")
    opening, closing = await trader.working(), await trader.sent(1.03, 10, "SELL")
    await trader.until(closing, Status.WORKING)
    assert await desk.halt("by a test", 0, cancels="opening") == 1
    await trader.until(opening, Status.CANCELLED)
    assert trader.order(closing).status is Status.WORKING, "what closes a position stays"
    assert await desk.halt("by a test", 0, cancels="all") == 1
    await trader.until(closing, Status.CANCELLED)


async def test_order_ids_that_ib_can_not_read_are_never_used(trader: Trader) -> None:
    trader.rig.desk._sender.take_order_ids_after(2**31 - 1)
    order = await trader.rig.desk.submit(trader.intent(0.98), trader.spy)
    assert order.status is Status.NOT_SENT
    assert "reset its order id sequence" in order.reason
    assert await trader.received(PLACE) == 0


async def test_in_halted_nothing_opens_whatever_it_is_called(trader: Trader) -> None:
    desk = trader.rig.desk
    await trader.until(await trader.sent(1.01), Status.FILLED)
    await until(lambda: trader.rig.account.held(trader.spy.con_id) == Held(10, 10), 10, "the position")
    await desk.hold_back(HALTED)
    for intent in (trader.intent(0.98, 11), trader.intent(1.0, 11, "SELL")):
        order = await desk.submit(intent, trader.spy, flattens=True)
        assert (order.status, "HALTED" in order.reason) == (Status.REFUSED, True)
    unconfirmed = await desk.submit(trader.intent(1.0, 10, "SELL"), trader.spy)
    assert (unconfirmed.status, "HALTED" in unconfirmed.reason) == (Status.REFUSED, True)
    confirmed = await desk.submit(trader.intent(0.99, 10, "SELL"), trader.spy, flattens=True)
    assert confirmed.status is Status.SENT, confirmed.reason


async def test_a_sending_that_nobody_answers_is_a_failure_of_the_order_path(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port, request_timeout=0.3) as rig:
        await rig.ready()
        trader = Trader(gateway, rig, await rig.quoted("SPY"))
        with unheard(trader):
            ref = await trader.sent()
            causes = rig.desk.breaker.causes
            await until(lambda: causes(rig.desk._clock.monotonic()) == (f"{ref} was not acknowledged",), 5, "a failure")


# The breaker.


async def test_one_order_probes_and_the_next_waits_for_its_answer(trader: Trader) -> None:
    probing(trader)
    with unheard(trader):
        sent = await trader.rig.desk.submit_bracket(legs(trader), trader.spy)
        assert [each.status for each in sent] == [Status.SENT] * 3, "a bracket is one"
        waits = await trader.rig.desk.submit(trader.intent(0.97, 11), trader.spy)
        assert (waits.status, "breaker" in waits.reason) == (Status.REFUSED, True)
    await trader.until(sent[0].intent.order_ref, Status.WORKING)
    assert trader.rig.desk.breaker.state == "closed"


async def test_what_reduces_passes_the_open_breaker_and_takes_nobodys_probe(trader: Trader) -> None:
    await trader.until(await trader.sent(1.01), Status.FILLED)
    await until(lambda: trader.rig.account.held(trader.spy.con_id) == Held(10, 10), 10, "the position")
    desk = trader.rig.desk
    for cause in ("one", "two", "three"):
        desk.breaker.failure(cause, desk._clock.monotonic())
    refused = await desk.submit(trader.intent(0.97, 11), trader.spy)
    assert (refused.status, "breaker" in refused.reason) == (Status.REFUSED, True)
    with unheard(trader):
        reducing = await desk.submit(trader.intent(1.02, 4, "SELL"), trader.spy)
        assert reducing.status is Status.SENT, reducing.reason
    desk.breaker._open(desk._clock.monotonic() - 31)
    with unheard(trader):
        assert (await desk.submit(trader.intent(1.02, 5, "SELL"), trader.spy)).status is Status.SENT
        probe = await desk.submit(trader.intent(0.97, 12), trader.spy)
        assert probe.status is Status.SENT, probe.reason


async def test_three_lost_links_open_it_whatever_the_broker_repeats_of_older_orders(trader: Trader) -> None:
    desk = trader.rig.desk
    await trader.until(await trader.sent(1.01), Status.FILLED)
    await trader.working()
    for number in range(3):
        assert desk.breaker.state == "closed"
        session = trader.rig.session
        session.abort("cut by the test")
        await trader.rig.not_ready()
        await trader.rig.ready()
        assert len(desk.breaker.causes(desk._clock.monotonic())) == number + 1, "a list is no answer to an order"
    desk.acknowledge()
    refused = await desk.submit(trader.intent(0.97, 11), trader.spy)
    assert (refused.status, "the breaker is open" in refused.reason) == (Status.REFUSED, True)


async def test_an_outage_is_one_failure_however_many_tries_to_connect_fail(trader: Trader) -> None:
    breaker, session = trader.rig.desk.breaker, trader.rig.session
    await trader.gateway.control("refuse", seconds=1.5)
    session.abort("cut by the test")
    await until(lambda: trader.rig.supervisor.status.attempt >= 3, 10, "three tries")
    assert len(breaker.causes(trader.rig.desk._clock.monotonic())) == 1
    breaker.success(trader.rig.desk._clock.monotonic())
    await until(lambda: breaker.causes(trader.rig.desk._clock.monotonic()), 10, "the next try to count")
    await trader.rig.ready()
    assert len(breaker.causes(trader.rig.desk._clock.monotonic())) == 1


async def test_a_gateway_that_never_listened_is_one_failure(unused_tcp_port: int, tmp_path: Path) -> None:
    async with running(tmp_path, "127.0.0.1", unused_tcp_port) as rig:
        await until(lambda: rig.supervisor.status.attempt >= 3, 10, "three tries")
        assert rig.desk.breaker.causes(rig.desk._clock.monotonic()) == ("no link since the start",)


# Brackets.


async def test_only_the_last_leg_of_a_bracket_transmits(trader: Trader, monkeypatch: pytest.MonkeyPatch) -> None:
    place, frames = client(trader).placeOrder, []

    def look_then_place(order_id: int, contract: Any, order: Any) -> None:
        frames.append((order.transmit, order.parentId, order.ocaType, bool(order.ocaGroup)))
        place(order_id, contract, order)

    monkeypatch.setattr(client(trader), "placeOrder", look_then_place)
    parent, *_ = await trader.rig.desk.submit_bracket(legs(trader), trader.spy)
    first = parent.order_id
    assert frames == [(False, 0, 0, False), (False, first, 2, True), (True, first, 2, True)]


async def test_in_reducing_no_target_or_stop_opens_what_its_order_closes(trader: Trader) -> None:
    desk = trader.rig.desk
    await trader.until(await trader.sent(1.01), Status.FILLED)
    await until(lambda: trader.rig.account.held(trader.spy.con_id) == Held(10, 10), 10, "the position")
    await desk.hold_back(replace(HALTED, state=TradingState.REDUCING))
    before = await trader.received(PLACE)
    closing, bid = trader.intent(1.02, 10, "SELL"), trader.intent(1.0).limit_price
    assert bid
    with_stop = bracket(closing, lambda **facts: desk.intent(trader.spy, **facts), None, round(bid * 1.05, 2))
    sent = await desk.submit_bracket(with_stop, trader.spy)
    assert [each.status for each in sent] == [Status.REFUSED] * 2
    assert "REDUCING" in sent[1].reason
    assert await trader.received(PLACE) == before


async def test_a_bracket_that_this_second_has_no_room_for_goes_not_at_all(trader: Trader) -> None:
    session = trader.rig.session
    before = await trader.received(PLACE)
    while room(session) > 2:
        client(trader).reqIds(1)
    sent = await trader.rig.desk.submit_bracket(legs(trader), trader.spy)
    assert {each.status for each in sent} <= {Status.REFUSED, Status.NOT_SENT}, sent
    assert "used up" in sent[0].reason
    assert await trader.received(PLACE) == before


async def test_legs_of_a_bracket_whose_last_could_not_be_sent_are_called_back(
    trader: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, placed = client(trader).placeOrder, []

    def break_at_the_third(order_id: int, contract: Any, order: Any) -> None:
        if len(placed) == 2:
            raise ValueError("a slip of the library")
        placed.append(order_id)
        place(order_id, contract, order)

    monkeypatch.setattr(client(trader), "placeOrder", break_at_the_third)
    sent = await trader.rig.desk.submit_bracket(legs(trader), trader.spy)
    assert [each.status for each in sent][2] is Status.NOT_SENT
    for each in sent[:2]:
        await trader.until(each.intent.order_ref, Status.CANCELLED)
    assert await trader.received(CANCEL) == 2


# Changes: each is an order.


def kinds(trader: Trader, ref: str) -> list[str]:
    return [kind for (kind,) in trader.rig.rows("SELECT kind FROM order_events WHERE order_ref = ? ORDER BY id", ref)]


async def modified(trader: Trader, ref: str) -> int:
    (found,) = await trader.at_gateway(ref)
    return int(found["modified_count"])


async def test_a_change_that_a_check_forbids_is_journalled_as_refused_with_its_checks(trader: Trader) -> None:
    ref = await trader.working()
    with pytest.raises(OrderRefusedError, match="quantity"):
        await trader.rig.desk.change(ref, trader.spy, quantity=100_000)
    await trader.rig.writer.durable()
    assert "change refused" in kinds(trader, ref)
    assert "change" not in kinds(trader, ref)
    sql = "SELECT measured FROM checks WHERE order_ref = ? AND name = 'quantity' AND verdict = 'fail'"
    assert trader.rig.rows(sql, ref) == [("100,000",)]


async def test_a_guard_that_turns_while_a_change_is_journalled_stops_its_frame(
    trader: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, ref = trader.rig.desk, await trader.working()
    write = desk._journal.change

    async def write_then_halt(*arguments: Any) -> None:
        await write(*arguments)
        desk.restraints["user"] = HALTED

    monkeypatch.setattr(desk._journal, "change", write_then_halt)
    with pytest.raises(OrderRefusedError, match="HALTED"):
        await desk.change(ref, trader.spy, quantity=9)
    await trader.rig.writer.durable()
    assert kinds(trader, ref)[-2:] == ["change", "change not sent"]
    assert await modified(trader, ref) == 0


async def test_a_change_that_is_not_on_disk_in_time_is_not_sent(
    trader: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, desk = await trader.working(), trader.rig.desk
    monkeypatch.setattr(order_sender, "JOURNAL_WAIT", JOURNAL_WAIT)
    monkeypatch.setattr(desk._journal, "change", never)
    with pytest.raises(OrderRefusedError, match="the journal took over 250 ms"):
        await desk.change(ref, trader.spy, quantity=9)
    assert await modified(trader, ref) == 0


async def test_what_is_being_cancelled_changed_or_not_acknowledged_is_not_changed(trader: Trader) -> None:
    desk = trader.rig.desk
    changed, cancelled = await trader.working(0.98, 10), await trader.working(0.97, 11)
    with unheard(trader):
        await desk.change(changed, trader.spy, quantity=9)
        with pytest.raises(OrderRefusedError, match="an earlier change is not confirmed"):
            await desk.change(changed, trader.spy, quantity=8)
        await desk.cancel(cancelled)
        with pytest.raises(OrderRefusedError, match="its cancel was asked for"):
            await desk.change(cancelled, trader.spy, quantity=8)
        sent = await trader.sent(0.96, 12)
        with pytest.raises(OrderRefusedError, match="it is SENT"):
            await desk.change(sent, trader.spy, quantity=8)
    await until(lambda: trader.order(changed).intent.quantity == 9, 10, "the change")
    assert await modified(trader, changed) == 1


async def test_an_unknown_order_is_not_changed(trader: Trader) -> None:
    ref = await trader.working()
    with unheard(trader):
        trader.rig.desk._ledger.fold(ref, LinkLost(), "link lost", "by a test")
        with pytest.raises(OrderRefusedError, match="it is UNKNOWN"):
            await trader.rig.desk.change(ref, trader.spy, quantity=8)
    assert await modified(trader, ref) == 0


async def test_what_filled_already_is_not_checked_again_in_a_change(trader: Trader) -> None:
    await trader.gateway.control("market", running=False)
    ref = await trader.working()
    limit = trader.order(ref).intent.limit_price
    assert limit
    await trader.gateway.control("price", symbol="SPY", bid=round(limit - 0.01, 2), ask=limit, ask_size=4)
    filled = (await trader.until(ref, Status.PARTIAL)).filled
    with pytest.raises(OrderRefusedError):
        await trader.rig.desk.change(ref, trader.spy, quantity=100_000)
    await trader.rig.writer.durable()
    sql = "SELECT measured FROM checks WHERE order_ref = ? AND name = 'quantity' AND verdict = 'fail'"
    assert trader.rig.rows(sql, ref) == [(f"{100_000 - filled:,.10g}",)]


async def test_the_margin_of_an_order_is_not_counted_against_its_own_change(trader: Trader) -> None:
    desk, ref = trader.rig.desk, await trader.working()
    assert desk.committed
    (check,) = [each for each in desk.preview(trader.order(ref).intent, trader.spy) if each.name == "buying power"]
    assert f"{trader.rig.account.available:,.2f}" in check.limit


async def test_an_order_under_another_client_id_is_neither_changed_nor_cancelled(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with trading(gateway, tmp_path) as first:
        ref = await first.working()
        await first.rig.supervisor.stop()
    async with running(tmp_path, gateway.host, gateway.port, client_id=11) as rig:
        await rig.ready()
        trader = Trader(gateway, rig, await rig.quoted("SPY"))
        await trader.until(ref, Status.WORKING)
        rig.desk.acknowledge()
        with pytest.raises(OrderRefusedError, match="it belongs to client id 10: change it there"):
            await rig.desk.change(ref, trader.spy, quantity=9)
        with pytest.raises(OrderRefusedError, match="belongs to client id 10: cancel it there"):
            await rig.desk.cancel(ref)
        assert await modified(trader, ref) == 0
        assert await trader.received(CANCEL) == 0
