import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.board import DELAYED, DELAYED_FROZEN, FROZEN, LIVE, QuoteBoard
from ibtui.market.kinds import KINDS
from ibtui.market.rates import WINDOW, SecondCounts

FIELDS = {
    "bid": ("bid", "bid_size"),
    "ask": ("ask", "ask_size"),
    "last": ("last", "last_size"),
    "bid size": (None, "bid_size"),
    "ask size": (None, "ask_size"),
    "last size": (None, "last_size"),
    "high": ("high", None),
    "low": ("low", None),
    "open": ("open", None),
    "close": ("close", None),
    "volume": (None, "volume"),
    "real-time volume": ("vwap", None),
    "real-time trade volume": ("vwap", None),
}
"""What the rows mean, told by name rather than by number."""

VALUES = [
    "bid", "ask", "last", "bid_size", "ask_size", "last_size", "open", "high", "low", "close", "volume", "vwap",
    "halted", "previous_last",
]  # fmt: skip

maybe = st.none() | st.floats(0.01, 1000)
rows = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([*KINDS, 999]), maybe, maybe), max_size=20)


def ticks(*entries):
    return [(con_id, 1000 + seq, seq, kind, price, size) for seq, (con_id, kind, price, size) in enumerate(entries)]


def slow_model(batches):
    """The obvious board: one dict a contract, fields looked up by name."""
    board = {}
    for session, batch in batches:
        for con_id, kind, price, size in batch:
            quote = board.get(con_id)
            if quote is None or quote["session"] != session:
                data_type = quote["data_type"] if quote else LIVE
                board[con_id] = quote = {**dict.fromkeys(VALUES), "session": session, "data_type": data_type}
            name = KINDS[KINDS[kind].live_number].name if kind in KINDS else ""
            if name == "halted":
                quote["halted"] = None if price is None else price > 0
            if name in FIELDS:
                price_field, size_field = FIELDS[name]
                if name == "last" and quote["last"] is not None and quote["last"] != price:
                    quote["previous_last"] = quote["last"]
                if price_field:
                    quote[price_field] = price
                if size_field:
                    quote[size_field] = size
                if KINDS[kind].delayed:
                    quote["data_type"] = max(quote["data_type"], DELAYED)
    return board


@given(st.lists(st.tuples(st.integers(1, 2), rows), max_size=8))
def test_the_board_is_what_an_obvious_one_would_be(batches):
    board = QuoteBoard()
    for number, (session, batch) in enumerate(batches):
        board.apply(ticks(*batch), float(number), session)
    expected = slow_model(batches)
    assert board.quotes.keys() == expected.keys() == board.dirty
    for con_id, values in expected.items():
        assert {name: getattr(board.quotes[con_id], name) for name in values} == values
    frames = Counter(con_id for _, batch in batches for con_id, *_ in batch)
    assert {con_id: quote.ticks for con_id, quote in board.quotes.items()} == frames
    assert all(board.ticks_in(con_id, 300, len(batches)) == count for con_id, count in frames.items())


def test_a_price_brings_the_size_of_its_frame():
    board = QuoteBoard()
    board.apply(ticks((1, 1, 10.0, 3.0), (1, 2, 10.01, 4.0), (1, 0, None, 5.0)), 7.0, 1)
    quote = board.quotes[1]
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (10.0, 5.0, 10.01, 4.0)
    assert (quote.updated, quote.updated_ns, quote.ticks, quote.session) == (7.0, 1000, 3, 1)


def test_no_bid_is_unknown_not_the_last_bid():
    board = QuoteBoard()
    board.apply(ticks((1, 1, 10.0, 3.0), (1, 1, None, 0.0)), 7.0, 1)
    assert board.quotes[1].bid is None


def test_delayed_ticks_fill_the_same_fields_and_are_called_delayed():
    board = QuoteBoard()
    board.apply(ticks((1, 66, 10.0, 3.0), (1, 67, 10.2, 4.0), (1, 68, 10.1, 1.0), (1, 75, 9.9, None)), 7.0, 1)
    quote = board.quotes[1]
    assert (quote.bid, quote.ask, quote.last, quote.close, quote.data_type) == (10.0, 10.2, 10.1, 9.9, DELAYED)


def test_a_delayed_tick_ends_what_was_called_frozen_but_never_what_is_delayed_already():
    board = QuoteBoard()
    for before, after in ((FROZEN, DELAYED), (DELAYED_FROZEN, DELAYED_FROZEN)):
        board.set_data_type(1, before)
        board.apply(ticks((1, 66, 10.0, 3.0)), 7.0, 1)
        assert board.quotes[1].data_type == after


def test_a_new_session_makes_unknown_what_it_has_not_confirmed():
    board = QuoteBoard()
    board.apply(ticks((1, 1, 10.0, 3.0), (1, 2, 10.1, 4.0)), 7.0, 1)
    board.apply(ticks((1, 1, 10.0, 3.0)), 9.0, 2)
    assert (board.quotes[1].bid, board.quotes[1].ask, board.quotes[1].session) == (10.0, None, 2)


def test_an_unconfirmed_quote_is_seen_until_the_market_speaks():
    board = QuoteBoard()
    board.apply(ticks((1, 1, 10.0, 3.0), (1, 2, 10.1, 4.0)), 7.0, 1)
    board.dirty.clear()
    board.unconfirm(1)
    assert (board.quotes[1].bid, board.quotes[1].session, board.dirty) == (10.0, 0, {1})
    board.apply(ticks((1, 2, 10.2, 4.0)), 8.0, 1)
    assert (board.quotes[1].bid, board.quotes[1].ask, board.quotes[1].session) == (None, 10.2, 1)


def test_stored_values_are_shown_as_of_no_session_and_give_way():
    board = QuoteBoard()
    board.restore(1, bid=9.0, ask=9.1, last=9.05, close=8.0, volume=100.0, ts_ns=5)
    quote = board.quotes[1]
    assert (quote.last, quote.session, quote.updated, quote.updated_ns, board.dirty) == (9.05, 0, -math.inf, 5, {1})
    board.apply(ticks((1, 4, 10.0, 3.0)), 7.0, 1)
    assert (quote.last, quote.bid, quote.previous_last) == (10.0, None, None)
    board.restore(1, bid=9.0, ask=9.1, last=9.05, close=8.0, volume=100.0, ts_ns=5)
    assert quote.last == 10.0


def test_the_kind_of_data_changes_only_when_it_differs():
    board = QuoteBoard()
    board.set_data_type(1, LIVE)
    assert board.dirty == set()
    board.set_data_type(1, DELAYED)
    assert (board.quotes[1].data_type, board.dirty) == (DELAYED, {1})


def test_nothing_is_counted_of_an_unknown_contract():
    assert QuoteBoard().ticks_in(1, 300, 0.0) == 0


def test_the_arrow_compares_with_the_last_different_price():
    board = QuoteBoard()
    board.apply(ticks((1, 4, 10.0, 1.0), (1, 4, 10.1, 1.0), (1, 4, 10.1, 1.0)), 7.0, 1)
    assert (board.quotes[1].last, board.quotes[1].previous_last) == (10.1, 10.0)


@given(
    st.lists(st.tuples(st.integers(0, 2 * WINDOW), st.integers(1, 5)), max_size=30),
    st.lists(st.tuples(st.integers(1, 400), st.integers(0, 2 * WINDOW)), max_size=5),
)
def test_counts_by_second_are_what_counting_each_would_give(arrivals, questions):
    counts, frames, now = SecondCounts(), Counter(), 0
    for pause, count in arrivals:
        if pause or not frames:
            now += pause
            counts.begin(now, frames.total())
        frames[now] += count
    for seconds, pause in questions:
        now += pause
        expected = sum(count for second, count in frames.items() if second > now - min(seconds, WINDOW))
        assert counts.within(seconds, now + 0.5, frames.total()) == expected


def test_a_steady_stream_never_counts_more_than_the_window_holds():
    counts = SecondCounts()
    for second in range(3 * WINDOW):
        counts.begin(second, second)
        assert counts.within(WINDOW, second, second + 1) == min(second + 1, WINDOW)


def test_a_clock_that_steps_back_loses_no_count():
    board = QuoteBoard()
    board.apply(ticks((1, 1, 10.0, 1.0)), 100.0, 1)
    board.apply(ticks((1, 1, 10.0, 1.0), (1, 2, 10.1, 1.0)), 90.0, 1)
    assert board.ticks_in(1, 1, 100.9) == 3
    assert board.ticks_in(1, 10, 95.0) == 3


def test_a_rate_is_told_over_the_time_since_the_first_tick_until_the_window_is_full():
    counts = SecondCounts()
    assert counts.rate(WINDOW, 1000.0, 0) == 0.0
    for number, second in enumerate(range(1000, 1000 + 2 * WINDOW)):
        counts.begin(second, 24 * number)
        assert counts.rate(WINDOW, second + 0.5, 24 * (number + 1)) == 24.0
