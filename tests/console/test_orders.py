"""The way of an order, on the real simulated gateway: journal first, one frame, every outcome told."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ibtui.broker import order_sender
from ibtui.broker.contracts import to_ib
from ibtui.broker.order_frames import order_frame
from ibtui.broker.order_sender import JOURNAL_WAIT
from ibtui.broker.window import client_of
from ibtui.config import RiskSettings
from ibtui.errors import OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.trading.orders import Order, Status
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState
from tests.conftest import Gateway, until
from tests.console.rig import Rig, never, running

HALTED = Restraint("user", TradingState.HALTED, "by a test", 0)


async def orders_at(gateway: Gateway, ref: str) -> list[dict[str, Any]]:
    return [each for each in (await gateway.control("stats"))["orders"] if each["order_ref"] == ref]


def resting(rig: Rig, instrument: Instrument, quantity: float = 10) -> Any:
    """A buy that rests: 2 % under the bid."""
    bid = rig.market.board.quote(instrument.con_id).bid
    assert bid
    return rig.desk.intent(instrument, "BUY", quantity, limit_price=round(bid * 0.98, 2))


def crossing(rig: Rig, instrument: Instrument, quantity: float = 10) -> Any:
    """A buy that fills: priced up to the ask and a little more."""
    ask = rig.market.board.quote(instrument.con_id).ask
    assert ask
    return rig.desk.intent(instrument, "BUY", quantity, limit_price=round(ask * 1.01, 2))


async def until_status(rig: Rig, ref: str, *statuses: Status) -> Order:
    await until(lambda: rig.desk.orders[ref].status in statuses, 10, f"{statuses}: {rig.desk.orders[ref]}")
    return rig.desk.orders[ref]


def during_the_journal(rig: Rig, act: Callable[[], object]) -> None:
    """Acts in the loop turn after an order appeared, while its journal row is being written."""

    def appeared(order: Order) -> None:
        if order.status is Status.NEW:
            asyncio.get_running_loop().call_soon(act)

    rig.desk.on_change.append(appeared)


async def test_an_order_priced_up_to_the_ask_fills_and_is_kept(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = crossing(rig, spy)
        sent = await rig.desk.submit(intent, spy)
        assert sent.status is Status.SENT, sent.reason
        order = await until_status(rig, intent.order_ref, Status.FILLED)
        assert order.filled == 10
        assert order.average_price is not None
        assert order.average_price <= intent.limit_price
        assert order.perm_id
        await until(lambda: rig.desk.orders[intent.order_ref].commission is not None, 10, "a commission")
    ref = intent.order_ref
    assert rig.rows("SELECT status, filled FROM orders WHERE order_ref = ?", ref) == [("FILLED", 10.0)]
    assert rig.rows("SELECT sum(quantity) FROM executions WHERE order_ref = ?", ref) == [(10.0,)]
    assert rig.rows("SELECT count(*) FROM commissions")[0][0] >= 1
    assert rig.rows("SELECT count(*) FROM checks WHERE order_ref = ? AND verdict <> 'pass'", ref) == [(0,)]


async def test_the_journal_holds_an_order_before_its_frame_leaves(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        session = rig.session
        client = client_of(session)
        place = client.placeOrder
        on_disk: list[list[tuple[Any, ...]]] = []

        def look_then_place(order_id: int, contract: Any, order: Any) -> None:
            on_disk.append(rig.rows("SELECT order_ref, order_id, status FROM orders"))
            place(order_id, contract, order)

        client.placeOrder = look_then_place
        intent = resting(rig, spy)
        order = await rig.desk.submit(intent, spy)
        assert on_disk == [[(intent.order_ref, order.order_id, "NEW")]]
        assert rig.rows("SELECT highest FROM order_ids") == [(order.order_id,)]
        await until_status(rig, intent.order_ref, Status.WORKING)
        assert (await orders_at(gateway, intent.order_ref))[0]["placed_count"] == 1


async def test_a_resting_order_works_until_it_is_cancelled(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        await rig.desk.submit(intent, spy)
        await until_status(rig, intent.order_ref, Status.WORKING)
        with pytest.raises(OrderRefusedError, match="is no UNKNOWN order"):
            rig.desk.resolve(intent.order_ref, "what works is not closed by hand")
        await rig.desk.cancel(intent.order_ref)
        order = await until_status(rig, intent.order_ref, Status.CANCELLED)
        assert order.filled == 0
    kinds = [row[0] for row in rig.rows("SELECT kind FROM order_events ORDER BY id")]
    assert kinds[:2] == ["intent", "sent"]
    assert kinds.index("cancel asked") < kinds.index("cancel sent")


async def test_an_intent_is_never_sent_twice(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        await asyncio.gather(*(rig.desk.submit(intent, spy) for _ in range(3)))
        order = await until_status(rig, intent.order_ref, Status.WORKING)
        assert await rig.desk.submit(intent, spy) == order, "nor does asking again change what is known of it"
        assert rig.desk.orders[intent.order_ref] == order
        assert [each["placed_count"] for each in await orders_at(gateway, intent.order_ref)] == [1]
        assert (await gateway.control("stats"))["received"]["3"] == 1


async def test_what_a_check_forbids_leaves_no_frame_but_a_reason(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port, risk=RiskSettings(max_quantity=5)) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        order = await rig.desk.submit(resting(rig, spy, 10), spy)
        assert order.status is Status.REFUSED
        assert "quantity" in order.reason
        assert "3" not in (await gateway.control("stats"))["received"]
    ref = order.intent.order_ref
    assert rig.rows("SELECT status FROM orders WHERE order_ref = ?", ref) == [("REFUSED",)]
    failed = rig.rows("SELECT name FROM checks WHERE order_ref = ? AND verdict = 'fail'", ref)
    assert failed == [("quantity",)]


@pytest.mark.parametrize("state", [TradingState.HALTED, TradingState.REDUCING])
async def test_a_trading_state_blocks_what_opens_a_position_but_never_a_cancel(
    gateway: Gateway, tmp_path: Path, state: TradingState
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        await rig.desk.submit(intent, spy)
        await until_status(rig, intent.order_ref, Status.WORKING)
        await rig.desk.hold_back(Restraint("user", state, "by a test", 0))
        refused = await rig.desk.submit(resting(rig, spy, 11), spy)
        assert refused.status is Status.REFUSED
        assert state in refused.reason
        await rig.desk.cancel(intent.order_ref)
        await until_status(rig, intent.order_ref, Status.CANCELLED)


async def test_a_guard_that_turns_while_the_journal_writes_stops_the_frame(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        during_the_journal(rig, lambda: rig.desk.restraints.update({"user": HALTED}))
        order = await rig.desk.submit(intent, spy)
        assert order.status is Status.NOT_SENT
        assert "HALTED" in order.reason
        assert "3" not in (await gateway.control("stats"))["received"]
    assert rig.rows("SELECT status FROM orders") == [("NOT_SENT",)]


async def test_a_cancel_during_the_journals_write_stops_the_frame(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        cancels: list[asyncio.Task[None]] = []
        during_the_journal(rig, lambda: cancels.append(asyncio.create_task(rig.desk.cancel(intent.order_ref))))
        order = await rig.desk.submit(intent, spy)
        await asyncio.gather(*cancels)
        assert order.status is Status.NOT_SENT
        assert not {"3", "4"} & (await gateway.control("stats"))["received"].keys()


async def test_a_journal_that_does_not_answer_in_time_stops_the_frame(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        with monkeypatch.context() as disk:
            disk.setattr(order_sender, "JOURNAL_WAIT", JOURNAL_WAIT)
            disk.setattr(rig.desk._journal, "intend", never)
            order = await rig.desk.submit(resting(rig, spy), spy)
        assert (order.status, order.reason) == (Status.NOT_SENT, "the journal took over 250 ms")
        assert "3" not in (await gateway.control("stats"))["received"]
        again = await rig.desk.submit(resting(rig, spy, 11), spy)
        assert again.status is Status.SENT, again.reason


async def test_a_journal_that_another_program_holds_stops_the_frame(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        with closing(sqlite3.connect(rig.directory.journal, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            order = await rig.desk.submit(resting(rig, spy), spy)
            other.execute("ROLLBACK")
        assert (order.status, "locked by another program" in order.reason) == (Status.NOT_SENT, True)
        assert "3" not in (await gateway.control("stats"))["received"]
        again = await rig.desk.submit(resting(rig, spy, 11), spy)
        assert again.status is Status.SENT, again.reason
    assert rig.rows("SELECT status FROM orders WHERE order_ref = ?", order.intent.order_ref) in ([], [("NOT_SENT",)])


async def test_a_link_lost_before_the_answer_is_unknown_and_then_found_without_a_second_frame(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        session = rig.session
        session.ib.client.conn.transport.pause_reading()  # the broker has it, its answer never arrives
        sent = await rig.desk.submit(intent, spy)
        assert sent.status is Status.SENT
        await until_placed(gateway, intent.order_ref)
        session.abort("cut by the test")
        order = await until_status(rig, intent.order_ref, Status.UNKNOWN)
        assert "link" in order.reason
        await rig.ready()
        order = await until_status(rig, intent.order_ref, Status.WORKING)
        assert order.perm_id
        assert [each["placed_count"] for each in await orders_at(gateway, intent.order_ref)] == [1]
        assert intent.order_ref in {each.order_ref for each in rig.desk.differences}
    kinds = [row[0] for row in rig.rows("SELECT kind FROM order_events ORDER BY id")]
    assert kinds[:3] == ["intent", "sent", "link lost"]


async def until_placed(gateway: Gateway, ref: str) -> None:
    for _ in range(500):
        if await orders_at(gateway, ref):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the gateway never got the order")


async def test_a_fill_while_away_appears_once_after_the_reconnect(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        await rig.desk.submit(intent, spy)
        await until_status(rig, intent.order_ref, Status.WORKING)
        price = intent.limit_price
        await gateway.control("drop", how="rst")
        await gateway.control("price", symbol="SPY", bid=round(price - 0.02, 2), ask=round(price - 0.01, 2))
        await until_status(rig, intent.order_ref, Status.FILLED)
        await until(lambda: rig.desk.orders[intent.order_ref].filled == 10, 10, "its executions")
    total = rig.rows("SELECT sum(quantity) FROM executions WHERE order_ref = ?", intent.order_ref)
    assert total == [(10.0,)]


async def test_an_order_the_broker_never_saw_stays_unknown_until_it_is_resolved(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        await gateway.control("freeze")  # the frame is never read
        await rig.desk.submit(intent, spy)
        await gateway.control("drop", how="rst")
        await until_status(rig, intent.order_ref, Status.UNKNOWN)
        await gateway.control("freeze", seconds=0)
        await rig.ready()
        order = rig.desk.orders[intent.order_ref]
        assert order.status is Status.UNKNOWN
        assert "not found" in order.reason
        with pytest.raises(OrderRefusedError):
            rig.desk.resolve(intent.order_ref, " ")
        assert rig.desk.resolve(intent.order_ref, "asked the broker").status is Status.CANCELLED
        assert await orders_at(gateway, intent.order_ref) == []


async def test_a_restarted_desk_finds_its_orders_again_and_never_repeats_an_id(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        first = await rig.desk.submit(intent, spy)
        await until_status(rig, intent.order_ref, Status.WORKING)
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        assert rig.desk.orders[intent.order_ref].status is Status.UNKNOWN
        await rig.ready()
        order = await until_status(rig, intent.order_ref, Status.WORKING)
        spy = await rig.quoted("SPY")
        second = await rig.desk.submit(resting(rig, spy, 11), spy)
        assert second.order_id is not None
        assert first.order_id is not None
        assert second.order_id > first.order_id
        await rig.desk.cancel(order.intent.order_ref)
        await until_status(rig, intent.order_ref, Status.CANCELLED)


async def test_a_cancel_asked_while_disconnected_goes_out_once_after_the_reconciliation(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = resting(rig, spy)
        await rig.desk.submit(intent, spy)
        await until_status(rig, intent.order_ref, Status.WORKING)
        await gateway.control("refuse", seconds=0.5)
        await gateway.control("drop", how="fin")
        await rig.not_ready()
        await rig.desk.cancel(intent.order_ref)
        await until_status(rig, intent.order_ref, Status.CANCELLED)
        assert (await gateway.control("stats"))["received"]["4"] == 1


async def test_a_rejection_ends_the_order_with_ibs_words_and_leaves_the_breaker_closed(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        finer = replace(spy, min_tick=0.001)  # so that our own check lets a price through that the exchange has not
        for number in range(4):
            price = round(resting(rig, spy).limit_price + 0.001, 3)
            intent = rig.desk.intent(finer, "BUY", 10 + number, limit_price=price)
            await rig.desk.submit(intent, finer)
            order = await until_status(rig, intent.order_ref, Status.REJECTED)
            assert "IB code 110" in order.reason
        assert rig.desk.breaker.state == "closed"


async def test_orders_of_another_client_are_seen_and_not_touched(gateway: Gateway, tmp_path: Path) -> None:
    async with (
        running(tmp_path / "a", gateway.host, gateway.port, client_id=10) as mine,
        running(tmp_path / "b", gateway.host, gateway.port, client_id=11) as other,
    ):
        await mine.ready()
        await other.ready()
        spy = await other.quoted("SPY")
        intent = resting(other, spy)
        await other.desk.submit(intent, spy)
        await until_status(other, intent.order_ref, Status.WORKING)
        await gateway.control("drop", how="fin", client_id=10)
        await mine.not_ready()
        await mine.ready()
        assert [each.order_ref for each in mine.desk.external] == [intent.order_ref]
        assert mine.desk.orders == {}
        with pytest.raises(OrderRefusedError, match="client id 11"):
            await mine.desk.cancel(intent.order_ref)
        assert await mine.desk.cancel_all() == 0
        assert other.desk.orders[intent.order_ref].status is Status.WORKING


async def test_an_account_that_is_not_a_paper_one_gets_no_frame(
    gateway_factory: Callable[..., Gateway], tmp_path: Path
) -> None:
    gateway = gateway_factory("--account", "ULIVE01")
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await until(lambda: rig.desk.reconciled, 10, "a reconciled session")
        spy = await rig.quoted("SPY")
        order = await rig.desk.submit(resting(rig, spy), spy)
        assert order.status is Status.REFUSED
        assert "not a paper account" in order.reason
        assert not {"3", "4", "58"} & (await gateway.control("stats"))["received"].keys()


async def test_a_quiet_quote_is_confirmed_before_an_order_on_it_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port, stale_after=1.0) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await gateway.control("market", running=False)
        await until(lambda: rig.feeds.mark(spy.con_id) == "STALE", 10, "a quiet market")
        order = await rig.desk.submit(resting(rig, spy), spy)
        assert order.status is Status.SENT, order.reason
        assert (await gateway.control("stats"))["received"]["1"] == 2
        await gateway.control("freeze")
        quote = rig.market.board.quote(spy.con_id)
        await until(lambda: rig.feeds.mark(spy.con_id) == "STALE", 10, str(quote))
        refused = await rig.desk.submit(resting(rig, spy, 11), spy)
        assert refused.status is Status.REFUSED


async def test_a_failure_of_ours_before_the_frame_is_not_sent_and_says_so(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        order = await rig.desk.submit(replace(resting(rig, spy), quantity=None), spy)
        assert order.status is Status.REFUSED
        monkeypatch.setattr(rig.desk._journal, "intend", broken)
        order = await rig.desk.submit(resting(rig, spy), spy)
        assert order.status is Status.NOT_SENT
        assert "a slip of ours" in order.reason
        assert "3" not in (await gateway.control("stats"))["received"]


async def broken(*_: object) -> None:
    raise RuntimeError("a slip of ours")


async def test_every_cancel_of_many_goes_out_without_filling_the_librarys_queue(
    gateway: Gateway, tmp_path: Path
) -> None:
    risk = RiskSettings(working_per_side=100, orders_per_minute=200, max_notional=10_000_000)
    async with running(tmp_path, gateway.host, gateway.port, risk=risk) as rig:
        await rig.ready()
        found = [await rig.quoted(symbol) for symbol in ("SPY", "QQQ", "IWM")]
        session = rig.session
        throttled: list[bool] = []
        session.ib.client.throttleStart += lambda: throttled.append(True)
        refs = []
        for number in range(18):
            for instrument in found:
                intent = resting(rig, instrument, 1 + number)
                order = await rig.desk.submit(intent, instrument)
                while "used up" in order.reason:
                    await asyncio.sleep(0.05)
                    intent = resting(rig, instrument, 1 + number)
                    order = await rig.desk.submit(intent, instrument)
                assert order.status is Status.SENT, order.reason
                refs.append(intent.order_ref)
        await until(lambda: all(rig.desk.orders[ref].status is Status.WORKING for ref in refs), 15, "all working")
        assert await rig.desk.cancel_all() == len(refs)
        await until(lambda: all(rig.desk.orders[ref].status is Status.CANCELLED for ref in refs), 15, "all cancelled")
        assert not throttled


async def test_a_frame_never_holds_what_would_shift_its_fields(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        intent = rig.desk.intent(spy, "BUY", 10, limit_price=resting(rig, spy).limit_price, tif="DA\0Y")
        order = await rig.desk.submit(intent, spy)
        assert order.status is Status.REFUSED
        assert "time in force" in order.reason
        frame = order_frame(intent, 1, 10)
        assert (frame.orderRef, frame.account, frame.transmit) == (intent.order_ref, intent.account, True)
        assert to_ib(spy).conId == spy.con_id


async def test_a_cancel_while_a_quiet_quote_is_confirmed_stops_the_frame_and_says_so(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port, stale_after=1.0) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        await gateway.control("market", running=False)
        await until(lambda: rig.feeds.mark(spy.con_id) == "STALE", 10, "a quiet market")
        intent = resting(rig, spy)
        cancels: list[asyncio.Task[None]] = []
        during_the_journal(rig, lambda: cancels.append(asyncio.create_task(rig.desk.cancel(intent.order_ref))))
        order = await rig.desk.submit(intent, spy)
        await asyncio.gather(*cancels)
        assert (order.status, order.reason) == (Status.NOT_SENT, "cancelled before it was sent")
        assert not {"3", "4"} & (await gateway.control("stats"))["received"].keys()
    assert rig.rows("SELECT status, reason FROM orders") == [("NOT_SENT", "cancelled before it was sent")]
