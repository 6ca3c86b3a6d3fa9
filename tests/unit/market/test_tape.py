import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.rows import Batch
from ibtui.market.state import MarketState
from ibtui.market.tape import KEPT, Tape, classify

sides = st.sampled_from([1, -1, 0, None])


def row(seq, price=10.0, size=1.0, side=None, con_id=1):
    return (con_id, seq * 10, seq, None, price, size, "ARCA", "", side, 1)


@given(st.lists(st.tuples(st.none() | st.integers(0, 1000), sides), max_size=40))
def test_delta_and_counts_are_sums_over_all_prints(prints):
    tape = Tape(1)
    for seq, (size, side) in enumerate(prints):
        tape.append(row(seq, size=size, side=side))
    assert tape.total == len(tape.prints) == len(prints)
    assert tape.classified == sum(side is not None for _, side in prints)
    assert tape.delta == sum((side or 0) * (size or 0) for size, side in prints)


def test_a_print_keeps_what_came():
    tape = Tape(1)
    tape.append((1, 20, 2, 15, 10.5, 3.0, "NYSE", "I", -1, 2))
    kept = tape.prints[-1]
    assert type(kept).__name__ == "Print"
    assert kept._asdict() == {
        "seq": 2,
        "ts_ns": 20,
        "exchange_ns": 15,
        "price": 10.5,
        "size": 3.0,
        "venue": "NYSE",
        "conditions": "I",
        "side": -1,
    }


def test_the_tape_keeps_the_newest_and_counts_all():
    tape = Tape(1)
    for seq in range(KEPT + 10):
        tape.append(row(seq, side=1))
    assert (len(tape.prints), tape.total, tape.delta) == (KEPT, KEPT + 10, KEPT + 10)
    assert (tape.prints[0].seq, tape.prints[-1].seq) == (10, KEPT + 9)


@pytest.mark.parametrize(
    ("price", "bid", "ask", "side"),
    [
        (10.1, 10.0, 10.1, 1),
        (10.2, 10.0, 10.1, 1),
        (10.0, 10.0, 10.1, -1),
        (9.9, 10.0, 10.1, -1),
        (10.05, 10.0, 10.1, 0),
        (10.0, 10.0, 10.0, None),
        (10.05, 10.1, 10.0, None),
        (10.05, None, 10.1, None),
        (10.05, 10.0, None, None),
        (None, 10.0, 10.1, None),
        (math.nan, 10.0, 10.1, None),
        (10.05, math.nan, 10.1, None),
    ],
)
def test_the_quote_rule_names_a_side_only_where_it_can(price, bid, ask, side):
    assert classify(price, bid, ask) == side


@given(*[st.floats(1, 10)] * 3)
def test_buyers_and_sellers_mirror_each_other(price, bid, ask):
    mirrored = classify(-price, -ask, -bid)
    side = classify(price, bid, ask)
    assert mirrored == (None if side is None else -side)


def test_one_batch_reaches_board_books_and_tapes():
    market = MarketState()
    batch = Batch(5, 2.5)
    batch.ticks = [(1, 5, 0, 1, 10.0, 1.0)]
    batch.depth = [(2, 5, 1, 1, 0, 0, 10.0, 1.0, "", 12), (2, 5, 2, 1, 0, 0, 10.1, 1.0, "", 12)]
    batch.prints = [row(3, con_id=3), row(4, con_id=3)]
    market.apply(batch, 1)
    assert (market.board.dirty, market.dirty_books, market.dirty_tapes) == ({1}, {2}, {3})
    assert [level.price for level in market.books[2].bids] == [10.1, 10.0]
    assert market.books[2].updated == 2.5
    assert [each.seq for each in market.tapes[3].prints] == [3, 4]
    assert market.book(2) is market.books[2]
    assert market.tape(3) is market.tapes[3]
    assert market.tape(9).total == 0


def test_an_empty_batch_changes_nothing():
    market = MarketState()
    market.apply(Batch(5, 2.5), 1)
    assert (market.board.quotes, market.books, market.tapes) == ({}, {}, {})
