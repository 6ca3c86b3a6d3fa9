"""A line means what it plainly says, or is refused with the reason; a size never spends or risks more than was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.errors import UsageError
from ibtui.trading.draft import Draft, draft_of, priced
from ibtui.trading.order_line import OrderLine, leg_price, read_line
from ibtui.trading.sizing import read_distance, read_size


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SPY", OrderLine("SELL", "SPY")),
        ("SPY 100 @ 450.10", OrderLine("SELL", "SPY", "100", "450.10")),
        ("200 QQQ @ mid stop 2%", OrderLine("SELL", "QQQ", "200", "mid", "2%")),
        ("SPY @450.1 target 440 stop 460", OrderLine("SELL", "SPY", "", "450.1", "460", "440")),
        ("ES 1 @ mkt tif gtc any", OrderLine("SELL", "ES", "1", "mkt", tif="GTC", outside_rth=True)),
        ("$5000 SPY", OrderLine("SELL", "SPY", "$5000")),
        ("r200 SPY @ ask stop 1%", OrderLine("SELL", "SPY", "r200", "ask", "1%")),
        ("2 AAPL 261218C300 @ bid", OrderLine("SELL", "AAPL 261218C300", "2", "bid")),
        ("SPY 10 when 440", OrderLine("SELL", "SPY", "10", when="440")),
        ("SPY 10 @ 439.5 when 440", OrderLine("SELL", "SPY", "10", "439.5", when="440")),
        ("SPY 10 trail 1% tif gtc", OrderLine("SELL", "SPY", "10", tif="GTC", trail="1%")),
        ("RBLX 10", OrderLine("SELL", "RBLX", "10")),
    ],
)
def test_a_line_means_what_it_says(text, line):
    assert read_line("SELL", text) == line


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "write sell SYMBOL"),
        ("SPY 100 200", "write sell"),
        ("SPY QQQ", "which of"),
        ("100 200", "which of"),
        ("SPY @", "must follow '@'"),
        ("SPY @ 1 @ 2", "must follow '@'"),
        ("SPY stop", "must follow 'stop'"),
        ("SPY tif tomorrow", "no time in force"),
        ("SPY @ 440 trail 1%", "no price of its own"),
        ("SPY when soon", "is no price"),
    ],
)
def test_what_is_not_a_line_is_told(text, why):
    with pytest.raises(UsageError, match=why):
        read_line("SELL", text)


@pytest.mark.parametrize(
    ("action", "said", "price"),
    [
        ("BUY", "bid", 450.00),
        ("BUY", "ask", 450.03),
        ("BUY", "mid", 450.01),
        ("SELL", "mid", 450.02),
    ],
)
def test_a_touch_is_taken_from_the_quote_and_the_middle_rounded_to_our_side(action, said, price):
    draft = priced(draft_of(OrderLine(action, "SPY", price=said)), 450.0, 450.03, 0.01)
    assert float(draft.limit) == price


def test_without_a_quote_no_touch_is_guessed():
    with pytest.raises(UsageError, match="no quote"):
        priced(Draft("BUY", "1", limit="mid"), None, 450.0, 0.01)


@pytest.mark.parametrize(
    ("action", "gains", "price"),
    [("BUY", True, 102.0), ("BUY", False, 98.0), ("SELL", True, 98.0), ("SELL", False, 102.0)],
)
def test_a_percentage_lies_on_its_side_of_the_price(action, gains, price):
    assert leg_price("2%", action, 100.0, 0.01, gains=gains) == price


@given(st.integers(1, 10_000_000), st.floats(0.01, 10_000), st.sampled_from([1.0, 50.0, 100.0]))
def test_cash_never_buys_more_than_it_pays_for(cash, price, multiplier):
    try:
        quantity = read_size(f"${cash}", price, None, multiplier)
    except UsageError:
        assert price * multiplier > cash * 0.999
    else:
        assert quantity * price * multiplier <= cash * (1 + 1e-6)
        assert (quantity + 1) * price * multiplier > cash * (1 - 1e-6)


@given(st.integers(1, 1_000_000), st.floats(1, 1000), st.floats(0.01, 0.5), st.sampled_from([1.0, 50.0]))
def test_the_stop_never_costs_more_than_was_risked(risk, price, part, multiplier):
    stop = price * (1 - part)
    try:
        quantity = read_size(f"r{risk}", price, stop, multiplier)
    except UsageError:
        return
    assert quantity * abs(price - stop) * multiplier <= risk * (1 + 1e-6)


@pytest.mark.parametrize(("text", "price", "stop"), [("$100", None, None), ("r100", 50.0, None), ("r100", 50.0, 50.0)])
def test_a_size_that_needs_what_is_missing_says_so(text, price, stop):
    with pytest.raises(UsageError, match="needs a"):
        read_size(text, price, stop, 1.0)


@pytest.mark.parametrize(("text", "found"), [("0.50", (0.5, False)), ("1%", (1.0, True)), ("2.5 %", (2.5, True))])
def test_a_distance_is_in_the_currency_or_in_percent(text, found):
    assert read_distance(text, 450.0) == found


@pytest.mark.parametrize("text", ["450", "100%", "-1", "x"])
def test_a_distance_that_can_not_be_is_refused(text):
    with pytest.raises(UsageError):
        read_distance(text, 450.0)


@given(st.text())
def test_no_line_breaks_the_reader(text):
    try:
        line = read_line("BUY", text)
    except UsageError as error:
        assert str(error)  # noqa: PT017 - any text may be refused
    else:
        assert line.symbol
