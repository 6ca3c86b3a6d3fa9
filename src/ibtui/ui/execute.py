"""Does what was typed: symbols after ``/``, commands after ``:``, downloads on the backfill screen."""

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, cast

from ibtui.backfill.planner import Mode
from ibtui.broker.contracts import SymbolChoiceError
from ibtui.broker.subscriptions import Feed, Standing
from ibtui.errors import IbtuiError, UnknownSymbolError, UsageError
from ibtui.market.bars import bar_size
from ibtui.market.instruments import Instrument
from ibtui.market.names import OPTIONS, symbol
from ibtui.trading.order_line import OrderLine
from ibtui.trading.price_alerts import Condition
from ibtui.ui.commands import SimVerb, parse

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp
    from ibtui.ui.panes.tape import TapePane

log = logging.getLogger(__name__)

Words = tuple[str, ...]
"""What was typed after a command's name."""

MODES: dict[str, Mode] = {"tail": "tail", "backfill": "backfill", "full": "full"}


class Executor:
    """Runs typed words on tasks of the app's; what goes wrong becomes a word to the user."""

    def __init__(self, app: "ConsoleApp") -> None:
        self.app = app
        self._does: Mapping[str, Callable[[Words], None]] = {
            "arm": lambda _: app.armed.arm(),
            "disarm": lambda _: app.armed.disarm(),
            "flatten": lambda words: self.flatten(words),
            "halt": lambda words: app.closing.halt(" ".join(words) or "the command line"),
            "release": lambda words: app.closing.release(" ".join(words)),
            "resolve": lambda words: app.closing.resolve(words[0], " ".join(words[1:])),
            "differences": lambda _: app.show_differences(),
            "disconnect": lambda _: app.parts.supervisor.disconnect(),
            "reconnect": lambda _: app.parts.supervisor.reconnect(),
            "cancel": lambda words: app.ordering.cancel_scope(words),
            "limits": lambda _: self.show_limits(),
            "add": lambda words: self.find(words[0]),
            "remove": lambda words: self.remove(words[0]),
            **{name: partial(app.board.command, name) for name in ("list", "columns", "sort", "filter")},
            "pin": lambda words: self.run(self._pin(words[0])),
            "unpin": lambda words: self.run(self._unpin(words[0])),
            "alerts": lambda _: self.list_alerts(),
            "alert off": lambda words: self.end_alert(int(words[0])),
            "layout": lambda words: self.run(self._layout(list(words))),
            "time": lambda words: self.run(self._on_tape(lambda pane: pane.jump(" ".join(words)))),
            "tape": lambda words: self.run(self._on_tape(lambda pane: pane.choose(list(words)))),
            "backfill": lambda words: self.start_backfill(" ".join(words)),
            "quit": lambda _: self.run(app.action_quit()),
        }

    def find(self, text: str | None) -> None:
        """Adds a symbol to the current watchlist, or goes to it where it is on one already."""
        if text:
            self.run(self._find(text))

    def command(self, text: str | None) -> None:
        """One command line."""
        if not text or text == ":":
            return
        try:
            command = parse(text)
        except UsageError as error:
            self.app.tell(str(error), bad=True)
            return
        if isinstance(command, OrderLine):
            at_once = self.app.armed.sends_at_once() and self.app.key_trusted()
            self.run(self._order(command, at_once=at_once))
        elif isinstance(command, SimVerb):
            self.run(self._sim(command))
        elif isinstance(command, Condition):
            self.run(self._alert(command))
        else:
            self._does[command.name](command.words)

    def start_backfill(self, text: str | None) -> None:
        """``SYMBOL [BAR] [MODE]``; the bar may be written in two words, as IB does."""
        if text:
            self.run(self._backfill(text.split()))

    def show_limits(self) -> None:
        """Shows what holds orders back, and how far everything is from its limit."""
        from ibtui.ui.screens.limits import Limits

        self.app.push_screen(Limits(self.app.parts))

    def list_alerts(self) -> None:
        """Shows what waits and what was told."""
        from ibtui.ui.screens.alerts import AlertList

        self.app.push_screen(AlertList(self.app.parts))

    def end_alert(self, number: int) -> None:
        """Takes an alert on a price back."""
        try:
            alert = self.app.parts.price_alerts.remove(number)
        except UsageError as error:
            self.app.tell(str(error), bad=True)
        else:
            self.app.tell(f"Alert {number} ended: {alert.condition}")

    def flatten(self, words: Words) -> None:
        """Closes a symbol's position, or every one, once that is confirmed."""
        if not words:
            self.app.closing.flatten_all()
            return

        async def flatten() -> None:
            self.app.closing.flatten(await self._instrument(words[0]))

        self.run(flatten())

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Does something on a task of the app's; what goes wrong becomes a word to the user."""

        async def guarded() -> None:
            try:
                await work
            except IbtuiError as error:
                self.app.tell(str(error), bad=True)
            except Exception as error:  # a slip in what was typed must not take the console, and its orders, away
                log.exception("What was typed could not be done")
                self.app.tell(f"That failed here: {error!r}; the log says more", bad=True)

        self.app.run_worker(guarded(), exit_on_error=True)

    def _on_a_list(self, text: str) -> Instrument | None:
        """What is watched under a name, or by its symbol alone: ``SPY`` never means one of SPY's options."""
        wanted, watched = text.upper(), self.app.watched().values()
        named = (each for each in watched if symbol(each) == wanted)
        alone = (each for each in watched if each.symbol == wanted and each.sec_type not in OPTIONS)
        return next(chain(named, alone), None)

    async def _instrument(self, text: str) -> Instrument:
        return self._on_a_list(text) or await self.app.parts.contracts.resolve(text)

    async def _find(self, text: str) -> None:
        contracts = self.app.parts.contracts
        try:
            instrument = await self._instrument(text)
        except SymbolChoiceError as several:
            self._pick(text, several.choices)
        except UnknownSymbolError:
            similar = await contracts.search(text)
            if not similar:
                raise
            self._pick(text, similar)
        else:
            self._found(instrument)

    def _pick(self, text: str, choices: Sequence[Instrument]) -> None:
        """Asks which of several contracts is meant; the text means it from then on."""
        from ibtui.ui.screens.board_dialogs import PickList

        async def take(con_id: int) -> None:
            self._found(await self.app.parts.contracts.choose(con_id, text))

        def picked(choice: Instrument | None) -> None:
            if choice is not None:
                self.run(take(choice.con_id))

        self.app.push_screen(PickList(text, choices), picked)

    def _found(self, instrument: Instrument) -> None:
        app, name = self.app, self._current_list()
        shown = app.board.current_list
        here = app.watched() if shown is None else {each.con_id for each in app.parts.watchlists.instruments(shown)}
        if instrument.con_id not in here:
            app.parts.watchlists.add(name, instrument)
            app.tell(f"{symbol(instrument)} added to {name}")
        app.select(instrument)

    def _current_list(self) -> str:
        app = self.app
        if app.board.current_list is not None:
            return app.board.current_list
        names = [name for name, entries in app.watchlists() if app.selected in entries]
        return (names or [name for name, _ in app.watchlists()] or ["watchlist"])[-1]

    def remove(self, text: str) -> None:
        """Takes a symbol off the watchlists."""
        instrument, lists = self._on_a_list(text), self.app.parts.watchlists
        if instrument is None:
            self.app.tell(f"{text} is on no watchlist", bad=True)
            return
        for name in lists.names:
            lists.remove(name, instrument)

    async def _pin(self, text: str) -> None:
        instrument, feeds = await self._instrument(text), self.app.parts.feeds
        feeds.pin(instrument)
        lacking = [feed for feed in Feed if feeds.standing(instrument.con_id, feed) is Standing.WITHOUT]
        why = "; ".join(f"{feed}: {feeds.reason(instrument.con_id, feed)}" for feed in lacking)
        self.app.tell(f"{symbol(instrument)} pinned" + (f", but {why}" if why else ""), bad=bool(why))

    async def _unpin(self, text: str) -> None:
        instrument = await self._instrument(text)
        if not self.app.parts.feeds.unpin(instrument):
            raise UsageError(f"{symbol(instrument)} was not pinned")
        self.app.tell(f"{symbol(instrument)} is pinned no more")

    async def _order(self, line: OrderLine, *, at_once: bool) -> None:
        instrument = await self._instrument(line.symbol)
        self.app.parts.feeds.want(instrument, quotes=True, owner="ticket")
        self.app.select(instrument)
        self.app.ordering.take_line(instrument, line, at_once=at_once)

    async def _alert(self, condition: Condition) -> None:
        instrument = await self._instrument(condition.symbol)
        alerts = self.app.parts.price_alerts
        alert = alerts.add(instrument, replace(condition, symbol=symbol(instrument)))
        if alert in alerts.all:  # else it was met at once, and has told so itself
            self.app.tell(f"Alert {alert.number}: {alert.condition}")

    async def _sim(self, command: SimVerb) -> None:
        sim = self.app.parts.sim
        if sim is None:
            raise UsageError(":sim works only in --demo, where the gateway is ours")
        answer = await sim.do(command.verb, **command.arguments)
        if answer.get("ok"):
            more = ", ".join(f"{key} {value}" for key, value in answer.items() if key not in ("ok", "orders"))
            self.app.tell(f"sim {command.verb}: {more[:300] or 'done'}")
        else:
            self.app.tell(f"sim {command.verb}: {answer.get('error', 'refused')}", bad=True)

    async def _layout(self, words: list[str]) -> None:
        from ibtui.ui.screens.desk import DeskScreen

        await self.app.action_open_screen("desk")
        await cast("DeskScreen", self.app.screen_stack[0]).choose(words)

    async def _on_tape(self, do: "Callable[[TapePane], None]") -> None:
        """Does something with the tape that is on the screen; opens its screen where none is."""
        from ibtui.ui.panes.tape import TapePane

        if not self.app.screen_stack[0].query(TapePane):
            await self.app.action_open_screen("tape")
        do(self.app.screen_stack[0].query_one(TapePane))

    async def _backfill(self, words: list[str]) -> None:
        parts = self.app.parts
        mode: Mode = MODES.get(words[-1], "tail") if len(words) > 1 else "tail"
        if len(words) > 1 and words[-1] in MODES:
            words.pop()
        bar = bar_size(" ".join(words[1:]) or parts.settings.backfill.bars)
        instrument = await self._instrument(words[0])
        what = "MIDPOINT" if instrument.sec_type == "CASH" else "TRADES"
        parts.backfill.start(instrument, bar, mode, what, True, None, None)
        await self.app.action_open_screen("backfill")
