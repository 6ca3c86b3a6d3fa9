"""The optional HTTP endpoint: ``/health`` for whoever restarts or pages, ``/metrics`` for Prometheus.

Imported only where ``[health] listen`` is set: its libraries take longer than the rest of a start.
"""

import errno
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from ibtui.errors import EnvironmentUnfitError, IbtuiError
from ibtui.services.health import HEALTH
from ibtui.services.metrics import CONTENT_TYPE, metrics_text

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 0.5
"""How long an answer that is under way may hold up the end."""


class HealthServer:
    """Serves one console's status document.

    Args:
        host: Address to listen on.
        port: 0 for any free one.
        document: Gathers the document as of now.
    """

    def __init__(self, host: str, port: int, document: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        self._host = host
        self._port = port
        self._document = document
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN_SECONDS)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._runner.addresses[0][1])

    async def start(self) -> None:
        """Listens.

        Raises:
            EnvironmentUnfitError: The address can't be listened on; the console does without.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            # asyncio puts words of its own in front of the system's.
            why = "in use" if error.errno == errno.EADDRINUSE else os.strerror(error.errno or 0).lower()
            where = f"[health] listen = {self._host}:{self._port}"
            raise EnvironmentUnfitError(f"{where}: that address is {why}; there is no health endpoint.") from None
        log.info("Health at http://%s:%s/health", self._host, self.port)

    async def stop(self) -> None:
        """Closes the port and every connection; harmless where :meth:`start` failed."""
        await self._runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        try:
            document = await self._document()
        except IbtuiError as error:
            return web.json_response({"status": "degraded", "problems": [str(error)]}, status=503)
        body = {key: document[key] for key in HEALTH}
        return web.json_response(body, status=200 if document["healthy"] else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        try:
            text = metrics_text(await self._document())
        except IbtuiError as error:
            return web.Response(text=f"{error}\n", status=503)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})
