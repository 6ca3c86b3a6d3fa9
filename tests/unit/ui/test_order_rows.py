from dataclasses import replace

from ibtui.broker.order_reports import ExternalOrder
from ibtui.clock import NS
from ibtui.market.instruments import Instrument
from ibtui.trading.orders import Commission, Execution, Order, OrderIntent, Status
from ibtui.ui.rows import orders
from ibtui.ui.text import fit

INTENT = OrderIntent("01J", 1_700_000_000_000_000_000, 1, "SPY", "DU1", "BUY", "LMT", 10, limit_price=450.1)
NOW = INTENT.created_ns + 90 * NS


def cells(order: Order) -> dict[str, str]:
    return {
        column.title: cell[0] for column, cell in zip(orders.COLUMNS, orders.order_row(order, "", NOW), strict=True)
    }


def test_what_is_not_known_yet_is_a_dash():
    shown = cells(Order(INTENT))
    assert (shown["AVERAGE"], shown["COMM"], shown["ORDER ID"]) == ("—", "—", "—")
    assert (shown["FILLED"], shown["PRICE"]) == ("0/10", "450.10")


def test_prices_have_the_places_of_the_contract_s_increment():
    def shown(price: float, average: float, tick: float) -> tuple[str, str]:
        order = Order(replace(INTENT, limit_price=price), average_price=average)
        row = orders.order_row(order, "", NOW, instrument=Instrument(1, "SPY", min_tick=tick))
        return row[5][0], row[6][0]

    assert shown(3390.0, 3391.5, 1) == ("3,390", "3,391.5")
    assert shown(1.1634, 1.1634, 0.00005) == ("1.16340", "1.16340")
    assert shown(450.1, 450.123456, 0.0) == ("450.10", "450.12346")


def test_the_commission_stays_unknown_until_every_fill_has_one():
    fills = tuple(Execution(f"e{n}", "01J", 0, 1, "BUY", 5, 450.1) for n in (1, 2))
    order = Order(INTENT, Status.FILLED, filled=10, average_price=450.1, executions=fills)
    assert cells(replace(order, commissions=(Commission("e1", 1.0, "USD"),)))["COMM"] == "—"
    both = (Commission("e1", 1.0, "USD"), Commission("e2", 0.5, "USD"))
    assert cells(replace(order, commissions=both))["COMM"] == "1.50"


def test_a_cancel_under_way_is_seen():
    assert cells(Order(INTENT, Status.WORKING, cancel_requested=True))["STATUS"] == "WORKING…"


def test_price_columns_and_reason_fit_the_smallest_terminal():
    titles = [orders.COLUMNS[each.index].title for each in fit(orders.COLUMNS, 79)]
    assert {"STATUS", "FILLED", "PRICE", "AVERAGE", "COMM", "AGE", "QUEUE", "WHY"} <= set(titles)


def test_an_order_is_told_in_a_few_words():
    assert orders.told(INTENT) == orders.told(Order(INTENT)) == "BUY 10 SPY LMT @ 450.10"


def test_a_price_keeps_the_decimals_it_has():
    assert [orders.price(each) for each in (None, 450.0, 450.1, 1.12345)] == ["—", "450.00", "450.10", "1.12345"]


def test_an_orders_age_and_its_age_in_the_queue_are_two_numbers():
    acknowledged = INTENT.created_ns + 30 * NS
    shown = cells(Order(INTENT, Status.WORKING, acknowledged_ns=acknowledged))
    assert (shown["AGE"], shown["QUEUE"]) == ("90s", "60s")
    assert cells(Order(INTENT, Status.SENT))["QUEUE"] == "—", "not acknowledged yet"
    assert cells(Order(INTENT, Status.FILLED, acknowledged_ns=acknowledged))["QUEUE"] == ""


def test_an_order_without_a_limit_shows_what_triggers_it():
    def shown(order_type: str, **terms: float | None) -> tuple[str, str]:
        found = cells(Order(replace(INTENT, order_type=order_type, **({"limit_price": None} | terms))))
        return found["PRICE"], found["STOP"]

    assert shown("MKT") == ("", "")
    assert shown("STP", stop_price=440.0) == ("440.00", "440.00")
    assert shown("STP LMT", stop_price=440.0, limit_price=439.5) == ("439.50", "440.00")
    assert shown("TRAIL", trail_percent=1.5) == ("1.5%", "1.5%")


def test_anothers_order_says_external_how_old_that_is_and_where_it_can_be_cancelled():
    other = ExternalOrder(0, -1, 77, "DU1", 1, "SPY", "SELL", "LMT", 5, 460.0, "Submitted")
    row = dict(zip((each.title for each in orders.COLUMNS), orders.external_row(other, 12.0), strict=True))
    assert [row[each][0] for each in ("STATUS", "FILLED", "AGE", "COMM")] == ["EXTERNAL", "—/5", "12s", "—"]
    assert row["WHY"][0].endswith("in TWS")
