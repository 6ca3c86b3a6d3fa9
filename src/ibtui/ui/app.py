"""The app: screens by number, keys that work everywhere, painting by the pacer, and a way out that loses nothing."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget

from ibtui.broker.subscriptions import Feed
from ibtui.clock import NS
from ibtui.market.instruments import Instrument
from ibtui.services.alerts import Severity
from ibtui.trading.differences import Difference
from ibtui.trading.orders import LIVE, Order
from ibtui.ui import dropped_link, pacer
from ibtui.ui.armed import Armed
from ibtui.ui.boarding import Boarding
from ibtui.ui.brush import Brush
from ibtui.ui.closing import Closing
from ibtui.ui.commands import COMMANDS
from ibtui.ui.completion import History
from ibtui.ui.driver import ConsoleDriver
from ibtui.ui.execute import Executor
from ibtui.ui.exit_way import ExitWay
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings, keymap, shown
from ibtui.ui.keys.key import EVERYWHERE
from ibtui.ui.ordering import Ordering
from ibtui.ui.pacer import FrameGate, Pacer
from ibtui.ui.parts import Parts
from ibtui.ui.screens.base import ConsoleScreen, Dialog
from ibtui.ui.spans import Spans, Whole
from ibtui.ui.status_bar import StatusBar
from ibtui.ui.styles import style_sheet
from ibtui.ui.takeaway import Takeaway
from ibtui.ui.text import Line, clean, quantity
from ibtui.ui.themes import themes
from ibtui.ui.words import Words

log = logging.getLogger(__name__)

SCREENS = {
    "quotes": "QuotesScreen",
    "depth": "DepthScreen",
    "tape": "TapeScreen",
    "orders": "OrdersScreen",
    "backfill": "BackfillScreen",
    "connection": "ConnectionScreen",
    "account": "AccountScreen",
    "chart": "ChartScreen",
    "log": "LogScreen",
    "desk": "DeskScreen",
}
"""Name of a screen, its module and its mode, to its class. A screen is imported and built when first opened."""

STATUS_EVERY = 0.25
"""Seconds between two looks at what the status bar says."""

INTERRUPTED = 130
"""Exit code where a signal or a lost terminal ended the console."""

FULL_EVERY = 1.0
"""Seconds between two frames that look at every visible row."""


def _factory(name: str) -> Callable[[], Screen[None]]:
    def build() -> Screen[None]:
        screen: Screen[None] = getattr(import_module(f"ibtui.ui.screens.{name}"), SCREENS[name])()
        return screen

    return build


class ConsoleApp(App[None], inherit_bindings=False):
    """The console.

    Args:
        parts: What it shows and drives.
        start: Awaited after the first paint; starts the tasks.
        stop: Awaited once on the way out, however it is taken: unsubscribe, disconnect, drain, close.
    """

    TITLE = "ibtui"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {name: _factory(name) for name in SCREENS}
    DEFAULT_MODE = "quotes"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EVERYWHERE)]

    def __init__(
        self, parts: Parts, *, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
    ) -> None:
        # All sheets at the start: a screen that brought its own would have Textual read every one anew, and the loop
        # would stand still for 100 ms and more.
        sheets = [style_sheet(name) for name in ("theme", "dialogs", *SCREENS)]
        super().__init__(driver_class=ConsoleDriver, css_path=[*sheets])
        for theme in themes(parts.settings.ui.up_color):
            self.register_theme(theme)
        # Before the sheets are read: a theme that is set later has them read again and the screen laid out again.
        self.set_reactive(App.theme, parts.settings.ui.theme)
        self.stylesheet.set_variables(self.get_css_variables())
        self.parts = parts
        self.keys = keymap(parts.settings.keys)
        self.quantity = parts.settings.orders.quantity
        self.selected: Instrument | None = None
        self.beside: Instrument | None = None
        self.chosen = False
        self._start = start
        self._stop = stop
        self._started = False
        self._starting: asyncio.Future[None] | None = None
        self._stopping: asyncio.Future[None] | None = None
        in_tmux = pacer.inside_tmux(os.environ)
        self._frame_every = 1 / (pacer.TMUX_FRAME_RATE if in_tmux else pacer.FRAME_RATE)
        self._pacer = Pacer(self, FrameGate(parts.clock.monotonic, measured=not in_tmux))
        self.brush = Brush(self)
        self._driver_in_use: ConsoleDriver | None = None
        self._key_time = 0.0
        self._full_at = self._status_at = float("-inf")
        self.bar = StatusBar(parts, self._pacer)
        self._worded: tuple[list[Line], list[ConsoleScreen | Dialog[Any]]] = [], []
        self.words = Words(parts.clock.monotonic)
        self._followed: dict[Feed, Instrument | None] = {}
        self._watched: dict[int, Instrument] | None = None
        self.glancing = False  # a picture of a screen that is not shown is being made
        self.ordering = Ordering(self)
        self.armed = Armed(self)
        self._noticed: tuple[Difference, ...] = ()
        self.closing = Closing(self)
        self.board = Boarding(self)
        self._executor = Executor(self)
        self._history = History()
        self._takeaway = Takeaway(self)
        self._exit_way = ExitWay(self, self._pacer)

    # --- life ---

    def terminal_ready(self, driver: ConsoleDriver) -> None:
        """The driver of a real terminal exists; called by the driver itself."""
        self._driver_in_use = driver
        self._pacer.terminal = driver
        driver.on_answer = self._pacer.answered
        driver.on_lost = self.terminal_lost
        self.parts.alerts.write = driver.write

    def on_mount(self) -> None:
        """Sets keys and hooks; the parts start after the first paint."""
        self.set_keymap(dict(self.parts.settings.keys))
        self.parts.alerts.toast = self._say
        self.parts.orders.on_change.append(self._order_changed)
        self.parts.watchlists.on_change.append(self._watchlist_changed)
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with suppress(NotImplementedError, RuntimeError, ValueError):
                asyncio.get_running_loop().add_signal_handler(name, self.terminal_lost, f"{name.name} received")
        self.set_interval(self._frame_every, self._tick, name="frames")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._stopping is not None:
            return
        starting = self._starting = asyncio.ensure_future(self._start())

        async def start() -> None:
            await asyncio.shield(starting)
            self._started = True
            self.paint_soon()

        self.run_worker(start(), name="start", exit_on_error=True)

    async def on_unmount(self) -> None:
        """Whatever ended the app, the parts are stopped."""
        await self.stop_parts()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, for themes that don't have them."""
        return dict(themes("green")[0].variables)

    # --- painting ---

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Sends what changed in fewer bytes than Textual would, see :mod:`ibtui.ui.spans`."""
        whole = isinstance(renderable, LayoutUpdate)
        if renderable is not None and not self._batch_count:
            self.brush.painted(screen, whole=whole)
        if isinstance(renderable, ChopsUpdate):
            renderable = Spans(renderable)
        elif isinstance(renderable, LayoutUpdate):
            renderable = Whole(renderable)
        super()._display(screen, renderable)

    def post_display_hook(self) -> None:
        """Textual has painted: the pacer sends its probe after it."""
        self._pacer.displayed()

    def _tick(self) -> None:
        if self._pacer.frame_due():
            self.paint()

    def paint_soon(self) -> None:
        """Paints a whole frame at the next turn, without waiting for its time."""
        self._full_at = self._status_at = float("-inf")
        self.call_later(self.paint)

    def paint(self) -> None:
        """One frame: what changed since the last, to the screens that are visible."""
        if not self.is_running or not self.screen_stack:
            return
        clock, market = self.parts.clock, self.parts.market
        now = clock.monotonic()
        if self.ordering.leaving(now):
            return
        full = now - self._full_at >= FULL_EVERY
        frame = Frame(
            now,
            clock.utc_ns(),
            frozenset(market.board.dirty),
            frozenset(market.dirty_books),
            frozenset(market.dirty_tapes),
            full,
        )
        market.board.dirty.clear()
        market.dirty_books.clear()
        market.dirty_tapes.clear()
        if full:
            # Made when the second begins, the bar's clock is right, and all figures change in one frame.
            self._full_at = now - frame.now_ns % NS / NS
            self.bar.measure(now)
        with self.brush.frame():
            for screen in self.screen_stack:
                show = getattr(screen, "paint", None)
                if show is not None and screen.is_mounted:
                    show(frame)
            self.armed.painted(now)
            self._show_words()
            if full or now - self._status_at >= STATUS_EVERY:
                self._status_at = now
                self.armed.look()
                self._notice_differences()
                self.show_status_on(self.screen_stack[0], figures=full)

    def show_status_on(self, screen: Widget, *, figures: bool = True) -> None:
        """The status bar of now, see :meth:`ibtui.ui.status_bar.StatusBar.show_on`."""
        self.bar.show_on(screen, started=self._started, armed=self.armed.until is not None, figures=figures)

    async def snapshot(self, request: dict[str, Any]) -> dict[str, Any]:
        """The job ``snapshot``, see :func:`ibtui.ui.picture.picture`."""
        from ibtui.ui.picture import picture

        return await picture(self, request)

    # --- keys ---

    async def on_event(self, event: events.Event) -> None:
        """Lets a key paint one frame ahead, and remembers when it arrived."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._key_time = event.time
            self._pacer.key_pressed()
            self.armed.key_pressed()
        elif isinstance(event, events.Paste) and self._driver_in_use is not None:
            self._driver_in_use.guard.doubtful = event.time
            event.text = "\n".join(clean(line) for line in event.text.splitlines())
        await super().on_event(event)
        await asyncio.sleep(0)  # or many keys at once keep everything else waiting until the last is handled

    def key_trusted(self) -> bool:
        """Whether the last key may trade; says so where it may not, see :mod:`ibtui.ui.keyguard`."""
        if self._driver_in_use is None or self._driver_in_use.guard.trusts(self._key_time):
            return True
        self._say("Key ignored: it did not arrive alone. Press it again.", "warning")
        return False

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the table of keys offers here."""
        name = getattr(self.screen_stack[0], "NAME", "")
        for key in self.keys:
            if name in key.where or (EVERYWHERE in key.where and key.id not in ("palette", "quit.now")):
                yield SystemCommand(key.help, shown(key.keys), self._runner(key.action))

    def _runner(self, action: str) -> Callable[[], None]:
        def run() -> None:
            self.run_worker(self.run_action(action, self.screen), exit_on_error=True)

        return run

    async def action_open_screen(self, name: str) -> None:
        """Another screen, by its name."""
        await self.switch_mode(name)
        self.paint_soon()

    def action_help(self) -> None:
        """Every key and every command."""
        from ibtui.ui.screens.dialogs import HelpScreen

        self.push_screen(HelpScreen(self.keys, [(each.usage, each.about) for each in COMMANDS.values()]))

    def action_find(self) -> None:
        """Asks for a symbol to add or to find."""
        from ibtui.ui.screens.dialogs import Prompt

        self.push_screen(Prompt("symbol, such as AAPL, EURUSD, ESZ6, #265598"), self._executor.find)

    def action_command(self) -> None:
        """Asks for a command."""
        from ibtui.ui.screens.command_line import CommandLine

        self.push_screen(CommandLine(self._history), self._executor.command)

    def copy_to_clipboard(self, text: str) -> None:
        """Copies, by the terminal or by the tmux around us."""
        if not self._takeaway.copied_by_tmux(text):
            super().copy_to_clipboard(text)
            self.tell("Copied, where the terminal allows it")

    def pop_screen(self) -> AwaitComplete:
        """Textual fails at the last screen, and ends the console, where a second enter closes what is closed."""
        return super().pop_screen() if len(self.screen_stack) > 1 else AwaitComplete()

    def action_export(self) -> None:
        """The view that has the focus as a file."""
        self._takeaway.export()

    @property
    def notice(self) -> Line | None:
        """What is to be noticed above the hints of every screen, until it is understood."""
        if self.parts.views.get(dropped_link.VIEW):
            return None
        keys = next(shown(each.keys) for each in self.keys if each.id == "link.understood")
        return dropped_link.warning(os.environ, self.parts.settings.orders.on_hangup, keys)

    def action_understood(self) -> None:
        """The notice is not shown again."""
        if self.notice is not None:
            self.parts.views.put(dropped_link.VIEW, {"understood": True})
            for stack in self._screen_stacks.values():
                if stack and isinstance(stack[0], ConsoleScreen):
                    stack[0].show_hints(self.size.width)

    def start_backfill(self, text: str | None) -> None:
        """``SYMBOL [BAR] [MODE]``, as typed on the backfill screen."""
        self._executor.start_backfill(text)

    def action_default_quantity(self, steps: int) -> None:
        """Another default quantity: one step of its own size class, as 10, 20 … 100, 200."""
        unit = 10 ** max(0, len(str(int(self.quantity))) - 1)
        if steps < 0 and self.quantity <= unit:
            unit = max(1, unit // 10)
        self.quantity = max(1, self.quantity + steps * unit)
        self._say(f"Default quantity {quantity(self.quantity)}")

    # --- symbols ---

    def watchlists(self) -> list[tuple[str, Sequence[Instrument | str]]]:
        """Names and entries of all watchlists; an entry that is a text has no known contract yet."""
        lists = self.parts.watchlists
        return [(name, lists.entries(name)) for name in lists.names]

    def watched(self) -> dict[int, Instrument]:
        """Every known instrument of the watchlists by contract id."""
        if self._watched is None:
            self._watched = {each.con_id: each for each in self.parts.watchlists.all_instruments()}
        return self._watched

    def suggest(self, instrument: Instrument | None) -> None:
        """Selects a symbol until the user chooses one: the first of the lists, which fill up after the start."""
        if not self.chosen:
            self.selected = instrument

    def select(self, instrument: Instrument) -> None:
        """Selects a symbol on all screens."""
        self.chosen = True
        if self.selected is None or self.selected.con_id != instrument.con_id:
            self.selected = instrument
            self.paint_soon()

    def follow(self, feed: Feed, instrument: Instrument | None) -> None:
        """Subscribes to the depth or the tape of what a screen shows; None when the screen is left."""
        if self.glancing or self._followed.get(feed) == instrument:
            return
        self._followed[feed] = instrument
        if instrument is not None:
            self.parts.feeds.show(Feed.QUOTES, instrument)
        self.parts.feeds.show(feed, instrument)

    def _watchlist_changed(self, _: str) -> None:
        self._watched = None
        self.paint_soon()

    def zone_of(self, instrument: Instrument) -> str:
        """The zone that times of an instrument are shown in."""
        return self.parts.settings.ui.timezone or instrument.time_zone

    # --- orders ---

    def action_cancel_all(self) -> None:
        """Cancels all our working orders; never asks."""
        self.ordering.cancel_all(None)

    def action_arm(self) -> None:
        """Keys send at once from now on, for a while."""
        if self.key_trusted():
            self.armed.arm()

    def action_disarm(self) -> None:
        """Keys open tickets again."""
        self.armed.disarm()

    def action_halt(self) -> None:
        """HALTED at once."""
        self.closing.halt()

    def action_flatten_all(self) -> None:
        """Closes every position, once that is confirmed."""
        if self.key_trusted():
            self.closing.flatten_all()

    def show_differences(self) -> None:
        """The sheet of what happened while the link was lost, where there is anything to acknowledge."""
        from ibtui.ui.screens.confirm import Sheet

        found = self.parts.orders.differences
        if not found:
            self.tell("Nothing happened that was not seen")
        elif not any(isinstance(each, Sheet) for each in self.screen_stack):
            self.push_screen(Sheet(found), partial(self._acknowledged, found))

    def _notice_differences(self) -> None:
        found = self.parts.orders.differences
        if found and found != self._noticed:
            self.show_differences()
        self._noticed = found

    def _acknowledged(self, seen: Sequence[Difference], yes: bool | None) -> None:
        if yes:
            self.parts.orders.acknowledge(seen)

    def live_orders(self) -> list[Order]:
        """Orders that are, or may be, working."""
        return [order for order in self.parts.orders.orders.values() if order.status in LIVE]

    def _order_changed(self, _: Order) -> None:
        self._status_at = float("-inf")

    # --- words ---

    def _say(self, text: str, severity: Severity = "information") -> None:
        self.words.add(text, severity)
        self._show_words()

    def _show_words(self) -> None:
        lines = self.words.lines(self.size.width)
        screens = [each for each in self.screen_stack if isinstance(each, ConsoleScreen | Dialog) and each.is_mounted]
        if (lines, screens) != self._worded:
            self._worded = lines, screens
            for screen in screens:
                screen.say(lines)

    def tell(self, text: str, *, bad: bool = False) -> None:
        """A word to the user."""
        self._say(text, "error" if bad else "information")

    # --- leaving ---

    def action_leave(self) -> None:
        """Leaves as :meth:`action_quit` does, unless the key came with others: a pasted text has that letter too."""
        if self.key_trusted():
            self._exit_way.ask()

    async def action_quit(self) -> None:
        """Leaves; asks first while orders may be working. A second time, while leaving, means now."""
        self._exit_way.ask()

    def terminal_lost(self, cause: str) -> None:
        """Nobody watches any more: painting stops for good, then ``on_hangup`` is obeyed."""
        self.armed.disarm(cause)
        self._pacer.end()
        if self._driver_in_use is not None:
            self._driver_in_use.end_input()
        self._exit_way.take(cause, cancel=self.parts.settings.orders.on_hangup == "cancel", code=INTERRUPTED)

    async def stop_parts(self) -> None:
        """Stops the parts, once; whoever asks while that is under way waits for the same end, even if cancelled."""
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop_started())
        await asyncio.shield(self._stopping)

    async def _stop_started(self) -> None:
        if self._starting is not None:
            await asyncio.wait({self._starting})  # what is half open can't be closed
        await self._stop()
