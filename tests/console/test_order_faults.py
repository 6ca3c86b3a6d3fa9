"""Faults on an order's way, each made by the simulated gateway on the wire."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibtui.errors import OrderRefusedError
from ibtui.trading.orders import Status
from tests.conftest import Gateway, until
from tests.console.trader import Trader, trading

STATUS, OPEN_ORDER, EXECUTION, COMMISSION = 3, 5, 11, 59


@pytest.fixture(scope="module")
def client_ids() -> "itertools.count[int]":
    """One id for each test at the shared gateway: the orders of one are never another's."""
    return itertools.count(20)


@pytest.fixture
async def trader(shared_gateway: Gateway, tmp_path: Path, client_ids: "itertools.count[int]") -> AsyncIterator[Trader]:
    async with trading(shared_gateway, tmp_path, client_id=next(client_ids)) as ready:
        yield ready


async def test_statuses_that_come_three_times_are_kept_once(trader: Trader) -> None:
    for _ in range(2):
        await trader.gateway.control("duplicate", message=STATUS, count=1)
    ref = await trader.working()
    await trader.rig.writer.durable()
    kinds = trader.rig.rows("SELECT detail FROM order_events WHERE order_ref = ? AND kind = 'status'", ref)
    assert len(kinds) == len(set(kinds))


async def test_a_filled_order_does_not_work_again_when_an_older_status_comes_after(trader: Trader) -> None:
    ref = await trader.sent(1.01)
    await trader.until(ref, Status.FILLED)
    order = trader.order(ref)
    late = [3, order.order_id, "Submitted", 0, 10, 0.0, order.perm_id, 0, 0.0, order.client_id, "", 0.0]
    await trader.gateway.control("raw", fields=[str(each) for each in late], client_id=order.client_id)
    assert await trader.rig.supervisor.session.heartbeat()
    assert trader.order(ref).status is Status.FILLED
    assert trader.rig.changes[-1].status is Status.FILLED


async def test_executions_fill_an_order_whose_statuses_are_lost(trader: Trader) -> None:
    await trader.gateway.control("mute", message=STATUS)
    await trader.gateway.control("alter", message=OPEN_ORDER, values={"status": "PreSubmitted"}, count=2)
    try:
        ref = await trader.sent(1.01)
        order = await trader.until(ref, Status.FILLED)
        assert order.filled == 10
    finally:
        await trader.gateway.control("mute", message=STATUS, count=0)
        await trader.gateway.control("alter", message=OPEN_ORDER, count=0, values={"status": ""})


async def test_a_status_before_its_open_order_and_one_of_another_client_are_each_their_own_orders(
    trader: Trader,
) -> None:
    await trader.gateway.control("delay", message=OPEN_ORDER, until=STATUS, count=1)
    ref = await trader.working()
    order = trader.order(ref)
    other = [3, order.order_id, "Cancelled", 0, 10, 0.0, 99_999_999, 0, 0.0, 9, "", 0.0]
    await trader.gateway.control("raw", fields=[str(each) for each in other], client_id=order.client_id)
    assert await trader.rig.supervisor.session.heartbeat()
    assert trader.order(ref).status is Status.WORKING


async def test_a_commission_before_its_fill_counts_and_a_missing_one_is_unknown(trader: Trader) -> None:
    await trader.gateway.control("delay", message=EXECUTION, until=COMMISSION, count=1)
    first = await trader.sent(1.01)
    await until(lambda: trader.order(first).commission, 5, "a commission")
    await trader.gateway.control("mute", message=COMMISSION)
    try:
        second = await trader.sent(1.01, 11)
        await trader.until(second, Status.FILLED)
        assert await trader.rig.supervisor.session.heartbeat()
        assert trader.order(second).commission is None
    finally:
        await trader.gateway.control("mute", message=COMMISSION, count=0)


async def test_a_corrected_fill_replaces_the_first_one(trader: Trader) -> None:
    ref = await trader.sent(1.01)
    await trader.until(ref, Status.FILLED)
    await until(lambda: trader.order(ref).filled == 10, 5, "all fills")
    first = trader.order(ref).executions[-1]
    corrected = round(first.price - 0.05, 2)
    await trader.gateway.control("correct", exec_id=first.exec_id, price=corrected)
    await until(lambda: trader.order(ref).executions[-1].price == corrected, 5, "the correction")
    assert trader.order(ref).filled == 10
    await trader.rig.writer.durable()
    held = trader.rig.rows("SELECT sum(quantity) FROM executions WHERE order_ref = ? AND superseded_by IS NULL", ref)
    assert held == [(10.0,)]


@pytest.mark.parametrize("code", [201, 203, 10318])
async def test_a_rejection_ends_the_order_in_ibs_words_and_is_no_failure_of_the_path(trader: Trader, code: int) -> None:
    await trader.gateway.control("reject", code=code, text="Order rejected - reason: too dear", count=1)
    ref = await trader.sent()
    order = await trader.until(ref, Status.REJECTED)
    assert "too dear" in order.reason
    assert trader.rig.desk.breaker.state == "closed"


async def test_a_cancel_of_ibs_own_tells_why(trader: Trader) -> None:
    ref = await trader.working()
    await trader.gateway.control("message", **trader.error(202, ref, "Order Canceled - reason: closed by IB"))
    await until(lambda: "closed by IB" in trader.order(ref).reason, 5, "the reason")
    assert trader.order(ref).status is Status.WORKING, "only the status word ends it"
    await trader.rig.desk.cancel(ref)
    order = await trader.until(ref, Status.CANCELLED)
    assert order.reason


async def test_no_code_of_any_number_ends_or_hides_an_order_that_works(trader: Trader) -> None:
    ref = await trader.working()
    order = trader.order(ref)
    warnings = (399, 404, 481, 2109, 2137, 10233, 10311, 10329, 10331, 10335, 10349, 104, 161, 7777, 11999)
    for code in warnings:
        await trader.gateway.control("message", **trader.error(code, ref))
    assert await trader.rig.supervisor.session.heartbeat()
    assert trader.order(ref).status is Status.WORKING
    assert trader.order(ref).perm_id == order.perm_id
    changed = await trader.rig.desk.change(ref, trader.spy, quantity=9)
    assert changed.change is not None
    await until(lambda: trader.order(ref).intent.quantity == 9, 5, "a change: it still works")


async def test_an_order_that_ib_could_not_resolve_is_unknown_and_found_by_asking_again(trader: Trader) -> None:
    ref = await trader.working()
    asked = await trader.received(16)
    await trader.gateway.control("message", **trader.error(10328, ref, "Connection lost, order data not resolved"))
    await until(lambda: Status.UNKNOWN in [each.status for each in trader.rig.changes], 5, "UNKNOWN")
    await trader.until(ref, Status.WORKING)
    desk = trader.rig.desk
    assert desk.breaker.causes(desk._clock.monotonic()) == (f"unknown outcome of {ref}",)
    assert await trader.received(16) == asked + 1
    assert [each["placed_count"] for each in await trader.at_gateway(ref)] == [1]


async def test_what_is_sent_while_others_are_asked_about_is_not_called_missing(
    trader: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, sent = trader.rig.desk, list[str]()
    messages = desk._messages
    assert messages is not None
    ask = messages.ask_executions

    async def send_then_ask() -> None:
        for message in (STATUS, OPEN_ORDER):
            await trader.gateway.control("mute", message=message)
        sent.append(await trader.sent(0.97, 11))
        await ask()

    monkeypatch.setattr(messages, "ask_executions", send_then_ask)
    await desk._ask_again()
    for message in (STATUS, OPEN_ORDER):
        await trader.gateway.control("mute", message=message, count=0)
    assert trader.order(sent[0]).status is Status.SENT, "its answer is still to come"


@pytest.mark.parametrize("code", [10147, 10148, 161, 135, 136])
async def test_a_refused_cancel_is_told_and_the_order_asked_about_again(trader: Trader, code: int) -> None:
    ref = await trader.working()
    asked = await trader.received(16)
    await trader.gateway.control("reject", request="cancel", code=code, text="cannot be cancelled", count=1)
    await trader.rig.desk.cancel(ref)
    await until(lambda: not trader.order(ref).cancel_requested, 5, "the refusal")
    assert await trader.asked_again(16, asked) == asked + 1
    assert trader.order(ref).status is Status.WORKING
    await trader.rig.writer.durable()
    told = trader.rig.rows("SELECT detail FROM order_events WHERE order_ref = ? AND kind = 'cancel_refused'", ref)
    assert "cannot be cancelled" in told[0][0]
    await trader.rig.desk.cancel(ref)
    await trader.until(ref, Status.CANCELLED)


async def test_a_refused_change_asks_what_stands_and_is_not_sent_again(trader: Trader) -> None:
    ref = await trader.working()
    await trader.gateway.control("reject", code=105, text="Order being modified does not match", count=1)
    await trader.rig.desk.change(ref, trader.spy, quantity=7)
    await until(lambda: Status.UNKNOWN in [each.status for each in trader.rig.changes], 5, "UNKNOWN")
    order = await trader.until(ref, Status.WORKING)
    assert (order.intent.quantity, order.change) == (10, None)


async def test_an_inactive_order_is_told_as_such_and_counts_on(trader: Trader) -> None:
    ref = await trader.working()
    order = trader.order(ref)
    inactive = [3, order.order_id, "Inactive", 0, 10, 0.0, order.perm_id, 0, 0.0, order.client_id, "", 0.0]
    await trader.gateway.control("raw", fields=[str(each) for each in inactive], client_id=order.client_id)
    order = await trader.until(ref, Status.INACTIVE)
    assert order.remaining == 10
    with pytest.raises(OrderRefusedError, match="INACTIVE"):
        await trader.rig.desk.change(ref, trader.spy, quantity=9)


async def test_a_state_that_only_an_open_order_message_tells_is_taken(trader: Trader) -> None:
    await trader.gateway.control("mute", message=STATUS)
    try:
        ref = await trader.working()
    finally:
        await trader.gateway.control("mute", message=STATUS, count=0)
    assert trader.order(ref).perm_id


async def test_lists_asked_for_at_the_same_time_all_end(trader: Trader) -> None:
    async with asyncio.timeout(5):
        await asyncio.gather(*(trader.rig.desk.ask_external() for _ in range(3)))


async def test_a_fill_that_can_not_be_read_is_counted_and_found_by_asking_again(trader: Trader) -> None:
    session = trader.rig.session
    asked = await trader.received(7)
    await trader.gateway.control("alter", message=EXECUTION, values={"ev_multiplier": "?"}, count=1)
    ref = await trader.sent(1.01)
    await until(lambda: trader.order(ref).filled == 10, 5, "its fills")
    assert session.decode_errors == 1
    assert trader.rig.supervisor.status.not_understood == 1
    assert await trader.received(7) == asked + 1


async def test_an_order_whose_line_in_the_list_can_not_be_read_is_not_called_missing(trader: Trader) -> None:
    session = trader.rig.session
    ref, asked = await trader.working(), await trader.received(7)
    await trader.gateway.control("alter", message=OPEN_ORDER, values={"symbol": "S\0Y"})
    try:
        await trader.gateway.control("reject", request="cancel", code=10148, text="cannot be cancelled", count=1)
        await trader.rig.desk.cancel(ref)
        await until(lambda: session.decode_errors, 5, "a message that can't be read")
        await trader.asked_again(7, asked)
        assert await session.heartbeat()
        assert trader.order(ref).status is Status.WORKING
    finally:
        await trader.gateway.control("alter", message=OPEN_ORDER, count=0, values={"symbol": ""})


async def test_a_fill_whose_time_zone_nobody_knows_is_still_a_fill(trader: Trader) -> None:
    await trader.gateway.control("alter", message=EXECUTION, values={"time": "20260310 10:00:00 Foo/Bar"})
    try:
        ref = await trader.sent(1.01)
        order = await trader.until(ref, Status.FILLED)
        await until(lambda: trader.order(ref).filled == 10, 5, "its executions")
        assert order.executions[0].ts_ns > 1_700_000_000 * 10**9
    finally:
        await trader.gateway.control("alter", message=EXECUTION, count=0, values={"time": ""})


async def test_cut_between_order_and_answer_it_is_unknown_then_found_and_never_sent_again(trader: Trader) -> None:
    await trader.gateway.control("drop", how="rst", on=3, done=True)
    ref = await trader.sent()
    await trader.until(ref, Status.UNKNOWN)
    await trader.rig.ready()
    await trader.until(ref, Status.WORKING)
    assert [each["placed_count"] for each in await trader.at_gateway(ref)] == [1]


async def test_cut_before_the_gateway_took_it_it_stays_unknown_for_the_user(trader: Trader) -> None:
    await trader.gateway.control("drop", how="rst", on=3)
    ref = await trader.sent()
    await trader.until(ref, Status.UNKNOWN)
    await trader.rig.ready()
    assert "not found" in trader.order(ref).reason
    assert await trader.at_gateway(ref) == []
    trader.rig.desk.resolve(ref, "it never arrived")
    assert trader.order(ref).status is Status.CANCELLED


async def test_an_order_closed_by_hand_that_works_after_all_is_told_and_holds_back(trader: Trader) -> None:
    desk, ref = trader.rig.desk, await trader.working()
    await trader.gateway.control("refuse", seconds=0.5)
    await trader.gateway.control("drop", how="fin")
    await trader.until(ref, Status.UNKNOWN)
    desk.resolve(ref, "surely gone")
    await trader.rig.ready()
    told = desk.differences[0]
    assert (told.kind, told.order_ref) == ("amiss", ref)
    refused = await desk.submit(trader.intent(0.97, 11), trader.spy)
    assert (refused.status, "acknowledged" in refused.reason) == (Status.REFUSED, True)
    assert [each["status"] for each in await trader.at_gateway(ref)] == ["Submitted"], "it is not touched"


async def test_what_an_outage_kept_back_is_one_order_when_ib_is_back(trader: Trader) -> None:
    await trader.gateway.control("mute", message=4)  # 1100 does not arrive in time: the order is on its way already
    await trader.gateway.control("upstream", state="lost")
    ref = await trader.sent()
    await trader.gateway.control("mute", message=4, count=0)
    assert trader.order(ref).status is Status.SENT
    await trader.gateway.control("upstream", state="restored")
    await trader.until(ref, Status.WORKING)
    await trader.rig.ready()
    assert [each["placed_count"] for each in await trader.at_gateway(ref)] == [1]
