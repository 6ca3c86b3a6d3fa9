import math

import pytest

from ibtui.market.board import Quote
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.ui.rows import quotes
from ibtui.ui.text import fit, lay, length

SPY = Instrument(756733, "SPY", long_name="SPDR S&P 500 ETF", primary_exchange="ARCA")


def cells(quote: Quote, mark: Mark = Mark.LIVE, now: float = 100.0) -> dict[str, tuple[str, str]]:
    row = quotes.quote_row(quote, SPY, mark, now, 0)
    return {column.title: cell for column, cell in zip(quotes.COLUMNS, row, strict=True)}


def test_a_quote_without_data_is_all_dashes_and_no_zero():
    shown = cells(Quote(1), Mark.STALE)
    numbers = {title: text for title, (text, _) in shown.items() if title not in ("SYMBOL", "MARK", "NAME")}
    assert {text.strip() for text in numbers.values()} == {"—"}


def test_a_price_that_rose_carries_an_arrow_and_not_only_a_colour():
    quote = Quote(1, last=450.12, previous_last=450.11, close=448.0)
    assert cells(quote)["LAST"] == ("▲450.12", "up")
    assert cells(Quote(1, last=450.10, previous_last=450.11))["LAST"] == ("▼450.10", "down")
    assert cells(quote)["CHG%"] == ("+0.47", "up")


@pytest.mark.parametrize("mark", [Mark.STALE, Mark.CLOSED, Mark.HALTED, Mark.FROZEN])
def test_numbers_that_are_not_live_are_grey_and_carry_their_mark_and_age(mark):
    shown = cells(Quote(1, bid=1.0, ask=2.0, last=1.5, close=1.0, updated=40.0), mark)
    assert {shown[title][1] for title in ("LAST", "CHG%", "BID", "ASK")} == {"dim"}
    assert (shown["MARK"][0], shown["AGE"][0]) == (str(mark), "60s")


def test_the_age_of_a_stored_quote_counts_from_when_it_was_stored():
    quote = Quote(1, last=1.0, updated_ns=1_000_000_000)
    assert quotes.quote_age(quote, 5.0, 61_000_000_000) == 60.0
    assert quotes.quote_age(Quote(1), 5.0, 61_000_000_000) is None
    assert math.isfinite(Quote(1).updated) is False


def test_the_board_fits_the_smallest_terminal_with_mark_and_age():
    places = fit(quotes.COLUMNS, 79)
    titles = [quotes.COLUMNS[each.index].title for each in places]
    assert {"SYMBOL", "LAST", "BID", "ASK", "VOLUME", "MARK", "AGE"} <= set(titles)
    row = quotes.quote_row(Quote(1, bid=450.11, ask=450.12), SPY, Mark.LIVE, 0.0, 0)
    assert length(lay(row, places, 79)) == 79


def test_forex_and_futures_are_named_as_traders_name_them():
    assert quotes.symbol(Instrument(1, "EUR", "CASH", currency="USD")) == "EUR.USD"
    assert quotes.symbol(Instrument(2, "ES", "FUT", local_symbol="ESZ6")) == "ESZ6"
