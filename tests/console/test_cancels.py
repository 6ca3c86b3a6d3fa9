"""A cancel that does not go out is money lost: it passes every state, every limit and every queue."""

import asyncio
import logging
from pathlib import Path

import pytest

from ibtui.broker.session import Session
from ibtui.broker.window import FOR_HEARTBEATS, RESERVED, client_of, room, sent_lately
from ibtui.errors import OrderRefusedError
from ibtui.trading.events import Reported
from ibtui.trading.orders import Status
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState
from tests.conftest import Gateway, until
from tests.console.rig import running
from tests.console.trader import trading

STATUS, EXECUTION, OPEN_ORDERS_END, EXECUTIONS_END = 3, 11, 53, 55
CANCEL, MARKET_DATA = "4", "1"


async def test_a_cancel_is_on_the_wire_while_requests_for_data_still_wait(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(gateway, tmp_path) as trader:
        feeds = trader.rig.feeds
        refs = [await trader.working(quantity=10 + number) for number in range(3)]
        before = (await gateway.control("stats"))["received"].get(MARKET_DATA, 0)
        for number in range(135):
            feeds.want(type(trader.spy)(con_id=1_000_000 + number, symbol=f"X{number}"), quotes=True)
        session = trader.rig.session
        await until(lambda: room(session) <= RESERVED, 5, "as many requests as may go")
        assert room(session) > RESERVED // 2, "the rest of the second is for orders"
        for ref in refs:
            await trader.rig.desk.cancel(ref)
        assert not session.ib.client._msgQ, "the library's own queue stays empty"
        await asyncio.gather(*(trader.until(ref, Status.CANCELLED) for ref in refs))
        received = (await gateway.control("stats"))["received"]
        assert received[CANCEL] == 3
        assert received[MARKET_DATA] - before < 135, "the requests were still waiting for their turn"


async def test_a_cancel_goes_halted_with_the_breaker_open_and_degraded(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(gateway, tmp_path) as trader:
        desk, now = trader.rig.desk, trader.rig.supervisor._clock.monotonic
        refs = [await trader.working(quantity=10 + number) for number in range(3)]
        await desk.hold_back(Restraint("user", TradingState.HALTED, "by a test", 0))
        await desk.cancel(refs[0])
        await trader.until(refs[0], Status.CANCELLED)
        for cause in ("one", "two", "three"):
            desk.breaker.failure(cause, now())
        assert desk.breaker.state == "open"
        await desk.cancel(refs[1])
        await trader.until(refs[1], Status.CANCELLED)
        await gateway.control("mute", message=EXECUTIONS_END)
        await gateway.control("drop", how="rst")
        await trader.rig.not_ready()
        await until(lambda: desk.orders[refs[2]].status is Status.WORKING, 10, "the list of open orders")
        assert not desk.reconciled
        await desk.cancel(refs[2])
        await trader.until(refs[2], Status.CANCELLED)


async def test_what_was_asked_before_and_during_a_sync_is_sent_once(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(gateway, tmp_path) as trader:
        rig = trader.rig
        before, during = [await trader.working(quantity=10 + number) for number in range(2)]
        await gateway.control("delay", message=EXECUTIONS_END, until=STATUS, count=1)
        await gateway.control("refuse", seconds=0.3)
        await gateway.control("drop", how="fin")
        await rig.not_ready()
        await rig.desk.cancel(before)
        await until(lambda: rig.desk.orders[during].status is Status.WORKING, 10, "the list of open orders")
        assert CANCEL not in (await gateway.control("stats"))["received"], "nothing goes on a guess"
        await rig.desk.cancel(during)
        await trader.until(during, Status.CANCELLED)
        await trader.until(before, Status.CANCELLED)
        await rig.ready()
        assert (await gateway.control("stats"))["received"][CANCEL] == 2


async def test_a_cancel_that_waits_for_its_turn_goes_to_no_account_and_no_order_that_it_may_not(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading(gateway, tmp_path) as trader:
        desk, session = trader.rig.desk, trader.rig.session
        refs = [await trader.working(quantity=10 + number) for number in range(3)]
        use_up(session)
        for ref in refs[:2]:
            await desk.cancel(ref)
        assert set(desk._cancels._waiting) == set(refs[:2]), "this second is used up"
        desk._ledger.fold(refs[0], Reported("Cancelled"), "status", "by a test")
        await until(lambda: not desk._cancels._waiting, 5, "the next second")
        await trader.until(refs[1], Status.CANCELLED)
        assert (await gateway.control("stats"))["received"][CANCEL] == 1
        use_up(session)
        await desk.cancel(refs[2])
        monkeypatch.setattr(session, "accounts", ("ULIVE01",))
        await until(lambda: not desk._cancels._waiting, 5, "the next second")
        with pytest.raises(OrderRefusedError, match="not a paper account of this session"):
            await desk.cancel(refs[2])
        assert await desk.cancel_all() == 0
        assert (await gateway.control("stats"))["received"][CANCEL] == 1
        kinds = [kind for (kind,) in trader.rig.rows("SELECT kind FROM order_events WHERE order_ref = ?", refs[1])]
        assert kinds.count("cancel asked") == kinds.count("cancel sent") == 1
        monkeypatch.undo()


async def test_the_cancels_of_a_symbol_leave_the_others_alone(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(gateway, tmp_path) as trader:
        desk, ref = trader.rig.desk, await trader.working()
        qqq = await trader.rig.quoted("QQQ")
        bid = trader.rig.market.board.quote(qqq.con_id).bid
        assert bid
        other = await desk.submit(desk.intent(qqq, "BUY", 10, limit_price=round(bid * 0.98, 2)), qqq)
        assert await desk.cancel_all(trader.spy.con_id) == 1
        await trader.until(ref, Status.CANCELLED)
        assert await trader.until(other.intent.order_ref, Status.WORKING)


async def test_orders_and_cancels_leave_room_for_the_heartbeat_and_the_librarys_queue_empty(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with trading(gateway, tmp_path) as trader:
        session = trader.rig.session
        use_up(session)
        assert client_of(session).MaxRequests - sent_lately(session) == FOR_HEARTBEATS
        await until(lambda: room(session) > 0, 5, "the next second")
        client_of(session)._msgQ.append("what the library kept back")
        assert room(session) == 0
        client_of(session)._msgQ.clear()


def use_up(session: Session) -> None:
    """This second's messages."""
    while room(session):
        client_of(session).reqIds(1)


async def test_what_was_asked_before_a_restart_is_sent_once_after_it(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(gateway, tmp_path) as trader:
        ref = await trader.working()
        await gateway.control("refuse", seconds=30)
        await gateway.control("drop", how="fin")
        await trader.rig.not_ready()
        await trader.rig.desk.cancel(ref)
        assert not trader.rig.desk.orders[ref].status.startswith("CANCEL"), "it is not known yet"
    await gateway.control("refuse", seconds=0)
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await until(lambda: rig.desk.orders[ref].status is Status.CANCELLED, 10, "the cancel")
        assert (await gateway.control("stats"))["received"][CANCEL] == 1


async def test_an_order_that_fills_while_the_lists_come_in_is_no_contradiction(
    gateway: Gateway, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with trading(gateway, tmp_path) as trader:
        ref = await trader.working(0.999)
        await gateway.control("delay", message=OPEN_ORDERS_END, until=EXECUTION, count=1)
        await gateway.control("drop", how="fin")
        await trader.rig.not_ready()
        await until(lambda: trader.order(ref).status is Status.WORKING, 10, "the list of open orders")
        with caplog.at_level(logging.ERROR):
            limit = trader.order(ref).intent.limit_price
            await gateway.control("print", symbol="SPY", price=limit - 0.5, size=100_000)
            await trader.until(ref, Status.FILLED)
            await trader.rig.ready()
        assert trader.rig.desk.reconciled
        assert "should not be there" not in caplog.text


async def test_a_cancel_that_was_lost_on_its_way_is_sent_once_more_after_the_reconciliation(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading(gateway, tmp_path) as trader:
        desk, rig = trader.rig.desk, trader.rig
        unread, broken = [await trader.working(quantity=10 + number) for number in range(2)]
        await gateway.control("freeze")
        await desk.cancel(unread)
        session = rig.session

        def fail(_: int) -> None:
            raise ConnectionError("the link is going")

        monkeypatch.setattr(client_of(session), "cancelOrder", fail)
        await desk.cancel(broken)
        await gateway.control("drop", how="rst")
        await rig.not_ready()
        await gateway.control("freeze", seconds=0)
        for ref in (unread, broken):
            await trader.until(ref, Status.CANCELLED)
        assert (await gateway.control("stats"))["received"][CANCEL] == 2


async def test_one_asking_is_one_frame_whoever_reconciles_meanwhile(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(gateway, tmp_path) as trader:
        desk, session = trader.rig.desk, trader.rig.session
        ref = await trader.working()
        transport = client_of(session).conn.transport
        transport.pause_reading()
        await desk.cancel(ref)
        desk._cancels.reconciled()
        transport.resume_reading()
        await trader.until(ref, Status.CANCELLED)
        assert (await gateway.control("stats"))["received"][CANCEL] == 1
