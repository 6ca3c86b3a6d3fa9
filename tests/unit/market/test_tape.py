"""The tape against slow, obvious models: whose the prints were, what they add up to, which belong together."""

import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.market.delta import SIZE_CLASSES
from ibtui.market.pace import LEAST, NORM, STRETCH, Pace
from ibtui.market.rows import Batch
from ibtui.market.sale_conditions import in_words
from ibtui.market.sides import Touch, bucket_of
from ibtui.market.state import MarketState
from ibtui.market.sweeps import JOIN_NS, MANY, Sieve, TapeRows, rows_of
from ibtui.market.tape import KEPT, Print, Tape
from ibtui.market.trading_day import DAY_ZONE

sides = st.sampled_from([1, -1, 0, None])
maybe_price = st.none() | st.integers(1, 8).map(float)


def row(seq, price=10.0, size=1.0, side=None, con_id=1, flags=0):
    return (con_id, seq * 10, seq, None, price, size, "ARCA", "", side, 1, side, flags, 0)


# --- whose it was ---


@pytest.mark.parametrize(
    ("price", "bid", "ask", "bucket"),
    [
        (10.1, 10.0, 10.1, 1),
        (10.2, 10.0, 10.1, 2),
        (10.0, 10.0, 10.1, -1),
        (9.9, 10.0, 10.1, -2),
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
def test_the_quote_rule_names_a_bucket_only_where_it_can(price, bid, ask, bucket):
    assert bucket_of(price, bid, ask) == bucket


@given(*[st.floats(1, 10)] * 3)
def test_buyers_and_sellers_mirror_each_other(price, bid, ask):
    bucket = bucket_of(price, bid, ask)
    assert bucket_of(-price, -ask, -bid) == (None if bucket is None else -bucket)


@given(st.lists(st.tuples(maybe_price, maybe_price, st.integers(1, 8).map(float), st.integers(0, 5000)), max_size=30))
def test_the_tick_test_answers_only_where_the_quote_can_not_and_by_the_last_other_price(prints):
    touch, traded, now = Touch(1), [], 100.0
    for bid, ask, price, wait_ms in prints:
        touch.bid, touch.ask, touch.quoted_at = bid, ask, now
        now += wait_ms / 1000
        traded.append(price)
        side, bucket, quote_ms = touch.infer(price, now)
        assert bucket == bucket_of(price, bid, ask)
        assert abs(quote_ms - wait_ms) <= 1
        if bucket is not None:
            assert side == (1 if bucket > 0 else -1 if bucket < 0 else 0)
        else:
            others = [each for each in traded if each != price]
            since = max((at for at, each in enumerate(traded) if each != price), default=None)
            assert side == (None if not others else 1 if price > traded[since] else -1)


def test_without_a_quote_and_without_another_price_a_print_stays_unclassified():
    touch = Touch(1)
    assert [touch.infer(10.0, 5.0) for _ in range(2)] == [(None, None, None)] * 2


# --- what they add up to ---


@given(st.lists(st.tuples(st.none() | st.integers(0, 20_000), sides), max_size=40))
def test_the_delta_and_its_band_are_sums_over_all_prints(prints):
    tape = Tape(1)
    for seq, (size, side) in enumerate(prints):
        tape.append(row(seq, size=size, side=side), 0)
    known = [(size, side) for size, side in prints if size is not None]
    delta = sum(size * (side or 0) for size, side in known)
    undecided = sum(size for size, side in known if not side)
    assert tape.total == tape.delta.prints == len(tape.prints) == len(prints)
    assert tape.delta.classified == sum(side is not None for _, side in prints)
    assert (tape.delta.value, tape.delta.band) == (delta, (delta - undecided, delta + undecided))
    volume = sum(size for size, _ in known)
    assert tape.delta.share == (pytest.approx((volume - undecided) / volume) if volume else None)
    edges = (-1, *SIZE_CLASSES, math.inf)
    for at, value in enumerate(tape.delta.by_class):
        least, most = edges[at : at + 2]
        assert value == sum(size * (side or 0) for size, side in known if least <= size < most)


@given(st.lists(st.tuples(st.integers(1, 9).map(float), st.booleans()), max_size=40))
def test_new_highs_and_lows_are_those_of_reported_prints_after_the_first(prints):
    tape, reported = Tape(1), []
    for seq, (price, unreported) in enumerate(prints):
        tape.append(row(seq, price=price, flags=2 if unreported else 0), 0)
        expected = 0
        if not unreported:
            expected = 0 if not reported else (price > max(reported)) - (price < min(reported))
            reported.append(price)
        assert tape.prints[-1].extreme == expected


def test_counting_anew_forgets_what_was_summed_and_keeps_the_prints():
    tape = Tape(1)
    for seq, price in enumerate((10.0, 11.0)):
        tape.append(row(seq, price=price, side=1), 0)
    tape.restart()
    tape.append(row(9, price=10.5, side=-1), 0)
    assert (tape.delta.value, tape.delta.since_ns, tape.high, len(tape.prints), tape.total) == (-1, 90, 10.5, 3, 3)


@given(st.lists(st.tuples(st.integers(0, 3 * 24), st.integers(1, 9).map(float), sides), max_size=40))
def test_each_trading_day_begins_its_sums_and_marks_anew_and_what_is_late_undoes_nothing(prints):
    tape, begin, of_day, day = Tape(1), datetime(2026, 11, 20, 12, tzinfo=DAY_ZONE), [], None
    for seq, (hour, price, side) in enumerate(prints):
        stamp = begin + timedelta(hours=hour)
        tape.append((*row(seq)[:3], int(stamp.timestamp()) * NS, *row(seq, price, 5.0, side)[4:]), 0)
        its_day = (stamp + timedelta(hours=7)).date()  # what is traded from 17:00 on is the next day's
        if day is None or its_day > day:
            of_day, day = [], its_day
        before = [each for each, _ in of_day]
        news = (price > max(before)) - (price < min(before)) if before else 0
        assert tape.prints[-1].extreme == news
        of_day.append((price, side))
        assert tape.delta.value == sum(5.0 * (each or 0) for _, each in of_day)
        assert (tape.delta.prints, len(tape.prints)) == (len(of_day), seq + 1)
        assert (tape.high, tape.low) == (max(each for each, _ in of_day), min(each for each, _ in of_day))


def test_a_print_keeps_what_came():
    tape = Tape(1)
    tape.append((1, 20, 2, 15, 10.5, 3.0, "NYSE", "I", -1, 2, -2, 2, 250), 0)
    kept = tape.prints[-1]
    assert type(kept).__name__ == "Print"
    assert kept == Print(1, 20, 2, 15, 10.5, 3.0, "NYSE", "I", -1, 2, -2, 2, 250, 0)


def test_the_tape_keeps_the_newest_and_counts_all():
    tape = Tape(1)
    for seq in range(KEPT + 10):
        tape.append(row(seq, side=1), 0)
    assert (len(tape.prints), tape.total, tape.delta.value) == (KEPT, KEPT + 10, KEPT + 10)
    assert (tape.prints[0].seq, tape.prints[-1].seq) == (10, KEPT + 9)


# --- how fast ---


@given(
    st.lists(st.tuples(st.integers(0, 900), st.none() | st.integers(0, 100)), min_size=1, max_size=60),
    st.floats(0, 900),
)
def test_the_speed_and_its_norm_are_what_counting_every_second_gives(prints, later):
    prints.sort(key=lambda each: each[0])
    pace = Pace()
    for second, size in prints:
        pace.add(second, size)
    now = prints[-1][0] + later
    first = int(now) - STRETCH + 1
    fresh = [size or 0 for second, size in prints if second >= first]
    span = max(1.0, now - first)
    assert pace.now(now) == pytest.approx((len(fresh) / span, sum(fresh) / span))
    began, current = prints[0][0], int(now)
    ends = range(current, current - min(NORM, current - began) // STRETCH * STRETCH, -STRETCH)
    counts = [sum(end - STRETCH <= second < end for second, _ in prints) for end in ends]
    norm = pace.norm(now)
    if len(counts) < LEAST:
        assert norm is None
    else:
        ordered, half = sorted(counts), len(counts) // 2
        median = ordered[half] if len(counts) % 2 else (ordered[half - 1] + ordered[half]) / 2
        assert norm.prints == pytest.approx(median / STRETCH)


def test_what_is_older_than_the_norm_is_forgotten():
    pace = Pace()
    for second in range(3 * NORM):
        pace.add(second, 1)
    assert len(pace._seconds) <= NORM + STRETCH + 1


# --- which belong together ---

parts = st.lists(
    st.tuples(
        st.integers(0, 60), st.integers(1, 2).map(float), sides, st.none() | st.integers(1, 500), st.sampled_from("NQ")
    ),
    max_size=40,
)
sieves = st.builds(Sieve, st.booleans(), st.sampled_from([0, 100, 300]), st.sampled_from([math.inf, 600]))


def prints_of(tuples):
    ts_ns, made = 0, []
    for seq, (wait_ms, price, side, size, venue) in enumerate(tuples):
        ts_ns += wait_ms * 1_000_000
        made.append(Print(1, ts_ns, seq, None, price, size, venue, venue, side, flags=2 * (venue == "Q")))
    return made


@given(parts, sieves)
def test_rows_are_runs_of_one_price_and_side_within_the_window_and_pass_by_their_whole_size(tuples, sieve):
    groups: list[list[Print]] = []
    for each in prints_of(tuples):
        first = groups[-1][0] if groups else None
        same = first is not None and (first.price, first.side) == (each.price, each.side)
        if sieve.join and same and each.ts_ns - first.ts_ns <= JOIN_NS:
            groups[-1].append(each)
        else:
            groups.append([each])
    expected = []
    for group in groups:
        sizes = [each.size for each in group if each.size is not None]
        size = sum(sizes) if sizes else None
        if (size is None and sieve.shows_all) or (size is not None and sieve.smallest <= size <= sieve.largest):
            venues = {each.venue for each in group}
            venue = venues.pop() if len(venues) == 1 else MANY
            reported = any(each.venue == "N" for each in group)
            expected.append((group[0].seq, size, venue, len(group), reported))
    found = rows_of(prints_of(tuples), sieve)
    assert [(each.first.seq, each.size, each.venue, each.parts, each.reported) for each in found[::-1]] == expected


@given(parts, sieves, st.integers(1, 7))
def test_rows_do_not_depend_on_how_the_prints_came_in_batches(tuples, sieve, size):
    prints, rows = prints_of(tuples), TapeRows(sieve)
    for start in range(0, len(prints), size):
        rows.take(prints[start : start + size])
    assert (list(rows), rows.count) == (rows_of(prints, sieve), len(rows_of(prints, sieve)))


@pytest.mark.parametrize(
    ("codes", "words"), [("", ""), ("@  I", "odd lot"), (" FTI", "sweep, ext hours, odd lot"), ("?", "?")]
)
def test_conditions_are_said_in_words(codes, words):
    assert in_words(codes) == words


# --- how they come ---


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
