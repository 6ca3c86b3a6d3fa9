"""``ibtui gaps``: what is stored of a history, what was asked for and how that ended, and what is missing."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ibtui.backfill import calendar
from ibtui.backfill.ledger import Coverage, Range, merged, settled, within, without
from ibtui.backfill.planner import ended
from ibtui.clock import NS, MarketClock
from ibtui.errors import LinkDownError, RequestRefusedError, RequestTimeoutError
from ibtui.market.bars import BarSize, bar_size
from ibtui.market.instruments import Instrument
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory

if TYPE_CHECKING:
    from ibtui.broker.contracts import Contracts
    from ibtui.broker.history import History

_USUAL = ("TRADES", True)
"""Kind of data and hours whose beginning is asked for where nothing is stored."""

_WHY = (("refused", "error"), ("no answer", "missing"), ("never asked", None))


class GapLedger:
    """The console's side: it can also ask where the history begins, and knows what time it is in the market."""

    def __init__(
        self, history: "History", contracts: "Contracts", directory: DataDirectory, market_clock: MarketClock
    ) -> None:
        self._history = history
        self._contracts = contracts
        self._directory = directory
        self._market_clock = market_clock

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answers the ``gaps`` of a ``symbol``, of one ``bar`` size or of all.

        Raises:
            IbtuiError: The symbol can't be resolved, or the files can't be read.
        """
        instrument = await self._contracts.resolve(request["symbol"])
        now_ns = self._market_clock.now_ns()
        now = None if now_ns is None else now_ns // NS
        series = await asyncio.to_thread(series_gaps, self._directory, instrument, request["bar"], now)
        what, use_rth = (series[0]["what"], series[0]["use_rth"]) if series else _USUAL
        head, reason = None, ""
        try:
            head = await self._history.head_timestamp(instrument, what, use_rth)
        except (LinkDownError, RequestRefusedError, RequestTimeoutError) as error:
            reason = str(error)
        return {"gaps": _document(instrument, series, head, reason)}


def stored_gaps(directory: DataDirectory, text: str, bar: str | None) -> dict[str, Any]:
    """The same from the files alone, up to what was asked for; where the history begins is not known. Blocking.

    Raises:
        UnknownSymbolError: The symbol was never looked up here, or the text means nothing.
        StorageError: The files can't be read.
    """
    found = queries.contract_of_symbol(directory, text)
    return _document(found, series_gaps(directory, found, bar, None), None, "no console is running")


def series_gaps(
    directory: DataDirectory, instrument: Instrument, bar: str | None, now: int | None
) -> list[dict[str, Any]]:
    """A document for each series of bars that was ever asked for. Blocking.

    Args:
        directory: Where it is stored.
        instrument: Whose bars.
        bar: Only bars of this size, as IB writes it.
        now: Market time in UTC seconds; None counts as the end of what was asked for.

    Returns:
        ``bar``, ``what``, ``use_rth``; ``bars`` stored and the ``first`` and ``last`` start; the ``ledger``, a stretch
        and its outcome each; the ``gaps``, each with the ``bars`` there is room for and ``why``; ``missing``, the sum
        of those bars. All times are UTC seconds.

    Raises:
        StorageError: The files can't be read.
    """
    counts = {
        (row["bar"], row["what"], bool(row["use_rth"])): row for row in queries.bar_counts(directory, instrument.con_id)
    }
    keys = counts.keys() | {
        (row["bar"], row["what"], bool(row["use_rth"])) for row in queries.covered(directory, instrument.con_id)
    }
    sized = [(bar_size(text), what, use_rth) for text, what, use_rth in keys if bar in (None, text)]
    found = []
    for size, what, use_rth in sorted(sized, key=lambda each: (each[0].seconds, each[1], each[2])):
        rows = queries.coverage(directory, instrument.con_id, size.text, what, use_rth, 0, 2**62)
        coverage = [Coverage(row["start"], row["end"], row["outcome"]) for row in rows]
        count = counts.get((size.text, what, use_rth))
        missing = _gaps(instrument, size, use_rth, coverage, now)
        found.append(
            {
                "bar": size.text,
                "what": what,
                "use_rth": use_rth,
                "bars": count["bars"] if count else 0,
                "first": count["first"] if count else None,
                "last": count["last"] if count else None,
                "ledger": _ledger(coverage),
                "gaps": missing,
                "missing": sum(each["bars"] for each in missing),
            }
        )
    return found


def _ledger(coverage: Sequence[Coverage]) -> list[dict[str, Any]]:
    """Disjoint stretches by time; an answer stands before a refusal, bars before none."""
    taken: list[Range] = []
    rows = []
    for outcome in ("data", "empty", "error", "missing"):
        own = without((Range(each.start, each.end) for each in coverage if each.outcome == outcome), taken)
        taken.extend(own)
        rows += [{"start": each.start, "end": each.end, "outcome": outcome} for each in own]
    return sorted(rows, key=lambda row: row["start"])


def _gaps(
    instrument: Instrument, size: BarSize, use_rth: bool, coverage: Sequence[Coverage], now: int | None
) -> list[dict[str, Any]]:
    asked = merged(Range(each.start, each.end) for each in coverage)
    if not asked:
        return []
    bounds = Range(asked[0].start, max(asked[-1].end, 0 if now is None else ended(size, now)))
    hours = calendar.trading(instrument, size, use_rth, bounds)
    lacking = without([bounds] if hours is None else within(hours, bounds), settled(coverage))
    found: list[dict[str, Any]] = []
    for why, outcome in _WHY:
        tried = (
            lacking
            if outcome is None
            else [Range(each.start, each.end) for each in coverage if each.outcome == outcome]
        )
        rest = without(lacking, tried)
        for gap in without(lacking, rest):
            bars = max(1, gap.seconds // size.seconds)
            found.append({"start": gap.start, "end": gap.end, "bars": bars, "why": why})
        lacking = rest
    return sorted(found, key=lambda gap: gap["start"])


def _document(instrument: Instrument, series: list[dict[str, Any]], head: int | None, reason: str) -> dict[str, Any]:
    return {
        "symbol": instrument.symbol,
        "con_id": instrument.con_id,
        "head": head,
        "head_reason": reason,
        "series": series,
    }
