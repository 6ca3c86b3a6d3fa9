"""What ``ibtui backfill`` does, in jobs of a console: one that runs already, or one of the command's own."""

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from ibtui.backfill.progress import follow, succeeded
from ibtui.errors import UsageError

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


def backfill_flow(
    symbols: Sequence[str], bar: str, *, mode: str, what: str, start: str | None, end: str | None, as_json: bool
) -> Callable[[Ask], Awaitable[int]]:
    """Starts a job a symbol, shows how they go, and returns 1 when one of them did not get all it asked for.

    Raises:
        UsageError: The bar size or a time is none that is known.
    """
    from ibtui.market.bars import bar_size

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
