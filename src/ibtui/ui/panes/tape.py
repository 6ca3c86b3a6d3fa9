"""The tape of the selected symbol: its prints as they come, or held still to be walked through, back over the day."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from ibtui.broker.subscriptions import Feed
from ibtui.errors import StorageError, UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.sweeps import TapeRow, TapeRows
from ibtui.market.tape import Print, Tape
from ibtui.market.tape_time import instant
from ibtui.storage import tape_queries
from ibtui.storage.tape_queries import Key, Page
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.panes.tape_window import PAGE, Entry, TapeWindow, entry_key
from ibtui.ui.rows.quotes import headline
from ibtui.ui.rows.tape import COLUMNS, LEGEND, mark_row, nothing_yet, tape_row
from ibtui.ui.rows.tape_head import delta_line, pace_line, paused_span, shown_spans
from ibtui.ui.rows.tape_options import Options
from ibtui.ui.text import Line, Row, join, with_zone, zone
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.tapegrid import TapeGrid

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

LATEST: Key = (2**63 - 1, 0)
"""A place after all prints."""

FAST_EVERY = 0.25
"""Seconds between two drawings while the tape runs too fast to be read row by row."""

FAST = 0.25
"""The part of the rows whose being new at one drawing makes a tape fast."""

TALL = 34
"""Lines of a pane from which the signs are explained over the rows."""


class TapePane(Vertical):
    """Draws the last screenful, however many prints came; held still, older ones come from storage, read in a thread.

    Args:
        console: The app, whose selected symbol is shown.
        beside: It stands beside the symbol's ladder, which shows the quote and has the keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("tape", group="Tape")]

    def __init__(
        self,
        console: "ConsoleApp",
        *,
        beside: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id, classes="beside" if beside else None)
        self._host = console
        self._beside = beside
        self._instrument: Instrument | None = None
        self._options = Options()
        self._rows = TapeRows(self._options.sieve)
        self._taken = self._made = self._fresh = self._unseen = self._page = 0
        self._late = False
        self._next_at = 0.0
        self._window: TapeWindow | None = None
        self._held_at = 0
        self._reading = False
        self._entries: dict[Hashable, Entry] = {}
        self._block: float | None = None
        self._actions: Mapping[str, Callable[[], None]] = {
            "pause": self.toggle_pause,
            "join": partial(self.choose, ["join"]),
            "anew": partial(self.choose, ["anew"]),
            "size": self._ask_size,
            "time": self._ask_time,
        }

    def compose(self) -> ComposeResult:
        """The quote, the totals, and the rows."""
        yield LineBox(id="tape-head")
        grid = TapeGrid(self, self._row, id="prints")
        if self._beside:
            grid.can_focus = False
        yield grid

    @property
    def grid(self) -> TapeGrid:
        """The rows."""
        return self.query_one("#prints", TapeGrid)

    @property
    def held(self) -> bool:
        """Whether the tape is held still."""
        return self._window is not None

    def leave(self) -> None:
        """Nobody looks any more: whoever needs the slot may have it."""
        self._host.follow(Feed.TAPE, None)

    # --- painting ---

    def paint(self, frame: Frame) -> None:
        """Draws what was printed since the last frame."""
        instrument = self._host.selected
        if instrument is None:
            self.query_one("#tape-head", LineBox).show([((" No symbol selected. Type / and a symbol.", "dim"),)])
            return
        self._host.follow(Feed.TAPE, instrument)
        if self._instrument is None or instrument.con_id != self._instrument.con_id:
            self._begin(instrument, frame)
        elif frame.now < self._next_at:
            self._late = self._late or instrument.con_id in frame.tapes
            return
        elif not (frame.full or self._late or instrument.con_id in frame.tapes or instrument.con_id in frame.quotes):
            return
        tape, market_ns = self._tape, self._host.parts.market_clock.now_ns()
        if tape is not None and market_ns is not None:
            tape.turn(market_ns)  # where nothing trades any more, the day is over all the same
        news = tape is not None and (tape.total != self._taken or self.grid.page != self._page)
        if tape is not None and self._window is None and news:
            self._follow(tape)
            self._next_at = frame.now + (FAST_EVERY if self._fresh > FAST * self.grid.page else 0.0)
        self._late = False
        self._head(instrument, tape, frame)

    @property
    def _tape(self) -> Tape | None:
        return self._host.parts.market.tapes.get(self._instrument.con_id) if self._instrument else None

    def _begin(self, instrument: Instrument, frame: Frame) -> None:
        self._instrument, self._window = instrument, None
        self.grid.empty = nothing_yet(instrument, has_keys=not self._beside)
        self.grid.set_columns(with_zone(COLUMNS, self._zone(instrument), frame.now_ns))
        self._anew()

    def _zone(self, instrument: Instrument) -> str:
        return self._host.zone_of(instrument)

    def _anew(self) -> None:
        """Makes the rows from what is kept: another symbol, or another sieve."""
        self._rows, self._taken = TapeRows(self._options.sieve), 0
        self._made = 0
        if self._window is not None:
            self._show_window()
        elif self._tape is not None:
            self._follow(self._tape)
        else:
            self._show({})

    def _follow(self, tape: Tape) -> None:
        grid, growing = self.grid, next(iter(self._entries), None)
        self._rows.take(_newest(tape, tape.total - self._taken))
        self._taken = tape.total
        page = self._page = grid.page
        # The first screenful after a while away is no sign of a tape too fast to be read.
        self._fresh = self._rows.count - self._made if self._made else 0
        self._unseen = max(0, self._fresh - page)
        self._made = self._rows.count
        self._block = self._options.block.begins(tape.delta)
        self._show({row.key: row for row in self._rows.newest(page)})
        if growing is not None:
            grid.update_rows({growing})

    def _show(self, entries: dict[Hashable, Entry]) -> None:
        self._entries = entries
        self.grid.set_keys(tuple(entries))

    def _head(self, instrument: Instrument, tape: Tape | None, frame: Frame) -> None:
        parts, box = self._host.parts, self.query_one("#tape-head", LineBox)
        width, zone_of = box.content_size.width, self._zone(instrument)
        reason = parts.feeds.reason(instrument.con_id, Feed.TAPE)
        lines: list[Line] = []
        if not self._beside:
            quote, mark = parts.market.board.quote(instrument.con_id), parts.feeds.mark(instrument.con_id)
            lines.append(((" ", "plain"), *headline(quote, instrument, mark, frame.now, frame.now_ns)))
        lines.append(delta_line(tape.delta if tape is not None and tape.total else None, zone_of, width))
        came = tape.total if tape is not None else 0
        paused = paused_span(came - self._held_at if self._window is not None else None)
        shown = shown_spans(self._options.sieve, self._options.block, self._unseen)
        if reason or tape is None:
            lines.append((*paused, (f" {reason}", "warn")))
        else:
            lines.append(
                pace_line(tape.pace.now(frame.now), tape.pace.norm(frame.now), width, before=paused, after=shown)
            )
        tall = self.size.height >= TALL and not self._beside
        box.set_class(tall, "tall")
        box.show([*lines, join(LEGEND, width)] if tall else lines)

    def _row(self, key: Hashable) -> Row:
        entry, instrument = self._entries.get(key), self._instrument
        if entry is None or instrument is None:
            return (("", "plain"),)
        if isinstance(entry, TapeRow):
            return tape_row(entry, instrument, self._zone(instrument), self._block)
        return mark_row(entry, self._zone(instrument))

    # --- holding still and walking back ---

    def hold(self) -> None:
        """Holds the tape still, with what is in memory; what comes meanwhile is counted."""
        tape = self._tape
        if self._window is None and self._instrument is not None:
            prints, self._held_at = (tape.prints, tape.total) if tape is not None else ((), 0)
            self._window, self._unseen = TapeWindow(prints), 0
            self._show_window()
            self.grid.show_cursor(True)
            self._paint_now()

    def go_on(self) -> None:
        """Lets the tape run on from now."""
        if self._window is not None:
            self._window = None
            self.grid.show_cursor(False)
            self._anew()
            self._paint_now()

    def _paint_now(self) -> None:
        self._next_at = 0.0
        self._host.paint_soon()

    def toggle_pause(self) -> None:
        """Holds the tape still, or lets it go on."""
        if self._window is None:
            self.hold()
        else:
            self.go_on()

    def near_end(self, direction: int) -> None:
        """Reads what lies beyond the end that was reached; where nothing newer is left, the tape goes on."""
        window, instrument = self._window, self._instrument
        if window is None or instrument is None or self._reading:
            return
        directory, con_id, symbol = self._host.parts.writer.directory, instrument.con_id, instrument.symbol
        oldest, newest = window.oldest, window.newest
        if direction > 0:
            if not window.oldest_known:
                self._read(tape_queries.older, window.add_older, directory, con_id, symbol, oldest or LATEST, PAGE)
            return
        tape = self._tape
        later = _after(tape, newest) if tape is not None and newest is not None else None
        if later is None and newest is not None:
            add = lambda page: window.add_newer(page.prints, page.marks)  # noqa: E731
            self._read(tape_queries.newer, add, directory, con_id, symbol, newest, PAGE)
        elif later:
            window.add_newer(later)
            self._show_window()
        else:
            self.go_on()

    def _read(self, query: Callable[..., Page], take: Callable[[Page], None], *arguments: object) -> None:
        window = self._window

        async def read() -> None:
            page = await asyncio.to_thread(query, *arguments)
            if self._window is window and window is not None:
                take(page)
                self._show_window()

        self._soon(read())

    def _soon(self, work: Awaitable[None]) -> None:
        self._reading = True

        async def guarded() -> None:
            try:
                await work
            except (StorageError, UsageError) as error:
                self._host.tell(str(error), bad=True)
            finally:
                self._reading = False

        self.run_worker(guarded(), group="tape", exit_on_error=True)

    def _show_window(self) -> None:
        if self._window is not None:
            self._show({entry_key(entry): entry for entry in self._window.entries(self._options.sieve)})

    def jump(self, text: str) -> None:
        """Holds the tape at a time of the market's clock, or lets it go on at ``now``.

        Raises:
            UsageError: It is no time, or one that has not come.
        """
        instrument = self._host.selected
        if text == "now" or instrument is None:
            self.go_on()
            return
        parts = self._host.parts
        now_ns = parts.market_clock.now_ns()
        begin_ns, at_ns = instant(
            text, zone(self._zone(instrument)), parts.clock.utc_ns() if now_ns is None else now_ns
        )

        async def look() -> None:
            directory, con_id, symbol = parts.writer.directory, instrument.con_id, instrument.symbol
            key = await asyncio.to_thread(tape_queries.last_at, directory, con_id, begin_ns, at_ns)
            if key is None:
                raise UsageError(f"no print of {symbol} is stored from before {text} on that day")
            page = await asyncio.to_thread(tape_queries.around, directory, con_id, symbol, key, PAGE)
            self._hold_at(key, page)

        self._soon(look())

    def _hold_at(self, key: Key, page: Page) -> None:
        tape = self._tape
        self._window, self._held_at, self._unseen = TapeWindow([]), tape.total if tape else 0, 0
        self._window.add_newer(page.prints, page.marks)
        self._show_window()
        self.grid.show_cursor(True)
        rows = (each for each in self._entries.values() if isinstance(each, TapeRow))
        at = next((row.key for row in rows if row.key <= key), None)
        if at is not None:
            self.grid.select(at)
            self.grid.centre()
        self._paint_now()

    # --- what is shown ---

    def action_tape(self, what: str) -> None:
        """One of the tape's keys."""
        self._actions[what]()

    def choose(self, words: list[str]) -> None:
        """What ``:tape`` and the keys choose.

        Raises:
            UsageError: There is no such choice.
        """
        if words == ["anew"]:
            if self._tape is not None:
                self._tape.restart()
        else:
            self._options = self._options.chosen(words)
            self._anew()
        self._paint_now()

    def _ask_size(self) -> None:
        self._ask(
            "sizes to show: from, or from and to; empty shows all", lambda text: self.choose(["size", *text.split()])
        )

    def _ask_time(self) -> None:
        self._ask("time on the market's clock, such as 10:31; now goes on", self.jump)

    def _ask(self, label: str, take: Callable[[str], None]) -> None:
        from ibtui.ui.screens.dialogs import Prompt

        def taken(text: str | None) -> None:
            try:
                take(text or "")
            except UsageError as error:
                self._host.tell(str(error), bad=True)

        self.app.push_screen(Prompt(label), taken)


def _newest(tape: Tape, count: int) -> list[Print]:
    return list(islice(reversed(tape.prints), max(0, count)))[::-1]


def _after(tape: Tape, key: Key) -> Iterable[Print] | None:
    """The prints in memory after one; None where some in between are in storage alone."""
    prints = tape.prints
    if not prints or (prints[0].ts_ns, prints[0].seq) > key:
        return None
    return [each for each in prints if (each.ts_ns, each.seq) > key]
