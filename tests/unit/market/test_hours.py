from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.market.hours import (
    ALIASES,
    UNKNOWN,
    Session,
    find_zone,
    ib_hours,
    is_open,
    next_open,
    open_now,
    parse_hours,
    read_hours,
)


def at(text, zone="America/New_York"):
    return int(datetime.strptime(text, "%Y%m%d:%H%M").replace(tzinfo=ZoneInfo(zone)).timestamp()) * NS


def session(text, zone="America/New_York"):
    opens, closes = text.split("-")
    return Session(at(opens, zone), at(closes, zone))


def test_todays_shape_gives_one_session_a_day():
    text = "20251215:0400-20251215:2000;20251216:0400-20251216:2000"
    assert parse_hours(text, "US/Eastern") == (
        session("20251215:0400-20251215:2000"),
        session("20251216:0400-20251216:2000"),
    )


def test_closed_days_give_none_but_are_spoken_for():
    hours = read_hours("20251213:CLOSED;20251214:CLOSED;20251215:0930-20251215:1600", "US/Eastern")
    assert hours.sessions == (session("20251215:0930-20251215:1600"),)
    assert open_now(hours, at("20251213:1200")) is False
    assert open_now(hours, at("20251212:2359")) is None
    assert open_now(hours, at("20251215:1200")) is True
    assert open_now(hours, at("20251215:2359")) is False
    assert open_now(hours, at("20251216:0000")) is None


def test_forex_with_its_empty_first_part_spans_midnight():
    hours = read_hours(";20251214:1715-20251215:1700;20251215:1715-20251216:1700", "US/Eastern")
    assert hours.sessions == (
        session("20251214:1715-20251215:1700"),
        session("20251215:1715-20251216:1700"),
    )
    assert open_now(hours, at("20251216:1630")) is True
    assert open_now(hours, at("20251215:1705")) is False
    assert hours.until_ns == at("20251216:1700")


def test_old_ranges_of_one_date_begin_the_day_before_when_they_would_run_backwards():
    assert parse_hours("20151214:1700-1515,1530-1615", "US/Central") == (
        session("20151213:1700-20151214:1515", "US/Central"),
        session("20151214:1530-20151214:1615", "US/Central"),
    )
    assert parse_hours("20151214:1700-1700", "US/Central") == (session("20151213:1700-20151214:1700", "US/Central"),)
    hours = read_hours("20151214:1700-1515", "US/Central")
    assert open_now(hours, at("20151213:1800", "US/Central")) is True


def test_ranges_after_a_comma_may_name_their_dates():
    text = "20251215:0930-20251215:1130,20251215:1300-20251215:1600"
    assert len(parse_hours(text, "Asia/Hong_Kong")) == 2


def test_the_whole_day_ends_at_the_next_midnight():
    assert parse_hours("20251215:0000-2400", "Asia/Tokyo") == (session("20251215:0000-20251216:0000", "Asia/Tokyo"),)
    assert parse_hours("20251215:0000-20251215:2400", "JST") == (session("20251215:0000-20251216:0000", "Asia/Tokyo"),)


def test_sessions_are_sorted_and_overlaps_joined_but_neighbours_kept_apart():
    text = "20251216:0900-20251216:1000;20251215:0900-20251215:1200;20251215:1100-20251215:1300;20251215:1300-1500"
    assert parse_hours(text, "UTC") == (
        session("20251215:0900-20251215:1300", "UTC"),
        session("20251215:1300-20251215:1500", "UTC"),
        session("20251216:0900-20251216:1000", "UTC"),
    )


def test_a_session_of_no_length_is_none():
    assert parse_hours("20251215:0900-20251215:0900", "UTC") == ()


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("20251215:0400-20251215:2000", ""),
        ("20251215:0400-20251215:2000", "Mars/Olympus"),
        ("20251215:0400-20251215:2000", "../../etc/passwd"),
        ("20251215:0400-20251215:2000", "\x00"),
        ("", "UTC"),
        (";;", "UTC"),
        ("nonsense", "UTC"),
        ("20251315:0400-20251315:2000", "UTC"),
        ("20251215:0400-20251215:2000;20251216:", "UTC"),
        ("20251215:0400-20251215:2000;20251216:9999-9998", "UTC"),
        ("20251215:0400-20251214:2000", "UTC"),
        ("20251215:0400", "UTC"),
        ("00000101:0400-0500", "UTC"),
        ("00010101:2300-0100", "UTC"),
        ("99991231:0100-2300", "UTC"),
    ],
)
def test_what_is_not_understood_is_unknown_never_closed(text, zone):
    hours = read_hours(text, zone)
    assert hours == UNKNOWN
    assert open_now(hours, at("20251215:1200")) is None


@given(st.text(alphabet="0123456789:-,;CLOSED ", max_size=60))
def test_no_string_raises(text):
    parse_hours(text, "US/Eastern")


@pytest.mark.parametrize("alias", [*ALIASES, "EST (Eastern Standard Time)", "US/Eastern", "MET", "GB-Eire", "Japan"])
def test_every_zone_that_ib_names_is_found(alias):
    assert find_zone(alias) is not None


def test_est_means_new_york_with_its_summer_time():
    july = datetime(2025, 7, 1, 12, tzinfo=find_zone("EST"))
    assert july.utcoffset() == timedelta(hours=-4)


def test_daylight_saving_moves_the_open_by_an_hour_of_utc():
    march = parse_hours("20260306:0930-20260306:1600;20260309:0930-20260309:1600", "US/Eastern")
    assert march[1].open_ns - march[0].open_ns == (3 * 24 - 1) * 3600 * NS


day_sessions = st.lists(st.integers(0, 24 * 60), min_size=0, max_size=4, unique=True).map(sorted)


@given(
    st.dictionaries(st.dates(date(2006, 1, 1), date(2027, 12, 31)), day_sessions, min_size=1, max_size=5),
    st.sampled_from(["US/Eastern", "Asia/Tokyo", "UTC"]),
)
def test_what_is_written_reads_back(minutes_by_date, zone):
    info = ZoneInfo(zone)
    by_date = {}
    for day, minutes in minutes_by_date.items():
        midnight = datetime(day.year, day.month, day.day, tzinfo=info).astimezone(UTC)
        stamps = [midnight + timedelta(minutes=minute) for minute in minutes]
        ambiguous = any(stamp.astimezone(info).replace(fold=0).astimezone(UTC) != stamp for stamp in stamps)
        pairs = [] if ambiguous else list(zip(stamps[::2], stamps[1::2], strict=False))
        by_date[day] = [Session(int(a.timestamp()) * NS, int(b.timestamp()) * NS) for a, b in pairs]
    read = parse_hours(ib_hours(by_date, zone), zone)
    assert read == tuple(sorted(each for sessions in by_date.values() for each in sessions))


def test_writing_needs_a_known_zone():
    with pytest.raises(ValueError, match="unknown time zone"):
        ib_hours({date(2025, 12, 15): []}, "Mars/Olympus")


def test_a_day_without_a_session_is_written_closed():
    assert ib_hours({date(2025, 12, 14): [], date(2025, 12, 13): []}, "UTC") == "20251213:CLOSED;20251214:CLOSED"


@given(st.lists(st.integers(0, 100), unique=True, max_size=10).map(sorted), st.integers(-1, 101))
def test_open_and_next_open_are_what_a_scan_would_say(edges, now):
    sessions = [Session(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    assert is_open(sessions, now) == any(each.open_ns <= now < each.close_ns for each in sessions)
    assert next_open(sessions, now) == min((each.open_ns for each in sessions if each.open_ns > now), default=None)
