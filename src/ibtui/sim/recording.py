"""A recorded data directory as a market: what happened in each contract, at its market time.

Reads are short visits to local files, a minute of one contract at a time; only the gateway that replays makes them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.market.bars import Bar
from ibtui.market.instruments import Instrument
from ibtui.market.kinds import KINDS
from ibtui.storage import queries, recorded_queries
from ibtui.storage.files import open_directory

BID_SIZE, BID, ASK, ASK_SIZE, LAST, LAST_SIZE, CLOSE = 0, 1, 2, 3, 4, 5, 9
ALL_LAST = 2
"""IB's tick-by-tick type that has every print of ``Last`` and more."""


class Tick(NamedTuple):
    """One level-1 value; ``kind`` is the live one of IB's tick types, whether live or delayed data was recorded."""

    time_ns: int
    seq: int
    kind: int
    price: float | None
    size: float | None


class Print(NamedTuple):
    """One trade; ``side`` 1 a buyer's, -1 a seller's, 0 between, None not classified."""

    time_ns: int
    seq: int
    price: float
    size: float
    side: int | None
    venue: str = ""
    conditions: str = ""


class BookRow(NamedTuple):
    """One operation on the book, as :class:`ibtui.market.book.DepthBook` takes it."""

    time_ns: int
    seq: int
    row: Any


Recorded = Tick | Print | BookRow


class Stretch(NamedTuple):
    """A time of receipt, end excluded, over which market time ran evenly from ``market_ns`` on."""

    start_ns: int
    end_ns: int
    market_ns: int
    speed: float

    def market_at(self, ts_ns: int) -> int:
        """Market time at an instant of receipt."""
        return self.market_ns + round((ts_ns - self.start_ns) * self.speed)

    @property
    def market_end_ns(self) -> int:
        """Market time at its end."""
        return self.market_at(self.end_ns)

    def received(self, from_ns: int, to_ns: int) -> tuple[int, int]:
        """The time of receipt of what happened in a range of market time; empty where that is elsewhere."""
        if not self.speed:
            inside = from_ns <= self.market_ns < to_ns
            return (self.start_ns, self.end_ns) if inside else (self.start_ns, self.start_ns)
        start, end = (self.start_ns + round((each - self.market_ns) / self.speed) for each in (from_ns, to_ns))
        return max(start, self.start_ns), min(end, self.end_ns)


class Recording:
    """What one data directory holds.

    Attributes:
        instruments: The contracts of which anything was recorded, by symbol.

    Raises:
        UsageError: Nothing was recorded there.
    """

    def __init__(self, path: Path) -> None:
        self._directory = open_directory(path, read_only=True)
        ends = recorded_queries.recorded(self._directory)
        known = queries.contracts(self._directory)
        self.instruments: list[Instrument] = [each for each in known if each.con_id in ends]
        if not self.instruments:
            raise UsageError(f"{path} holds no recorded market data to replay; `ibtui record` makes some")
        last_ns = max(last for _, last in ends.values()) + 1
        first_ns = min(first for first, _ in ends.values())
        clocks = recorded_queries.clocks(self._directory) or [(first_ns, first_ns, 1.0)]
        self._stretches = _stretches(clocks, last_ns)
        self.start_ns = min(stretch.market_ns for stretch in self._stretches)
        self.end_ns = max(stretch.market_end_ns for stretch in self._stretches)

    def happened(self, con_id: int, from_ns: int, to_ns: int) -> list[Recorded]:
        """All of one contract in a range of market time, in order; a tape's prints, or else the trades among ticks."""
        found: list[Recorded] = []
        for stretch, start, end in self._parts(from_ns, to_ns):
            found += self._ticks(stretch, recorded_queries.ticks(self._directory, con_id, start, end))
            found += self._book_rows(stretch, recorded_queries.depth(self._directory, con_id, start, end))
        trades = self.trades(con_id, from_ns, to_ns)
        return sorted([*found, *trades], key=lambda each: each[:2])

    def before(self, con_id: int, at_ns: int) -> list[Recorded]:
        """What makes quote and book of a contract as they were at a market time: its last ticks and the book's rows."""
        for stretch in reversed(self._stretches):
            if stretch.market_ns < at_ns:
                ts_ns = max(stretch.start_ns, stretch.received(at_ns - 1, at_ns)[1])
                return [
                    *self._ticks(stretch, recorded_queries.last_ticks(self._directory, con_id, ts_ns)),
                    *self._book_rows(stretch, recorded_queries.book_rows(self._directory, con_id, ts_ns)),
                ]
        return []

    def trades(self, con_id: int, from_ns: int, to_ns: int) -> list[Print]:
        """The trades of a contract in a range of market time."""
        found: list[Print] = []
        for stretch, start, end in self._parts(from_ns, to_ns):
            rows = recorded_queries.prints(self._directory, con_id, start, end)
            every = [row for row in rows if row[-1] == ALL_LAST] or rows
            if every:
                found += [Print(stretch.market_at(ts_ns), seq, *rest) for ts_ns, seq, *rest, _ in every]
            else:
                ticks = self._ticks(stretch, recorded_queries.ticks(self._directory, con_id, start, end))
                found += [
                    Print(each.time_ns, each.seq, each.price, each.size, None)
                    for each in ticks
                    if each.kind == LAST and each.price is not None and each.size
                ]
        return found

    def minute_bars(self, con_id: int, from_ns: int, to_ns: int) -> list[Bar]:
        """Stored bars of a minute, of trades in all hours, or else in regular ones."""
        for use_rth in (False, True):
            found = queries.bars(self._directory, con_id, "1 min", "TRADES", use_rth, from_ns // NS, to_ns // NS)
            if found:
                return found
        return []

    def first_bar(self, con_id: int) -> int | None:
        """Start of the first stored bar of a minute, UTC seconds."""
        rows = queries.bar_counts(self._directory, con_id)
        return min((row["first"] for row in rows if (row["bar"], row["what"]) == ("1 min", "TRADES")), default=None)

    def close_before(self, con_id: int, at_ns: int) -> float | None:
        """The previous close as the last tick of it before a market time, or after it, said."""
        for at in (at_ns, self.end_ns):
            for each in self.before(con_id, at):
                if isinstance(each, Tick) and each.kind == CLOSE and each.price:
                    return each.price
        return None

    def covers(self, at_ns: int) -> bool:
        """Whether anything was recorded at that market time."""
        return any(each.market_ns <= at_ns <= each.market_end_ns for each in self._stretches)

    def _parts(self, from_ns: int, to_ns: int) -> Iterator[tuple[Stretch, int, int]]:
        for stretch in self._stretches:
            start, end = stretch.received(from_ns, to_ns)
            if start < end:
                yield stretch, start, end

    def _ticks(self, stretch: Stretch, rows: list[tuple[Any, ...]]) -> list[Tick]:
        return [
            Tick(stretch.market_at(ts_ns), seq, KINDS[kind].live_number, price, size)
            for ts_ns, seq, kind, price, size in rows
            if kind in KINDS
        ]

    def _book_rows(self, stretch: Stretch, rows: list[tuple[Any, ...]]) -> list[BookRow]:
        return [BookRow(stretch.market_at(row[1]), row[2], row) for row in rows]


def _stretches(clocks: list[tuple[int, int, float]], last_ns: int) -> list[Stretch]:
    """Stretches in the order of receipt; where two go through the same market time, the later one holds."""
    found: list[Stretch] = []
    for (ts_ns, market_ns, speed), end_ns in zip(clocks, [*(each[0] for each in clocks[1:]), last_ns], strict=True):
        found = [kept for each in found if (kept := _until(each, market_ns)) is not None]
        if ts_ns < end_ns:
            found.append(Stretch(ts_ns, end_ns, market_ns, speed))
    return found


def _until(stretch: Stretch, market_ns: int) -> Stretch | None:
    """The part of a stretch up to a market time."""
    if stretch.market_ns > market_ns or (stretch.speed and stretch.market_ns == market_ns):
        return None
    if not stretch.speed:
        return stretch
    return stretch._replace(end_ns=stretch.received(stretch.market_ns, market_ns)[1])
