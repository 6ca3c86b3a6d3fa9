import math
from dataclasses import replace

import pytest

from ibtui.broker.account import Position
from ibtui.market import names
from ibtui.market.board import Quote
from ibtui.market.daily import Daily
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.ui.rows import quotes
from ibtui.ui.rows.quote_columns import COLUMNS, DEFAULT, Facts, headings, quote_row, too_narrow, visible
from ibtui.ui.text import GAP, fit, lay, length

SPY = Instrument(756733, "SPY", long_name="SPDR S&P 500 ETF", primary_exchange="ARCA")


def facts(quote: Quote, mark: Mark = Mark.LIVE, now: float = 100.0, **more) -> Facts:
    return Facts(quote, SPY, mark, now, 0, **more)


def cells(quote: Quote, mark: Mark = Mark.LIVE, now: float = 100.0, **more) -> dict[str, tuple[str, str]]:
    known = facts(quote, mark, now, **more)
    return {name: column.cell(known) for name, column in COLUMNS.items()}


def test_there_are_more_than_25_columns_and_each_has_room_for_its_title_and_its_arrow():
    assert len(COLUMNS) > 25
    for name, column in COLUMNS.items():
        assert name == column.name == name.lower()
        assert not set(name) & set(" ,")
        assert column.about
        shown = headings([column], 0, sorted_by=name)[0].title
        assert len(shown) <= column.width + (name == "time"), name
    assert set(DEFAULT) <= set(COLUMNS)


def test_a_quote_without_data_is_dashes_or_blank_and_no_zero():
    facts_of_contract = ("symbol", "mark", "name", "feed", "exch", "type", "ccy", "ticks")
    shown = {name: text for name, (text, _) in cells(Quote(1), Mark.STALE).items() if name not in facts_of_contract}
    assert {text.strip() for text in shown.values()} == {"—", ""}
    assert {name for name, text in shown.items() if not text} == {"pos", "avg", "pnl", "daypnl"}, "nothing is held"
    known = facts(Quote(1), Mark.STALE)
    values = {name: column.value(known) for name, column in COLUMNS.items() if name not in facts_of_contract}
    assert set(values.values()) == {None}


def test_a_price_that_rose_carries_an_arrow_and_not_only_a_colour():
    quote = Quote(1, last=450.12, previous_last=450.11, close=448.0)
    assert cells(quote)["last"] == ("▲450.12", "up")
    assert cells(Quote(1, last=450.10, previous_last=450.11))["last"] == ("▼450.10", "down")
    assert cells(quote)["chg%"] == ("+0.47", "up")
    fell = Quote(1, last=450.12, previous_last=450.13)
    assert cells(fell, flashes={"last": 1})["last"] == ("▼450.12", "fell"), (
        "higher than in the frame before, but falling"
    )


def test_forex_has_no_trades_so_its_change_is_the_middle_s_in_the_places_of_its_prices():
    euro = Instrument(1, "EUR", "CASH", min_tick=0.00005)
    quote = Quote(1, bid=1.1634, ask=1.1636, close=1.1625)
    shown = {name: column.cell(Facts(quote, euro, Mark.LIVE, 100.0, 0)) for name, column in COLUMNS.items()}
    assert (shown["last"][0].strip(), shown["chg"], shown["chg%"]) == ("—", ("+0.00100", "up"), ("+0.09", "up"))
    assert cells(quote)["chg"][0] == "—", "a share that did not trade yet has no change"


def test_a_price_flashes_only_where_it_can_be_trusted():
    quote = Quote(1, bid=1.0, ask=2.0, last=1.5)
    live = cells(quote, flashes={"bid": 1, "ask": -1})
    assert (live["bid"][1], live["ask"][1], live["last"][1]) == ("rose", "fell", "plain")
    assert cells(quote, Mark.STALE, flashes={"bid": 1})["bid"][1] == "dim"


@pytest.mark.parametrize("mark", [Mark.STALE, Mark.CLOSED, Mark.HALTED, Mark.FROZEN])
def test_numbers_that_are_not_live_are_grey_and_carry_their_mark_and_age(mark):
    shown = cells(Quote(1, bid=1.0, ask=2.0, last=1.5, close=1.0, updated=40.0), mark)
    assert {shown[name][1] for name in ("last", "chg%", "bid", "ask")} == {"dim"}
    assert (shown["mark"][0], shown["age"][0]) == (str(mark), "60s")


def test_what_is_worked_out_of_a_quote():
    quote = Quote(1, bid=99.0, ask=101.0, last=105.0, open=102.0, high=110.0, low=100.0, close=100.0, volume=50.0)
    quote.others |= {21: 200.0, 19: 55.0, 20: 155.0, 24: 0.1534, 46: 3.0, 45: 1795252331.0}
    shown = {name: text for name, (text, _) in cells(quote, daily=Daily(average=100.0), zone="US/Eastern").items()}
    assert shown["spread"] == "2.00"
    assert shown["mid"] == "100.00"
    assert shown["bps"] == "200.0"
    assert shown["vol%"] == "25"
    assert shown["range"] == "├────●────┤" == shown["52w"]
    assert (shown["low52"], shown["high52"]) == ("55.00", "155.00")
    assert shown["50d%"] == "+5.00"
    assert (shown["gap%"], shown["open%"]) == ("+2.00", "+2.94")
    assert (shown["iv%"], shown["short"]) == ("15.3", "easy")
    assert shown["time"] == "04:12:11"


def test_the_year_comes_from_stored_bars_where_ib_sends_none():
    shown = cells(Quote(1, last=15.0), daily=Daily(high=20.0, low=10.0))
    assert (shown["low52"][0], shown["high52"][0]) == ("10.00", "20.00")
    assert shown["52w"][0] == "├────●────┤"


def test_a_position_shows_its_profit_at_the_last_price_and_ibs_own_where_there_is_none():
    held = Position(1, "SPY", -100, average_cost=450.0, unrealized=-7.0)
    shown = cells(Quote(1, last=449.0), position=held)
    assert (shown["pos"], shown["avg"][0], shown["pnl"]) == (("-100", "ask"), "450.00", ("+100.00", "up"))
    assert cells(Quote(1), position=held)["pnl"] == ("-7.00", "down")
    flat = cells(Quote(1, last=449.0), position=Position(1, "SPY", 0))
    assert (flat["pos"][0], flat["pnl"][0]) == ("", "")


def test_the_age_of_a_stored_quote_counts_from_when_it_was_stored():
    quote = Quote(1, last=1.0, updated_ns=1_000_000_000)
    assert quotes.quote_age(quote, 5.0, 61_000_000_000) == 60.0
    assert quotes.quote_age(Quote(1), 5.0, 61_000_000_000) is None
    assert math.isfinite(Quote(1).updated) is False


def test_the_board_fits_the_smallest_terminal_with_mark_and_age():
    shown = visible(DEFAULT, 79)
    assert {"symbol", "last", "bid", "ask", "volume", "mark", "age"} <= {each.name for each in shown}
    assert sum(each.width + GAP for each in shown) - GAP <= 79
    row = quote_row(facts(Quote(1, bid=450.11, ask=450.12)), shown)
    assert length(lay(row, fit(headings(shown, 0), 79), 79)) == 79


def test_forex_and_futures_are_named_as_traders_name_them():
    assert names.symbol(Instrument(1, "EUR", "CASH", currency="USD")) == "EUR.USD"
    assert names.symbol(Instrument(2, "ES", "FUT", local_symbol="ESZ6")) == "ESZ6"


@pytest.mark.parametrize(
    ("local", "typed"),
    [
        ("AAPL  261218C00300000", "AAPL 261218C300"),
        ("SPY   261120P00672500", "SPY 261120P672.5"),
        ("E1AZ6 C7100", "E1AZ6 C7100"),
    ],
)
def test_an_option_is_named_as_it_is_typed(local, typed):
    assert names.symbol(Instrument(1, local[:4].strip(), "OPT", local_symbol=local)) == typed


def note(**values):
    """A ten-year note, whose prices have six places."""
    return replace(facts(Quote(1, **values)), instrument=Instrument(1, "ZN", "FUT", min_tick=0.015625))


def test_no_price_is_cut_and_the_mark_stays_on_the_smallest_terminal():
    row = note(last=110.171875, bid=110.15625, ask=110.171875, bid_size=1, ask_size=1, close=110.5, volume=1)
    wider = too_narrow(quote_row(row, visible(DEFAULT, 79)), visible(DEFAULT, 79))
    shown = visible(DEFAULT, 79, wider=wider)
    line = "".join(text for text, _ in lay(quote_row(row, shown), fit(headings(shown, 0), 79), 79))
    assert "110.171875" in line
    assert "110.156250" in line
    assert "…" not in line
    assert "mark" in {each.name for each in shown}
    assert not too_narrow(quote_row(row, shown), shown)
