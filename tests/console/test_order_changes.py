"""Changing, bracketing, flattening, reversing on the real simulated gateway: one frame for each word, no surprises."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ibtui.broker.flattening import Flattening
from ibtui.broker.window import client_of, room
from ibtui.config import RiskSettings
from ibtui.errors import OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.trading.brackets import bracket
from ibtui.trading.holdings import Held
from ibtui.trading.orders import Order, Status
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState
from tests.conftest import Gateway, until
from tests.console.rig import Rig, running


async def order_at(gateway: Gateway, ref: str) -> dict[str, Any]:
    (found,) = [each for each in (await gateway.control("stats"))["orders"] if each["order_ref"] == ref]
    return found


async def until_status(rig: Rig, ref: str, *statuses: Status) -> Order:
    await until(lambda: rig.desk.orders[ref].status in statuses, 10, f"{statuses}: {rig.desk.orders[ref]}")
    return rig.desk.orders[ref]


def price(rig: Rig, instrument: Instrument, factor: float) -> float:
    bid = rig.market.board.quote(instrument.con_id).bid
    assert bid
    return round(bid * factor, 2)


async def working(rig: Rig, instrument: Instrument, quantity: float = 10, factor: float = 0.98) -> Order:
    intent = rig.desk.intent(instrument, "BUY", quantity, limit_price=price(rig, instrument, factor))
    await rig.desk.submit(intent, instrument)
    return await until_status(rig, intent.order_ref, Status.WORKING)


async def holding(rig: Rig, instrument: Instrument, quantity: float) -> None:
    """Buys, and waits until broker and fills agree."""
    intent = rig.desk.intent(instrument, "BUY", quantity, limit_price=price(rig, instrument, 1.01))
    await rig.desk.submit(intent, instrument)
    await until_status(rig, intent.order_ref, Status.FILLED)
    await until(lambda: rig.account.held(instrument.con_id) == Held(quantity, quantity), 10, "the position")


def flattening(rig: Rig) -> Flattening:
    return Flattening(rig.desk, rig.account, rig.market, rig.feeds.mark)


async def test_a_moved_order_keeps_its_identity_and_is_what_the_broker_confirms(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        order = await working(rig, spy)
        ref, lower = order.intent.order_ref, price(rig, spy, 0.975)
        asked = await rig.desk.change(ref, spy, limit_price=lower)
        assert asked.intent.limit_price == order.intent.limit_price, "not before the broker says so"
        await until(lambda: rig.desk.orders[ref].intent.limit_price == lower, 10, "the new price")
        assert rig.desk.orders[ref].change is None
        at_gateway = await order_at(gateway, ref)
        assert (at_gateway["placed_count"], at_gateway["modified_count"]) == (1, 1)
        again = rig.desk.preview(rig.desk.intent(spy, "BUY", 1, limit_price=lower), spy)
        assert [each.measured for each in again if each.name == "orders per minute"] == ["3"], "the change is one"
        assert rig.desk.orders[ref].perm_id == order.perm_id
    kinds = [row[0] for row in rig.rows("SELECT kind FROM order_events WHERE order_ref = ? ORDER BY id", ref)]
    assert kinds.index("change") < kinds.index("change sent")


async def test_only_what_the_broker_acknowledged_and_the_checks_allow_is_changed(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        order = await working(rig, spy)
        ref = order.intent.order_ref
        with pytest.raises(OrderRefusedError, match="quantity"):
            await rig.desk.change(ref, spy, quantity=100_000)
        await rig.desk.hold_back(Restraint("user", TradingState.HALTED, "by a test", 0))
        with pytest.raises(OrderRefusedError, match="HALTED"):
            await rig.desk.change(ref, spy, limit_price=price(rig, spy, 0.97))
        await rig.desk.release("user", "tested")
        await rig.desk.cancel(ref)
        with pytest.raises(OrderRefusedError, match=r"cancel|CANCELLED"):
            await rig.desk.change(ref, spy, limit_price=price(rig, spy, 0.97))
        await until_status(rig, ref, Status.CANCELLED)
        assert (await order_at(gateway, ref))["modified_count"] == 0


async def test_target_and_stop_work_once_their_parent_fills_and_one_ends_the_other(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        parent = rig.desk.intent(spy, "BUY", 10, limit_price=price(rig, spy, 1.01))
        legs = bracket(
            parent, lambda **facts: rig.desk.intent(spy, **facts), price(rig, spy, 1.03), price(rig, spy, 0.97)
        )
        sent = await rig.desk.submit_bracket(legs, spy)
        assert [each.status for each in sent] == [Status.SENT] * 3, [each.reason for each in sent]
        await until_status(rig, parent.order_ref, Status.FILLED)
        target, stop = (each.intent.order_ref for each in sent[1:])
        await until_status(rig, target, Status.WORKING)
        await until_status(rig, stop, Status.WORKING)
        quote = rig.market.board.quote(spy.con_id)
        assert quote.bid
        await gateway.control(
            "price", symbol="SPY", bid=round(quote.bid * 1.035, 2), ask=round(quote.bid * 1.035 + 0.01, 2)
        )
        await until_status(rig, target, Status.FILLED)
        await until_status(rig, stop, Status.CANCELLED)
        await until(lambda: rig.account.held(spy.con_id) == Held(0, 0), 10, "a flat position")


async def test_a_bracket_goes_whole_or_not_at_all(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        parent = rig.desk.intent(spy, "BUY", 10, limit_price=price(rig, spy, 0.98))
        legs = bracket(parent, lambda **facts: rig.desk.intent(spy, **facts), None, 100.123)
        sent = await rig.desk.submit_bracket(legs, spy)
        assert [each.status for each in sent] == [Status.REFUSED] * 2
        assert "tick size" in sent[1].reason
        assert "3" not in (await gateway.control("stats"))["received"]
    assert rig.rows("SELECT count(*) FROM orders WHERE status = 'REFUSED'") == [(2,)]


async def test_flatten_cancels_then_sends_one_order_for_what_is_held_even_in_halted(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 30)
        resting = await working(rig, spy)
        await rig.desk.hold_back(Restraint("user", TradingState.HALTED, "by a test", 0))
        flatten = flattening(rig)
        results = await asyncio.gather(flatten.flatten(spy), flatten.flatten(spy), return_exceptions=True)
        closing = next(each for each in results if isinstance(each, Order))
        refused = next(each for each in results if isinstance(each, OrderRefusedError))
        assert "already" in str(refused), "pressed twice is once"
        assert (closing.intent.action, closing.intent.quantity) == ("SELL", 30)
        await until_status(rig, closing.intent.order_ref, Status.FILLED)
        assert rig.desk.orders[resting.intent.order_ref].status is Status.CANCELLED
        await until(lambda: rig.account.held(spy.con_id) == Held(0, 0), 10, "a flat position")
        assert await flatten.flatten(spy) is None
        sells = [each for each in (await gateway.control("stats"))["orders"] if each["filled"] == 30]
        assert len(sells) == 2, "one order bought, one sold"


async def test_a_flatten_whose_cancels_fill_the_second_closes_all_the_same(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 10)
        session = rig.session
        while room(session):
            client_of(session).reqIds(1)
        closing = await flattening(rig).flatten(spy)
        assert closing is not None
        assert closing.status is not Status.NOT_SENT, closing.reason
        await until_status(rig, closing.intent.order_ref, Status.FILLED)


async def test_what_closes_is_sent_only_once_the_symbols_orders_have_ended(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 10)
        resting = (await working(rig, spy)).intent.order_ref
        seen: list[Status] = []

        def look(order: Order) -> None:
            if order.status is Status.NEW:
                seen.append(rig.desk.orders[resting].status)

        rig.desk.on_change.append(look)
        closing = await flattening(rig).flatten(spy)
        assert closing is not None
        assert seen == [Status.CANCELLED]
        bid = rig.market.board.quote(spy.con_id).bid
        assert bid
        assert closing.intent.order_type == "LMT"
        assert 0.99 * bid < (closing.intent.limit_price or 0) < bid, "it trades at once, and not anywhere"


async def test_where_orders_do_not_end_or_nobody_knows_the_position_nothing_is_sent_to_close_it(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibtui.broker.flattening.END_WAIT", 0.3)
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 10)
        order = await working(rig, spy)
        session = rig.session
        transport = client_of(session).conn.transport
        transport.pause_reading()
        with pytest.raises(OrderRefusedError, match="its orders did not end: BUY 10 is WORKING"):
            await flattening(rig).flatten(spy)
        transport.resume_reading()
        await until_status(rig, order.intent.order_ref, Status.CANCELLED)
        monkeypatch.setattr(rig.account, "held", lambda _: Held(0, 10))
        with pytest.raises(OrderRefusedError, match="broker and fills don't agree"):
            await flattening(rig).flatten(spy)
        monkeypatch.setattr(rig.account, "held", lambda _: None)
        with pytest.raises(OrderRefusedError, match="broker and fills don't agree"):
            await flattening(rig).flatten(spy)
        assert {each.intent.action for each in rig.desk.orders.values()} == {"BUY"}
        monkeypatch.setattr(rig.account, "held", lambda _: Held(10, 10))
        again = await flattening(rig).flatten(spy)
        assert again is not None, "a refusal is over once it was told"


async def test_without_a_quote_to_trust_a_market_order_closes(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 10)
        closing = await Flattening(rig.desk, rig.account, rig.market, lambda _: Mark.STALE).flatten(spy)
        assert closing is not None
        assert (closing.intent.order_type, closing.intent.limit_price) == ("MKT", None)
        await until_status(rig, closing.intent.order_ref, Status.FILLED)


async def test_a_reversal_that_does_not_close_opens_nothing(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibtui.broker.flattening.FILL_WAIT", 0.3)
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 10)
        session = rig.session
        client_of(session).conn.transport.pause_reading()
        with pytest.raises(OrderRefusedError, match="not closed yet, its order is SENT: not reversed"):
            await flattening(rig).reverse(spy)
        assert [each.intent.quantity for each in rig.desk.orders.values()] == [10, 10]


async def test_a_position_larger_than_any_order_may_be_can_still_be_closed(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port, risk=RiskSettings(max_quantity=20)) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 20)
        more = rig.desk.intent(spy, "BUY", 15, limit_price=price(rig, spy, 1.01))
        await rig.desk.submit(more, spy)
        await until_status(rig, more.order_ref, Status.FILLED)
        closing = await flattening(rig).flatten(spy)
        assert closing is not None
        assert closing.intent.quantity == 35
        await until_status(rig, closing.intent.order_ref, Status.FILLED)


async def test_a_reversal_closes_first_and_opens_only_what_was_closed(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 10)
        opening = await flattening(rig).reverse(spy)
        await until_status(rig, opening.intent.order_ref, Status.FILLED)
        await until(lambda: rig.account.held(spy.con_id) == Held(-10, -10), 10, "the other side")
        await rig.desk.hold_back(Restraint("user", TradingState.REDUCING, "by a test", 0))
        before = len(rig.desk.orders)
        with pytest.raises(OrderRefusedError, match="REDUCING"):
            await flattening(rig).reverse(spy)
        assert len(rig.desk.orders) == before, "nor is it closed by half of a reversal"


async def test_until_differences_are_acknowledged_only_what_reduces_goes(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 10)
        order = await working(rig, spy)
        bid = order.intent.limit_price
        assert bid
        await gateway.control("refuse", seconds=0.5)
        await gateway.control("drop", how="rst")
        await rig.not_ready()
        await gateway.control("price", symbol="SPY", bid=round(bid - 0.02, 2), ask=round(bid - 0.01, 2))
        await rig.ready()
        await until_status(rig, order.intent.order_ref, Status.FILLED)
        (found,) = rig.desk.differences
        assert (found.kind, found.order_ref) == ("filled", order.intent.order_ref)
        spy = await rig.quoted("SPY")
        refused = await rig.desk.submit(rig.desk.intent(spy, "BUY", 5, limit_price=price(rig, spy, 0.99)), spy)
        assert (refused.status, "acknowledged" in refused.reason) == (Status.REFUSED, True)
        await until(lambda: rig.account.held(spy.con_id) == Held(20, 20), 10, "the position")
        reducing = await rig.desk.submit(rig.desk.intent(spy, "SELL", 5, limit_price=price(rig, spy, 1.01)), spy)
        assert reducing.status is Status.SENT, reducing.reason
        rig.desk.acknowledge()
        opening = await rig.desk.submit(rig.desk.intent(spy, "BUY", 6, limit_price=price(rig, spy, 0.99)), spy)
        assert opening.status is Status.SENT, opening.reason


async def test_a_position_that_a_fill_closes_is_not_closed_again_before_the_broker_says_so(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await holding(rig, spy, 10)
        await gateway.control("mute", message=61, count=1)
        selling = rig.desk.intent(spy, "SELL", 10, limit_price=price(rig, spy, 0.99))
        await rig.desk.submit(selling, spy)
        await until_status(rig, selling.order_ref, Status.FILLED)
        assert rig.account.held(spy.con_id) == Held(0, 10)
        again = rig.desk.intent(spy, "SELL", 10, limit_price=price(rig, spy, 0.991))
        assert not any("reduces" in each.measured for each in rig.desk.preview(again, spy))
