"""The account in rows: several currencies, and nothing unknown shown as zero."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker.account import Position
from ibtui.market.instruments import Instrument
from ibtui.trading.day_result import ContractResult
from ibtui.trading.orders import Commission, Execution
from ibtui.ui.rows import account
from ibtui.ui.rows.equity import LEVELS, equity_line, spark
from ibtui.ui.text import Column, Row, fit

VALUES = {
    ("NetLiquidation", "USD"): "1000000.00",
    ("Cushion", ""): "0.9966",
    ("CashBalance", "EUR"): "-250.50",
    ("CashBalance", "USD"): "986503.60",
    ("CashBalance", "BASE"): "986203.00",
    ("UnrealizedPnL", "EUR"): "12.5",
    ("RealizedPnL", "USD"): "-3.25",
    ("ExchangeRate", "EUR"): "1.2000000",
}
RESULT = ContractResult(7, "EUR", 20.0, 10.0, 55.0, {"EUR": 2.0}, 9.5, 1000.0)


def cells(columns: tuple[Column, ...], row: Row) -> dict[str, str]:
    return {column.title: cell[0] for column, cell in zip(columns, row, strict=True)}


def test_a_position_without_a_price_has_no_value_and_one_without_fills_no_result():
    shown = cells(account.COLUMNS, account.position_row(Position(7, "SAP", 10.0)))
    assert {
        shown[each] for each in ("CCY", "AVERAGE", "PRICE", "VALUE", "UNREALIZED", "REALIZED", "OWN DAY", "FEES")
    } == {"—"}


def test_realised_and_unrealised_stand_beside_each_other_in_the_contracts_currency():
    position = Position(7, "SAP", 10.0, 100.0, 101.0, 10.0, "EUR")
    shown = cells(account.COLUMNS, account.position_row(position, RESULT))
    assert [shown[each] for each in ("CCY", "UNREALIZED", "REALIZED", "OWN DAY", "FEES")] == [
        *("EUR", "+10.00", "+9.50", "+53.00", "2.00")
    ]


def test_a_position_with_a_multiplier_is_worth_all_its_units_and_its_average_is_of_one():
    option = Instrument(9, "SPY", "OPT", multiplier=100.0)
    shown = cells(account.COLUMNS, account.position_row(Position(9, "SPY", 11.0, 901.41, 8.98), None, "", option))
    assert [shown[each] for each in ("AVERAGE", "PRICE", "VALUE")] == ["9.0141", "8.98", "9,878.00"]
    euro = Instrument(12, "EUR", "CASH", min_tick=0.00005)
    shown = cells(account.COLUMNS, account.position_row(Position(12, "EUR", 1e6, 1.1382, 1.13825), None, "", euro))
    assert [shown[each] for each in ("QUANTITY", "AVERAGE", "PRICE")] == ["1,000,000", "1.13820", "1.13825"]


def test_what_was_sold_off_today_keeps_its_row():
    shown = cells(account.COLUMNS, account.position_row(None, RESULT, name="SAP"))
    assert [shown[each] for each in ("SYMBOL", "QUANTITY", "UNREALIZED", "REALIZED")] == ["SAP", "0", "", "+9.50"]


def test_fees_of_two_currencies_are_not_added_up():
    mixed = ContractResult(7, "EUR", 1.0, 1.0, 5.0, {"EUR": 2.0, "USD": 1.0}, None, 0.0)
    assert cells(account.COLUMNS, account.position_row(None, mixed))["FEES"] == "mixed"


def test_each_currency_has_its_balances_and_all_of_them_come_last():
    assert account.currencies(VALUES) == ["EUR", "USD", "BASE"]
    euros = cells(account.CURRENCY_COLUMNS, account.currency_row("EUR", VALUES))
    assert list(euros.values()) == ["EUR", "-250.50", "—", "+12.50", "—", "1.2"]


def test_the_summary_shows_the_cushion_and_leaves_out_whole_figures_where_there_is_no_room():
    lines = account.summary("DU1", VALUES, 12.5, None, 0.0, 12.0, 0.5, width=40)
    assert "".join(text for text, _ in lines[0]) == " DU1  day +12.50  unrealized —"
    assert "99.7%" in "".join(text for line in lines for text, _ in line)
    (unknown,) = account.summary("DU1", {}, None, None, None)[1]
    assert unknown[0].split() == ["margin", "cushion", "—"]


def test_a_fill_whose_commission_is_not_reported_shows_a_dash():
    fill = Execution("e1.01", "REF", 0, 7, "SELL", 10, 101.25, "IBIS")
    shown = cells(account.FILL_COLUMNS, account.fill_row(fill, None, "SAP", ""))
    assert (shown["FEE"], shown["CCY"], shown["REALIZED"]) == ("—", "—", "—")
    told = account.fill_row(fill, Commission("e1.01", 1.5, "EUR", 9.5), "SAP", "")
    assert [cell[0] for cell in told[5:8]] == ["1.50", "EUR", "+9.50"]


def test_quantity_price_and_profit_fit_the_smallest_terminal():
    shown = {account.COLUMNS[each.index].title for each in fit(account.COLUMNS, 79)}
    assert {"SYMBOL", "CCY", "QUANTITY", "PRICE", "UNREALIZED", "REALIZED"} <= shown


def test_the_equity_line_is_blank_before_its_first_value_and_holds_the_last_one():
    assert spark({}, 0, 10, 5) == "     "
    assert spark({4: 1.0, 6: 2.0}, 0, 10, 5) == "  " + LEVELS[0] + LEVELS[-1] * 2
    assert equity_line({}, 0, 10, "USD", 80)[1][0] == "—"
    told = [text for text, _ in equity_line({0: 100.0, 9: 90.0}, 0, 10, "USD", 80)]
    assert (told[0], told[1], told[-1]) == (" equity 90.00 USD ", "-10.00", " 90.00…100.00")
    assert sum(map(len, told)) < 80


@given(
    st.dictionaries(st.integers(-5, 30), st.floats(-1e9, 1e9)),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 40),
)
def test_any_equity_line_is_exactly_as_wide_as_its_room(points, begin, lasted, width):
    line = spark(points, begin, begin + lasted, width)
    assert len(line) == width
    assert set(line) <= set(LEVELS + " ")
