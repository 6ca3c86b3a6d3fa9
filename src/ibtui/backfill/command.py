"""Backfill as a command: what ``ibtui backfill`` asks of a console, and what the console then does.

The command is a client of a console's jobs: of one that runs already, or of one of its own.
"""

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ibtui.backfill.progress import follow, job_document, succeeded
from ibtui.errors import UsageError
from ibtui.market.bars import bar_size
from ibtui.market.symbols import parse_symbol

if TYPE_CHECKING:
    from ibtui.backfill.runner import BackfillRunner
    from ibtui.broker.contracts import Contracts

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Has a job of a console done and returns its answer."""


class BackfillJobs:
    """The console's side: starts jobs and tells how they go."""

    def __init__(self, runner: "BackfillRunner", contracts: "Contracts") -> None:
        self._runner = runner
        self._contracts = contracts

    async def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """Starts a job for each of ``symbols`` with ``bar``, ``mode``, ``what``, ``start``, ``end``; answers ``jobs``.

        Raises:
            IbtuiError: A symbol can't be resolved, or the rest is not allowed.
        """
        bar = bar_size(request["bar"])
        options = {key: request[key] for key in ("mode", "what", "start", "end")}
        instruments = [await self._contracts.resolve(symbol) for symbol in request["symbols"]]
        return {"jobs": [job_document(self._runner.start(each, bar, **options)) for each in instruments]}

    async def look(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answers the ``jobs`` with the given ``ids``."""
        return {"jobs": [job_document(job) for job in self._runner.jobs if job.id in request["ids"]]}


def backfill_flow(
    symbols: Sequence[str], bar: str, *, mode: str, what: str, start: str | None, end: str | None, as_json: bool
) -> Callable[[Ask], Awaitable[int]]:
    """The command's side: a job a symbol, with its progress; returns 1 when one did not get all it asked for.

    Raises:
        UsageError: A symbol, the bar size or a time is none that is known.
    """
    for symbol in symbols:
        parse_symbol(symbol)
    wanted = {
        "do": "backfill",
        "symbols": list(symbols),
        "bar": bar_size(bar).text,
        "mode": mode,
        "what": what.upper(),
        "start": utc_seconds(start),
        "end": utc_seconds(end),
    }

    async def flow(ask: Ask) -> int:
        started = (await ask(wanted))["jobs"]
        ids = [job["id"] for job in started]

        async def look() -> Sequence[dict[str, Any]]:
            jobs: Sequence[dict[str, Any]] = (await ask({"do": "jobs", "ids": ids}))["jobs"]
            return jobs

        ended = await follow(look)
        if as_json:
            sys.stdout.write(json.dumps(list(ended), indent=2) + "\n")
        return int(not all(succeeded(job) for job in ended))

    return flow


def utc_seconds(text: str | None) -> int | None:
    """Seconds since 1970 of a UTC date or time as people type it.

    Raises:
        UsageError: It is none; says what is allowed.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"'{text}' is no time; 2026-11-02 and 2026-11-02T14:30 are (UTC).") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
