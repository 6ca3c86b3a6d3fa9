"""The promise of the backlog: what was added is either taken or given up, and everything given up is accounted for."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.market.rows import Batch
from ibtui.storage.backlog import Backlog, ShedLimits
from ibtui.storage.files import DAY_NS

LIMITS = ShedLimits(depth=20, ticks=30, prints=40, resume=8)
START = 20_000 * DAY_NS


def batch(seq: int, ts_ns: int, ticks: int = 0, prints: int = 0, depth: int = 0, con_id: int = 1) -> Batch:
    return Batch(
        ts_ns,
        ts_ns / NS,
        ticks=[(con_id, ts_ns, seq + i, 1, 1.0, 1.0) for i in range(ticks)],
        prints=[(con_id, ts_ns, seq + i, None, 1.0, 1.0, "N", "", None, 1, None, None, 0) for i in range(prints)],
        depth=[(con_id, ts_ns, seq + i, 0, 0, 0, 1.0, 1.0, "", 12) for i in range(depth)],
    )


def rows_of(days) -> Counter:
    counts: Counter = Counter()
    for day in days:
        counts.update(ticks=len(day.ticks), prints=len(day.prints), depth=len(day.depth))
    return counts


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"),
            st.integers(0, 15),
            st.integers(0, 15),
            st.integers(0, 15),
            st.integers(1, 3),
            st.integers(0, 30),
        ),
        st.just(("take",)),
        st.just(("resume",)),
    ),
    max_size=40,
)


@given(steps)
def test_what_was_added_is_taken_or_given_up_by_kind(plan) -> None:
    backlog = Backlog(LIMITS)
    added, taken, dropped = Counter(), Counter(), Counter()
    seq = 0
    for what, *details in plan:
        if what == "add":
            ticks, prints, depth, con_id, in_flight = details
            backlog.add(batch(seq, START + seq, ticks, prints, depth, con_id), in_flight)
            added.update(ticks=ticks, prints=prints, depth=depth)
            seq += 100
            assert backlog.waiting + in_flight <= max(LIMITS.prints, in_flight)
        elif what == "take":
            taken += rows_of(backlog.take())
        else:
            for shed in backlog.resume(START):
                dropped[shed.lane] += shed.rows
    taken += rows_of(backlog.take())
    for shed in backlog.resume(START, at_once=True):
        dropped[shed.lane] += shed.rows
    assert +added == +(taken + dropped)
    assert backlog.shed_rows == dropped.total()
    assert backlog.waiting == 0


def test_depth_goes_first_and_a_whole_symbol_at_a_time() -> None:
    backlog = Backlog(LIMITS)
    backlog.add(batch(0, START, depth=8, con_id=1))
    backlog.add(batch(100, START + 1, ticks=5, depth=9, con_id=2))
    backlog.add(batch(200, START + 2, prints=2))
    (day,) = backlog.take()
    assert {row[0] for row in day.depth} == {1}
    assert (len(day.ticks), len(day.prints)) == (5, 2)


def test_a_shed_book_stays_away_until_it_comes_back_whole() -> None:
    def books(con_id, ts_ns):
        return [(con_id, ts_ns, 900, 0, 3, 0, None, None, "", 12), (con_id, ts_ns, 901, 1, 0, 0, 5.0, 1.0, "", 12)]

    backlog = Backlog(LIMITS, books)
    backlog.add(batch(0, START, depth=21))
    backlog.add(batch(100, START + 1, depth=3))
    assert backlog.take()[0].depth == []
    (shed,) = backlog.resume(START + 2)
    assert (shed.lane, shed.rows, shed.from_ns, shed.to_ns) == ("depth", 24, START, START + 1)
    backlog.add(batch(200, START + 3, depth=1))
    assert [(row[2], row[4]) for row in backlog.take()[0].depth] == [(900, 3), (901, 0), (200, 0)]


def test_ticks_go_before_prints_and_the_oldest_of_them() -> None:
    backlog = Backlog(LIMITS)
    backlog.add(batch(0, START, prints=10))
    backlog.add(batch(100, START + 1, ticks=25))
    (day,) = backlog.take()
    assert len(day.prints) == 10
    assert [row[2] for row in day.ticks] == list(range(108, 125))


def test_nothing_is_given_up_while_the_disk_keeps_up() -> None:
    backlog = Backlog(LIMITS)
    for number in range(100):
        backlog.add(batch(number * 100, START + number, ticks=5, prints=5, depth=5))
        assert backlog.take()
    assert backlog.shed_rows == 0
    assert backlog.resume(START) == []


def test_a_new_day_takes_every_book_again_behind_its_first_rows() -> None:
    asked = []

    def books(con_id, ts_ns):
        asked.append((con_id, ts_ns))
        return [(1, ts_ns, 50, 0, 3, 0, None, None, "", 12)]

    backlog = Backlog(LIMITS, books)
    backlog.add(batch(0, START + DAY_NS - 1, depth=1))
    backlog.add_clock((1, START + DAY_NS, 0, 1.0))
    backlog.add(batch(10, START + DAY_NS, depth=1))
    first, second = backlog.take()
    assert (first.day, second.day) == (20_000, 20_001)
    assert [row[2] for row in second.depth] == [10, 50]
    assert asked == [(None, START + DAY_NS)]


def test_a_book_source_that_fails_does_not_stop_the_market() -> None:
    def books(con_id, ts_ns):
        raise KeyError(con_id)

    backlog = Backlog(LIMITS, books)
    backlog.add(batch(0, START, depth=1))
    backlog.add(batch(1, START + DAY_NS, depth=1))
    assert rows_of(backlog.take())["depth"] == 2
