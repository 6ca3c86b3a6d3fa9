from dataclasses import replace

from ibtui.trading.orders import Commission, Execution, Order, OrderIntent, Status
from ibtui.ui.rows import orders
from ibtui.ui.text import fit

INTENT = OrderIntent("01J", 1_700_000_000_000_000_000, 1, "SPY", "DU1", "BUY", "LMT", 10, limit_price=450.1)


def cells(order: Order) -> dict[str, str]:
    return {column.title: cell[0] for column, cell in zip(orders.COLUMNS, orders.order_row(order, ""), strict=True)}


def test_what_is_not_known_yet_is_a_dash():
    shown = cells(Order(INTENT))
    assert (shown["AVERAGE"], shown["COMM"], shown["ORDER ID"]) == ("—", "—", "—")
    assert (shown["FILLED"], shown["LIMIT"]) == ("0/10", "450.10")


def test_the_commission_stays_unknown_until_every_fill_has_one():
    fills = tuple(Execution(f"e{n}", "01J", 0, 1, "BUY", 5, 450.1) for n in (1, 2))
    order = Order(INTENT, Status.FILLED, filled=10, average_price=450.1, executions=fills)
    assert cells(replace(order, commissions=(Commission("e1", 1.0, "USD"),)))["COMM"] == "—"
    both = (Commission("e1", 1.0, "USD"), Commission("e2", 0.5, "USD"))
    assert cells(replace(order, commissions=both))["COMM"] == "1.50"


def test_a_cancel_under_way_is_seen():
    assert cells(Order(INTENT, Status.WORKING, cancel_requested=True))["STATUS"] == "WORKING…"


def test_working_orders_come_first_newest_first():
    def order(ref: str, at: int, status: Status) -> Order:
        return Order(replace(INTENT, order_ref=ref, created_ns=at), status)

    all_orders = [
        order("a", 1, Status.FILLED),
        order("b", 2, Status.WORKING),
        order("c", 3, Status.CANCELLED),
        order("d", 4, Status.UNKNOWN),
    ]
    assert orders.by_urgency(all_orders) == ["d", "b", "c", "a"]


def test_price_columns_and_reason_fit_the_smallest_terminal():
    titles = [orders.COLUMNS[each.index].title for each in fit(orders.COLUMNS, 79)]
    assert {"STATUS", "FILLED", "LIMIT", "AVERAGE", "COMM", "REASON"} <= set(titles)


def test_an_order_is_told_in_a_few_words():
    assert orders.told(INTENT) == orders.told(Order(INTENT)) == "BUY 10 SPY LMT @ 450.10"


def test_a_price_keeps_the_decimals_it_has():
    assert [orders.price(each) for each in (None, 450.0, 450.1, 1.12345)] == ["—", "450.00", "450.10", "1.12345"]
