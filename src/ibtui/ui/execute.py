"""Does what was typed: symbols after ``/``, commands after ``:``, downloads on the backfill screen."""

import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from ibtui.backfill.planner import Mode
from ibtui.errors import IbtuiError, UsageError
from ibtui.market.bars import bar_size
from ibtui.market.instruments import Instrument
from ibtui.ui.commands import Simple, SimVerb, Ticket, parse
from ibtui.ui.rows.quotes import symbol

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

log = logging.getLogger(__name__)

MODES: dict[str, Mode] = {"tail": "tail", "backfill": "backfill", "full": "full"}


class Executor:
    """Runs typed words on tasks of the app's; what goes wrong becomes a word to the user."""

    def __init__(self, app: "ConsoleApp") -> None:
        self._app = app

    def find(self, text: str | None) -> None:
        """Adds a symbol to the current watchlist, or goes to it where it is on one already."""
        if text:
            self._run(self._find(text))

    def command(self, text: str | None) -> None:
        """One command line."""
        if not text or text == ":":
            return
        try:
            command = parse(text)
        except UsageError as error:
            self._app.tell(str(error), bad=True)
            return
        if isinstance(command, Ticket):
            self._run(self._ticket(command))
        elif isinstance(command, SimVerb):
            self._run(self._sim(command))
        else:
            self._simple(command)

    def start_backfill(self, text: str | None) -> None:
        """``SYMBOL [BAR] [MODE]``; the bar may be written in two words, as IB does."""
        if text:
            self._run(self._backfill(text.split()))

    def _simple(self, command: Simple) -> None:
        app = self._app
        if command.name == "quit":
            self._run(app.action_quit())
        elif command.name == "disconnect":
            app.parts.supervisor.disconnect()
        elif command.name == "reconnect":
            app.parts.supervisor.reconnect()
        elif command.name == "cancel":
            app.ordering.cancel_all(None)
        elif command.name == "add":
            self.find(command.words[0])
        elif command.name == "remove":
            self._remove(command.words[0])
        elif command.name == "backfill":
            self._run(self._backfill(list(command.words)))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except IbtuiError as error:
                self._app.tell(str(error), bad=True)
            except Exception as error:  # a slip in what was typed must not take the console, and its orders, away
                log.exception("What was typed could not be done")
                self._app.tell(f"That failed here: {error!r}; the log says more", bad=True)

        self._app.run_worker(guarded(), exit_on_error=True)

    def _on_a_list(self, text: str) -> Instrument | None:
        wanted = text.upper()
        return next((each for each in self._app.watched().values() if wanted in (each.symbol, symbol(each))), None)

    async def _instrument(self, text: str) -> Instrument:
        return self._on_a_list(text) or await self._app.parts.contracts.resolve(text)

    async def _find(self, text: str) -> None:
        app = self._app
        instrument = await self._instrument(text)
        if instrument.con_id not in app.watched():
            app.parts.watchlists.add(self._current_list(), instrument)
            app.tell(f"{symbol(instrument)} added to {self._current_list()}")
        app.select(instrument)

    def _current_list(self) -> str:
        app = self._app
        names = [name for name, entries in app.watchlists() if app.selected in entries]
        return (names or [name for name, _ in app.watchlists()] or ["watchlist"])[-1]

    def _remove(self, text: str) -> None:
        instrument, lists = self._on_a_list(text), self._app.parts.watchlists
        if instrument is None:
            self._app.tell(f"{text} is on no watchlist", bad=True)
            return
        for name in lists.names:
            lists.remove(name, instrument)

    async def _ticket(self, command: Ticket) -> None:
        instrument = await self._instrument(command.symbol)
        self._app.parts.feeds.want(instrument, quotes=True, owner="ticket")
        self._app.select(instrument)
        self._app.ordering.open_ticket(instrument, command.action, command.quantity, command.price)

    async def _sim(self, command: SimVerb) -> None:
        sim = self._app.parts.sim
        if sim is None:
            raise UsageError(":sim works only in --demo, where the gateway is ours")
        answer = await sim.do(command.verb, **command.arguments)
        if answer.get("ok"):
            more = ", ".join(f"{key} {value}" for key, value in answer.items() if key not in ("ok", "orders"))
            self._app.tell(f"sim {command.verb}: {more[:300] or 'done'}")
        else:
            self._app.tell(f"sim {command.verb}: {answer.get('error', 'refused')}", bad=True)

    async def _backfill(self, words: list[str]) -> None:
        parts = self._app.parts
        mode: Mode = MODES.get(words[-1], "tail") if len(words) > 1 else "tail"
        if len(words) > 1 and words[-1] in MODES:
            words.pop()
        bar = bar_size(" ".join(words[1:]) or parts.settings.backfill.bars)
        instrument = await self._instrument(words[0])
        what = "MIDPOINT" if instrument.sec_type == "CASH" else "TRADES"
        parts.backfill.start(instrument, bar, mode, what, True, None, None)
        await self._app.action_open_screen("backfill")
