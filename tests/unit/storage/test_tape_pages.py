"""Scrolling back: every stored print once and in order, across days, with what is missing between them."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.market.sweeps import Sieve, TapeRow
from ibtui.market.tape import Print
from ibtui.market.tape_time import instant
from ibtui.storage import tape_queries
from ibtui.storage.files import DAY_NS, DataDirectory
from ibtui.storage.tape_queries import Missing, NewRun, Page
from ibtui.ui.panes.tape_window import TapeWindow
from tests.unit.storage.conftest import HandClock, running

PRINTS = 400


async def test_pages_walk_over_days_in_both_directions_and_tell_what_is_missing(
    directory: DataDirectory, hand: HandClock
) -> None:
    stamps = []
    async with running(directory, hand.clock) as writer:
        for number in range(PRINTS):
            hand.now_ns += NS if number != PRINTS // 2 else DAY_NS
            stamps.append(hand.now_ns)
            side = (1, -1, 0, None)[number % 4]
            row = (7, hand.now_ns, number, hand.now_ns // NS * NS, 10.0, 5.0, "N", "I", side, 2, side, 2, 9)
            writer.add(hand.batch(prints=[row, (8, *row[1:])]))
        writer.add_gap("tape SPY", "asked for again", stamps[99], stamps[100])
        writer.add_gap("tape QQQ", "of another symbol", stamps[99], stamps[100])
        await writer.durable(("UPDATE runs SET started_ns = ?", [(stamps[49],)]))

    def walk_back() -> list[Print]:
        found: list[Print] = []
        key, end = (2**62, 0), False
        while not end:
            page = tape_queries.older(directory, 7, "SPY", key, 90)
            found, end, key = [*page.prints, *found], page.end, (page.prints[0].ts_ns, page.prints[0].seq)
        return found

    walked = await asyncio.to_thread(walk_back)
    assert [each.ts_ns for each in walked] == stamps
    assert walked[1] == Print(7, stamps[1], 1, stamps[1] // NS * NS, 10.0, 5.0, "N", "I", -1, 2, -1, 2, None)
    forth = tape_queries.newer(directory, 7, "SPY", (stamps[120], 120), PRINTS)
    assert ([each.seq for each in forth.prints], forth.end, forth.marks) == (list(range(121, PRINTS)), True, [])
    at = tape_queries.last_at(directory, 7, stamps[0], stamps[60])
    assert at == (stamps[60], 60)
    around = tape_queries.around(directory, 7, "SPY", at, 100)
    assert [each.seq for each in around.prints] == list(range(11, 111))
    assert around.marks == [NewRun(stamps[49]), Missing(stamps[99], stamps[100], 0, "asked for again")]
    assert tape_queries.last_at(directory, 7, 0, stamps[0] - 2 * NS) is None
    since = stamps[150] // NS * NS
    assert tape_queries.profile(directory, 7, since, (stamps[250], 250)) == {10.0: 100 * 5.0}
    assert tape_queries.profile(directory, 9, since, (stamps[250], 250)) == {}


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=12))
def test_a_window_holds_a_bounded_stretch_without_a_hole(pages: list[tuple[bool, int]]) -> None:
    def stretch(start: int, end: int) -> list[Print]:
        return [Print(1, at, at, None, 1.0, 1.0, "", "", None) for at in range(start, end)]

    window = TapeWindow(stretch(0, 30), held=100)
    for older, count in pages:
        assert window.oldest is not None
        assert window.newest is not None
        first, last = window.oldest[0], window.newest[0]
        if older:
            window.add_older(Page(stretch(first - count, first), [], False))
        else:
            window.add_newer(stretch(last + 1, last + 1 + count))
        assert len(window) <= 100
        rows = [each for each in window.entries(Sieve(join=False)) if isinstance(each, TapeRow)]
        assert [row.first.ts_ns for row in rows] == list(range(window.newest[0], window.oldest[0] - 1, -1))


def test_marks_stand_between_what_came_before_and_after() -> None:
    prints = [Print(1, at, at, None, float(at), 1.0, "", "", None) for at in (10, 20, 30)]
    window = TapeWindow([])
    window.add_newer(prints, [Missing(12, 18, 4, "why"), NewRun(25), Missing(1, 2, 1, "older than all that is held")])
    names = [each.first.ts_ns if isinstance(each, TapeRow) else type(each).__name__ for each in window.entries(Sieve())]
    assert names == [30, "NewRun", 20, "Missing", 10]


NEW_YORK = ZoneInfo("America/New_York")
NOW_NS = int(datetime(2026, 11, 20, 15, 0, tzinfo=UTC).timestamp()) * NS


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("9:31", "2026-11-20 14:31:00"),
        ("09:31:05", "2026-11-20 14:31:05"),
        ("2026-10-30 15:59", "2026-10-30 19:59:00"),
    ],
)
def test_a_time_is_of_the_market_s_day_and_zone(text: str, utc: str) -> None:
    begin_ns, at_ns = instant(text, NEW_YORK, NOW_NS)
    assert f"{datetime.fromtimestamp(at_ns // NS, UTC):%Y-%m-%d %H:%M:%S}" == utc
    assert datetime.fromtimestamp(begin_ns // NS, NEW_YORK).hour == 0


@pytest.mark.parametrize("text", ["", "10", "25:00", "10:31", "x y 9:00", "2026-11-20", "2026-13-01 9:00", "9:00Z"])
def test_what_is_no_time_or_has_not_come_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        instant(text, NEW_YORK, NOW_NS)
