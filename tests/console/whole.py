"""A whole console without screens, in the test's own process, so that its parts can be used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from ibtui.clock import system_clock
from ibtui.config import Settings
from ibtui.console import Console
from ibtui.services.log_buffer import LogBuffer
from ibtui.storage.files import open_directory


@asynccontextmanager
async def console_on(
    directory: Path,
    host: str,
    port: int,
    *,
    watch: bool = False,
    client_id: int = 10,
    settings: Settings | None = None,
) -> AsyncIterator[Console]:
    """Started and connected; ends as the program ends it."""
    settings = settings or Settings()
    settings = replace(settings, gateway=replace(settings.gateway, host=host, port=port, client_id=client_id))
    with open_directory(directory) as held:
        console = Console(settings, held, system_clock(), LogBuffer())
        await console.start(watch=watch)
        try:
            async with asyncio.timeout(30):
                await console.connected(patient=True)
            yield console
        finally:
            await console.stop()
