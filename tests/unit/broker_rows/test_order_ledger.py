"""The ledger: who a message means, what is journalled, on the real journal."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibtui.broker.order_ledger import OrderLedger
from ibtui.broker.order_reports import Identity, read_commission, read_execution, status_report
from ibtui.clock import system_clock
from ibtui.storage import queries
from ibtui.storage.files import open_directory
from ibtui.storage.journal import Journal
from ibtui.storage.writer import Writer
from ibtui.trading.events import Executed, Reported, Sent
from ibtui.trading.orders import Commission, Execution, Order, OrderIntent, Status

REF = "01J00000000000000000000001"


def intent(ref: str = REF) -> OrderIntent:
    return OrderIntent(ref, 1, 756733, "SPY", "DU0000001", "BUY", "LMT", 10.0, 450.0)


def fill(exec_id: str, quantity: float) -> Execution:
    return Execution(exec_id, REF, 2, 756733, "BUY", quantity, 449.5, "ARCA")


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    import asyncio

    made = Writer(open_directory(tmp_path), system_clock())
    made.open()
    task = asyncio.create_task(made.run())
    yield made
    await made.close()
    await task
    made.directory.close()


@pytest.fixture
async def ledger(writer: Writer) -> OrderLedger:
    made = OrderLedger(Journal(writer, system_clock()), system_clock())
    made.add(Order(intent()))
    made.fold(REF, Sent(21, 10, 1), "sent", "")
    return made


async def test_an_order_is_found_by_reference_permanent_id_or_client_and_order_id(ledger: OrderLedger) -> None:
    assert ledger.find(Identity(order_ref=REF)) is not None
    assert ledger.find(Identity(client_id=10, order_id=21)) is not None
    assert ledger.find(Identity(client_id=11, order_id=21)) is None
    assert ledger.find(Identity(perm_id=77)) is None
    ledger.fold(REF, Reported("Submitted", perm_id=77, client_id=10, ts_ns=1), "status", "")
    assert ledger.find(Identity(perm_id=77)) is not None


async def test_a_reused_order_id_with_another_permanent_id_is_another_order(ledger: OrderLedger) -> None:
    ledger.fold(REF, Reported("Submitted", perm_id=77, client_id=10, ts_ns=1), "status", "")
    assert ledger.find(Identity(client_id=10, order_id=21, perm_id=78)) is None


async def test_a_commission_before_its_fill_waits_for_it(ledger: OrderLedger) -> None:
    assert ledger.charged(Commission("0001.01.01", 1.0, "USD")) is None
    order = ledger.executed(REF, Executed(fill("0001.01.01", 10)))
    assert (order.status, order.filled, order.commission) == (Status.FILLED, 10, 1.0)


async def test_a_corrected_fill_counts_once_and_the_journal_says_what_it_replaced(
    ledger: OrderLedger, writer: Writer
) -> None:
    ledger.executed(REF, Executed(fill("0001.01.01", 4)))
    ledger.executed(REF, Executed(fill("0001.01.02", 5)))
    order = ledger.executed(REF, Executed(fill("0001.01.01", 4)))
    assert order.filled == 5
    await writer.durable()
    rows = queries.executions(writer.directory)
    assert {(row["exec_id"], row["superseded_by"]) for row in rows} == {
        ("0001.01.01", "0001.01.02"),
        ("0001.01.02", None),
    }


async def test_repeated_messages_are_journalled_once(ledger: OrderLedger, writer: Writer) -> None:
    for _ in range(3):
        ledger.fold(REF, Reported("Submitted", perm_id=77, client_id=10, ts_ns=1), "status", "Submitted")
    await writer.durable()
    assert [row["kind"] for row in queries.order_events(writer.directory, REF)] == ["sent", "status"]


async def test_loaded_orders_that_may_live_are_unknown_and_ended_ones_stay_ended(writer: Writer) -> None:
    ledger = OrderLedger(Journal(writer, system_clock()), system_clock())
    ledger.load(
        [
            Order(intent("A"), Status.NEW, order_id=1, client_id=10),
            Order(intent("B"), Status.NEW),
            Order(intent("C"), Status.WORKING, order_id=3, client_id=10),
            Order(intent("D"), Status.CANCELLED, order_id=4, client_id=10),
        ]
    )
    assert [order.status for order in ledger.orders.values()] == [
        Status.UNKNOWN,
        Status.NOT_SENT,
        Status.UNKNOWN,
        Status.CANCELLED,
    ]
    assert [order.intent.order_ref for order in ledger.live()] == ["A", "C"]
    assert ledger.highest_order_id(10) == 4


async def test_a_listener_that_fails_stops_nothing(ledger: OrderLedger, caplog: pytest.LogCaptureFixture) -> None:
    def fail(order: Order) -> None:
        raise RuntimeError(order.intent.order_ref)

    told: list[Order] = []
    ledger.on_change += [fail, told.append]
    ledger.fold(REF, Reported("Submitted", perm_id=77, client_id=10, ts_ns=1), "status", "")
    assert [order.status for order in told] == [Status.WORKING]
    assert REF in caplog.text


def test_a_status_message_says_who_and_what() -> None:
    arguments = (21, "Submitted", 3.0, 7.0, 449.5, 77, 0, 449.5, 10, "", 0.0)
    identity, report = status_report(arguments, 5)
    assert identity == Identity("", 10, 21, 77)
    assert report == Reported("Submitted", 3.0, 7.0, 449.5, 77, 10, 5)


async def test_unset_profit_is_unknown_and_unset_commission_is_none() -> None:
    from ib_insync import CommissionReport

    unset = 1.7976931348623157e308
    assert read_commission(CommissionReport("1.1", 1.25, "USD", unset)) == Commission("1.1", 1.25, "USD", None)
    assert read_commission(CommissionReport("1.1", unset, "USD", unset)) is None


async def test_an_execution_keeps_the_exchanges_time_and_side() -> None:
    from datetime import UTC, datetime

    from ib_insync import Execution as Reported

    time = datetime(2026, 1, 5, 15, 0, 1, tzinfo=UTC)
    sold = Reported(execId="1.1", time=time, exchange="ARCA", side="SLD", shares=5.0, price=1.5)
    assert read_execution(REF, 1, sold, 9) == Execution(
        "1.1", REF, int(time.timestamp()) * 1_000_000_000, 1, "SELL", 5.0, 1.5, "ARCA"
    )
    assert read_execution(REF, 1, Reported(execId="1.1", time=time, side="?", shares=5.0), 9) is None
