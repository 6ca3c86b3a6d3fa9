"""What ``ibtui record`` does, in jobs of a console: one that runs already, or one of the command's own."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ibtui.services import tables

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


def record_flow(
    symbols: Sequence[str], seconds: float | None, say: Callable[[str], None], *, as_json: bool
) -> Callable[[Ask], Awaitable[int]]:
    """Records for so long, or until interrupted, and prints what came; either way what came is in the files."""

    async def flow(ask: Ask) -> int:
        started = await ask({"do": "record", "symbols": list(symbols)})
        if started["notice"]:
            say(started["notice"])
        try:
            await asyncio.sleep(seconds) if seconds is not None else await asyncio.Event().wait()
        finally:
            recorded = (await ask({"do": "recorded", "recording": started["recording"]}))["symbols"]
            if as_json:
                tables.say(json.dumps(recorded, indent=2))
            else:
                tables.show(tables.RECORDED, recorded, "Nothing was recorded.")
        return 0

    return flow
