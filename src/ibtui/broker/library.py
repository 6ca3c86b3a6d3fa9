"""Imports ib_insync without holding up the screen: it takes a quarter of a second, numpy included."""

import asyncio
import sys


async def load_library() -> None:
    """Imports ib_insync in a thread; returns at once when that was done before."""
    if "ib_insync" not in sys.modules:
        await asyncio.to_thread(_import_library)


def _import_library() -> None:
    # eventkit 1.0.3 asks for this thread's event loop while it is imported, and keeps it for `emit_threadsafe` only,
    # which nothing here uses.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        import ib_insync  # noqa: F401
    finally:
        asyncio.set_event_loop(None)
        loop.close()
