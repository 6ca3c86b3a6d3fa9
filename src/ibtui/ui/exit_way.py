"""The way out: asks while orders may be working, cancels and waits where that was chosen, stops everything, goes."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from ibtui.errors import IbtuiError
from ibtui.trading.orders import Order
from ibtui.ui.pacer import LAST_ANSWER, Pacer

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

log = logging.getLogger(__name__)

CANCEL_WAIT = 5.0
"""Seconds to wait for the broker to confirm cancels before quitting."""


class ExitWay:
    """Taken once, whichever key, signal or command led to it."""

    def __init__(self, app: "ConsoleApp", pacer: Pacer) -> None:
        self._app = app
        self._pacer = pacer
        self._taken = False

    def ask(self) -> None:
        """Leaves at once, or asks first where orders may be working. Asked again while leaving it means now."""
        from ibtui.ui.screens.dialogs import QuitDialog

        if self._taken:
            self._app.exit()
        elif not isinstance(self._app.screen, QuitDialog):
            live = self._app.live_orders()
            if live:
                self._app.push_screen(QuitDialog(live), self._chosen)
            else:
                self.take("quit", cancel=False)

    def _chosen(self, choice: str | None) -> None:
        if choice in ("keep", "cancel"):
            self.take("quit", cancel=choice == "cancel")

    def take(self, why: str, *, cancel: bool, code: int = 0) -> None:
        """Leaves without asking.

        Args:
            why: For the log.
            cancel: Cancel our working orders first, and wait a while for the broker's word.
            code: The program's exit code.
        """
        if self._taken:
            return
        self._taken = True
        log.info("Leaving: %s", why)
        self._app.run_worker(self._go(code, cancel=cancel), name="leave", exit_on_error=True)

    async def _go(self, code: int, *, cancel: bool) -> None:
        try:
            if cancel:
                await self._cancel_and_wait()
            await self._app.stop_parts()
        finally:
            self._pacer.end()
            # A later answer would land on the shell's prompt.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._pacer.gate.all_answered(), LAST_ANSWER)
            self._app.exit(return_code=code)

    async def _cancel_and_wait(self) -> None:
        orders, ended = self._app.parts.orders, asyncio.Event()

        def look(_: Order) -> None:
            if not self._app.live_orders():
                ended.set()

        orders.on_change.append(look)
        try:
            await orders.cancel_all(None)
            if self._app.live_orders():
                await asyncio.wait_for(ended.wait(), CANCEL_WAIT)
        except (TimeoutError, IbtuiError) as error:
            log.warning("Not all orders were confirmed as cancelled before leaving: %s", error)
        finally:
            orders.on_change.remove(look)
