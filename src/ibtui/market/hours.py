"""When a contract trades: IB's strings of sessions, read and written, and the questions asked of them.

IB writes sessions in several shapes, all met in the field::

    20251215:0400-20251215:2000;20251216:0400-20251216:2000     today's shape, one session between semicolons
    20251213:CLOSED;20251214:CLOSED                              days without a session
    ;20251214:1715-20251215:1700                                 forex, with an empty first part
    20151214:1700-1515,1530-1615                                 old servers: times of the date, or from the day before
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ibtui.clock import NS

ALIASES = {
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "HKT": "Asia/Hong_Kong",
    "SGT": "Asia/Singapore",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MST": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "BST": "Europe/London",
    "CEST": "Europe/Paris",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
    "IST": "Asia/Kolkata",
}
"""Zone ids that IB sends and the time zone database lacks, or knows as a fixed offset where an exchange is meant."""


class Session(NamedTuple):
    """One stretch of trading, from ``open_ns`` up to but not including ``close_ns``, UTC nanoseconds."""

    open_ns: int
    close_ns: int


class Hours(NamedTuple):
    """Sessions and the stretch of time that they speak for: outside it nothing is known.

    Attributes:
        sessions: In order, not overlapping.
        from_ns: Local midnight that begins the first day named, UTC nanoseconds.
        until_ns: End of what is spoken for: local midnight after the last day named, or a later close.
    """

    sessions: tuple[Session, ...]
    from_ns: int
    until_ns: int


UNKNOWN = Hours((), 0, 0)
"""Nothing is known: no string, no zone, or not understood."""

_POINT = r"(?:(\d{8}):)?(\d{2})(\d{2})"
_RANGE = re.compile(rf"{_POINT}-{_POINT}")


def find_zone(name: str) -> ZoneInfo | None:
    """The time zone that IB means, or None where the name is empty or unknown.

    Words in brackets, as in ``EST (Eastern Standard Time)``, are left out.
    """
    name = name.partition("(")[0].strip()
    if not name:
        return None
    try:
        return ZoneInfo(ALIASES.get(name, name))
    except (KeyError, ValueError, OSError):
        return None


def read_hours(text: str, zone: str) -> Hours:
    """Reads one of IB's strings; :data:`UNKNOWN` where a part of it, or the zone, isn't understood.

    A day left out for not being understood would look closed, so the string is taken whole or not at all.
    """
    info = find_zone(zone)
    if info is None:
        return UNKNOWN
    try:
        return _read(text, info)
    except (ValueError, OverflowError):
        return UNKNOWN


def parse_hours(text: str, zone: str) -> tuple[Session, ...]:
    """The sessions of one of IB's strings; none where it isn't understood. See :func:`read_hours`."""
    return read_hours(text, zone).sessions


def is_open(sessions: Sequence[Session], at_ns: int) -> bool:
    """Whether one of the sessions (in order, not overlapping) is on at ``at_ns``."""
    index = bisect_right(sessions, at_ns, key=_opens) - 1
    return index >= 0 and at_ns < sessions[index].close_ns


def next_open(sessions: Sequence[Session], at_ns: int) -> int | None:
    """When the next session after ``at_ns`` opens, or None where none is known."""
    index = bisect_right(sessions, at_ns, key=_opens)
    return sessions[index].open_ns if index < len(sessions) else None


def open_now(hours: Hours, at_ns: int) -> bool | None:
    """Whether trading is on at ``at_ns``, or None where the hours don't speak for that time."""
    return is_open(hours.sessions, at_ns) if hours.from_ns <= at_ns < hours.until_ns else None


def ib_hours(sessions_by_date: Mapping[date, Iterable[Session]], zone: str) -> str:
    """Writes sessions as IB does, day by day, days without one as ``CLOSED``.

    Args:
        sessions_by_date: Date of the exchange to its sessions.
        zone: An IB zone id.

    Raises:
        ValueError: The zone is unknown.
    """
    info = find_zone(zone)
    if info is None:
        raise ValueError(f"unknown time zone {zone!r}")
    parts: list[str] = []
    for day, sessions in sorted(sessions_by_date.items()):
        written = [f"{_local(each.open_ns, info)}-{_local(each.close_ns, info)}" for each in sessions]
        parts.extend(written or [f"{day:%Y%m%d}:CLOSED"])
    return ";".join(parts)


def _read(text: str, zone: ZoneInfo) -> Hours:
    days: list[date] = []
    sessions: list[Session] = []
    for part in filter(None, (each.strip() for each in text.split(";"))):
        day_text, _, rest = part.partition(":")
        day = _date(day_text)
        days.append(day)
        if rest.strip().upper() != "CLOSED":
            sessions.extend(_sessions(part, day, zone))
    if not days:
        return UNKNOWN
    merged = _merged(sessions)
    starts = [_instant(min(days), 0, 0, zone), *(each.open_ns for each in merged[:1])]
    ends = [_instant(max(days) + timedelta(days=1), 0, 0, zone), *(each.close_ns for each in merged[-1:])]
    return Hours(merged, min(starts), max(ends))


def _opens(session: Session) -> int:
    return session.open_ns


def _date(text: str) -> date:
    if len(text) != 8 or not text.isdigit():
        raise ValueError(text)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _sessions(part: str, day: date, zone: ZoneInfo) -> Iterable[Session]:
    for text in part.split(","):
        match = _RANGE.fullmatch(text.strip())
        if match is None:
            raise ValueError(text)
        open_day, open_hour, open_minute, close_day, close_hour, close_minute = match.groups()
        starts = (int(open_hour), int(open_minute))
        ends = (int(close_hour), int(close_minute))
        first = _date(open_day) if open_day else day
        last = _date(close_day) if close_day else day
        if not close_day and ends <= starts:
            first -= timedelta(days=1)
        opens, closes = _instant(first, *starts, zone), _instant(last, *ends, zone)
        if closes < opens:
            raise ValueError(text)
        if closes > opens:
            yield Session(opens, closes)


def _instant(day: date, hour: int, minute: int, zone: ZoneInfo) -> int:
    if hour == 24 and minute == 0:
        day, hour = day + timedelta(days=1), 0
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).timestamp()) * NS


def _local(at_ns: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at_ns // NS, zone):%Y%m%d:%H%M}"


def _merged(sessions: Iterable[Session]) -> tuple[Session, ...]:
    merged: list[Session] = []
    for session in sorted(sessions):
        if merged and session.open_ns < merged[-1].close_ns:
            merged[-1] = Session(merged[-1].open_ns, max(merged[-1].close_ns, session.close_ns))
        else:
            merged.append(session)
    return tuple(merged)
