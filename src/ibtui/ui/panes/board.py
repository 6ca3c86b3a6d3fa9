"""The quote board: watchlists as tabs, an overview of the market, rows of quotes, a line about the selected symbol."""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from ibtui.backfill.jobs import ENDED, Job
from ibtui.market.board import Quote
from ibtui.market.breadth import SECTORS, breadth
from ibtui.market.daily import UNKNOWN as NO_DAYS
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.ui.board_view import ALL, BoardView, fits, ordered
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.panes.board_data import DailyBars, Flashes
from ibtui.ui.rows.overview import breadth_line, sector_line, tab_line
from ibtui.ui.rows.quote_columns import COLUMNS, Facts, QuoteColumn, Value, headings, quote_row, too_narrow, visible
from ibtui.ui.rows.quotes import about
from ibtui.ui.text import UNKNOWN, Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import MARKER, RowGrid

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

EMPTY = "No symbols here. Type / and a symbol."
EMPTY_BY_FILTER = "No symbol here has what the filter says; esc ends it."

STILL_FOR = 2.0
"""Seconds after the last movement of the cursor during which rows stay where they are."""

LINE_POINTS = 12
"""Steps of the line of the day."""


class Title(NamedTuple):
    """The key of a watchlist's title row, in the view of all lists."""

    name: str


class BoardPane(Vertical):
    """Draws the board as the console's view of it says; what the user does here changes that view.

    Args:
        console: The app, whose selected symbol is marked.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("quotes")]

    def __init__(self, console: "ConsoleApp", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._host = console
        self._parts = console.parts
        self._columns: tuple[QuoteColumn, ...] = ()
        self._cursor = "last"
        self._first = 0
        self._wider: dict[str, int] = {}
        self._drawn_view: BoardView | None = None
        self._order: tuple[Hashable, ...] = ()
        self._base: tuple[Hashable, ...] = ()
        self._moved_at = float("-inf")
        self._flashes = Flashes() if self._parts.settings.ui.flash else None
        self._daily = DailyBars(self._parts.writer.directory)
        self._now = 0.0
        self._now_ns = 0

    @property
    def view(self) -> BoardView:
        """How the board is looked at."""
        return self._host.board.view

    def compose(self) -> ComposeResult:
        """Tabs, overview, rows, a line about the selected symbol."""
        yield LineBox(id="tabs")
        yield LineBox(id="overview")
        yield RowGrid(
            (),
            self._row,
            empty=EMPTY,
            selectable=lambda key: isinstance(key, int),
            id="board",
        )
        yield LineBox(id="about")

    def on_mount(self) -> None:
        """Listens for bars that are stored."""
        self._parts.backfill.on_change.append(self._job_changed)

    def on_unmount(self) -> None:
        """Listens no more."""
        self._parts.backfill.on_change.remove(self._job_changed)

    def _job_changed(self, job: Job) -> None:
        if job.state in ENDED:
            self._daily.forget()

    def on_resize(self, _: events.Resize) -> None:
        """Other columns fit."""
        self._drawn_view = None
        self._host.paint_soon()

    # --- painting ---

    def paint(self, frame: Frame) -> None:
        """Draws what changed."""
        grid = self.query_one("#board", RowGrid)
        if not self.size.width:
            return
        self._now, self._now_ns = frame.now, frame.now_ns
        anew = self.view is not self._drawn_view
        if anew:
            self._lay_out(grid)
        self._arrange(grid, frame, anew)
        if self._host.selected is None or not self._host.chosen:
            self._host.suggest(next(iter(self._host.watched().values()), None))
        if self._host.selected is not None:
            grid.select(self._host.selected.con_id)
        grid.update_rows(None if frame.full or anew else self._changed(frame))
        if frame.full or anew:
            self._overview()
            self._read_daily()

    def _changed(self, frame: Frame) -> frozenset[int]:
        if self._flashes is None:
            return frame.quotes
        quotes = self._parts.market.board.quotes
        for con_id in frame.quotes:
            self._flashes.note(quotes[con_id], frame.now)
        return frame.quotes.union(self._flashes.ended(frame.now))

    def _lay_out(self, grid: RowGrid) -> None:
        view, width = self.view, self.size.width - MARKER
        names = view.columns
        if self._cursor not in names:
            self._cursor = names[min(1, len(names) - 1)]
        at = names.index(self._cursor)
        self._first = min(self._first, max(0, at - 1), max(0, len(names) - 2))
        if self._drawn_view is not None and self._drawn_view.tab != view.tab:
            self._wider.clear()
        self._columns = visible(names, width, self._first, self._wider)
        while at and self._cursor not in (each.name for each in self._columns) and self._first < at - 1:
            self._first += 1
            self._columns = visible(names, width, self._first, self._wider)
        zone = self._parts.settings.ui.timezone
        grid.set_columns(headings(self._columns, self._now_ns, zone, view.sort, view.descending, self._cursor))
        self._drawn_view = view

    def _arrange(self, grid: RowGrid, frame: Frame, anew: bool) -> None:
        """Puts the rows in order: at once where the view or the lists changed, else once a second at most."""
        if not (frame.full or anew):  # who changes a list asks for a full frame
            return
        base = self._entries()
        if base != self._base or anew:
            self._base = base
        elif not (self.view.sort and frame.now - self._moved_at >= STILL_FOR):
            return
        if self.view.sort:
            column = COLUMNS[self.view.sort]
            # What is to be compared starts from the last order, or equal rows would change places with the lists.
            base = ordered(base, lambda key: self._value(key, column), descending=self.view.descending)
        self._order = base
        grid.empty = EMPTY_BY_FILTER if self.view.filter else EMPTY
        grid.set_keys(base)
        if anew and not base:
            grid.refresh()

    def _entries(self) -> tuple[Hashable, ...]:
        """Titles, contract ids and symbols without a known contract, each contract once."""
        view, keys = self.view, dict[Hashable, None]()
        lists = self._host.watchlists()
        if view.tab != ALL and any(name == view.tab for name, _ in lists):
            lists = [(name, entries) for name, entries in lists if name == view.tab]
        titled = len(lists) > 1 and not view.sort and not view.filter
        for name, entries in lists:
            if titled:
                keys[Title(name)] = None
            for each in entries:
                if isinstance(each, Instrument):
                    if not view.filter or fits(each, view.filter):
                        keys[each.con_id] = None
                elif not view.filter or view.filter.lower() in each.lower():
                    keys[each] = None
        return tuple(keys)

    def _value(self, key: Hashable, column: QuoteColumn) -> Value:
        facts = self._facts(key, (column,))
        return None if facts is None else column.value(facts)

    def _facts(self, key: Hashable, columns: Iterable[QuoteColumn]) -> Facts | None:
        instrument = self._host.watched().get(key) if isinstance(key, int) else None
        if instrument is None:
            return None
        parts, con_id = self._parts, instrument.con_id
        names = [each.name for each in columns]
        quote = parts.market.board.quote(con_id)
        return Facts(
            quote,
            instrument,
            parts.feeds.mark(con_id),
            self._now,
            self._now_ns,
            parts.account.positions.get(con_id),
            parts.day_watch.results.get(con_id),
            self._daily.facts.get(con_id, NO_DAYS),
            parts.day_lines.line(con_id, LINE_POINTS) if "day" in names else (),
            None if self._flashes is None else self._flashes.of(con_id),
            parts.settings.ui.timezone,
            parts.market.board.ticks_in(con_id, 60.0, self._now) if "ticks" in names else 0,
        )

    def _row(self, key: Hashable) -> Row:
        if isinstance(key, Title):
            return ((key.name, "accent"),)
        if not isinstance(key, int):
            why = self._parts.watchlists.problems.get(str(key), "its contract is not known yet")
            return ((f"{key}  {UNKNOWN}  {why}", "dim"),)
        facts = self._facts(key, self._columns)
        if facts is None:  # taken off its list since the last frame
            return (("", "plain"),)
        row = quote_row(facts, self._columns)
        if wider := too_narrow(row, self._columns):
            self._wider |= wider
            self._drawn_view = None
            self._host.paint_soon()
        return row

    def _overview(self) -> None:
        host, width = self._host, self.size.width
        lists = host.watchlists()
        names = [name for name, _ in lists]
        tabs = [("all", len(host.watched())), *((name, len(entries)) for name, entries in lists)]
        current = names.index(self.view.tab) + 1 if self.view.tab in names else 0
        shown = sum(isinstance(key, int) for key in self._order)
        note = f"filter: {self.view.filter} ({shown}), esc ends it" if self.view.filter else ""
        self.query_one("#tabs", LineBox).show([tab_line(tabs, current, note, width)])
        ids = [key for key in self._listed() if isinstance(key, int)]
        quotes = [quote for quote in map(self._known_quote, ids) if quote is not None]
        sectors = {
            each.symbol: self._known_quote(each.con_id)
            for each in host.watched().values()
            if each.symbol in SECTORS and each.sec_type == "STK"
        }
        lines = [breadth_line(breadth(quotes, self._daily.facts), len(ids), width), sector_line(sectors, width)]
        self.query_one("#overview", LineBox).show(lines)
        selected = host.selected
        if selected is not None:
            self.query_one("#about", LineBox).show([about(selected, self._parts.feeds.reason(selected.con_id))])

    def _listed(self) -> tuple[Hashable, ...]:
        return self._base

    def _known_quote(self, con_id: int) -> Quote | None:
        """The quote where its numbers hold: those of a closed market do, those of a lost link don't."""
        return None if self._parts.feeds.mark(con_id) is Mark.STALE else self._parts.market.board.quote(con_id)

    def _read_daily(self) -> None:
        market_ns = self._parts.market_clock.now_ns()
        instruments = tuple(self._host.watched().values())
        if market_ns is not None and self._daily.due(instruments, market_ns):
            self.run_worker(self._daily.read(instruments, market_ns), group="daily bars", exit_on_error=True)

    # --- keys ---

    def on_row_grid_highlighted(self, event: RowGrid.Highlighted) -> None:
        """The selection is the console's, so that the other screens follow it."""
        instrument = self._host.watched().get(event.key) if isinstance(event.key, int) else None
        if event.by_user and instrument is not None:
            self._moved_at = self._parts.clock.monotonic()
            self._host.select(instrument)

    async def action_open_depth(self) -> None:
        """Opens the selected symbol's ladder."""
        await self._host.action_open_screen("depth")

    def action_list(self, steps: int) -> None:
        """Another list, or all of them."""
        tabs = (ALL, *self._parts.watchlists.names)
        at = tabs.index(self.view.tab) if self.view.tab in tabs else 0
        self._host.board.look(replace(self.view, tab=tabs[(at + steps) % len(tabs)]))

    def action_column(self, steps: int) -> None:
        """Moves the column cursor."""
        names = self.view.columns
        at = names.index(self._cursor) if self._cursor in names else 0
        self._cursor = names[max(0, min(at + steps, len(names) - 1))]
        self._drawn_view = None
        self._host.paint_soon()

    def action_sort(self) -> None:
        """Orders by the column under the cursor."""
        self._host.board.look(self.view.sorted_by(self._cursor))

    def action_filter(self) -> None:
        """Asks what rows must have; they follow while it is typed."""
        self._host.board.ask_filter()

    def action_no_filter(self) -> None:
        """All rows again."""
        self._host.board.filter("")

    def action_columns(self) -> None:
        """Opens the choice of columns."""
        self._host.board.choose_columns()

    def action_shift(self, steps: int) -> None:
        """Moves the selected symbol in its list."""
        self._host.board.shift(steps)

    def action_remove(self) -> None:
        """Takes the selected symbol off the list that is shown, off all of them in the view of all."""
        self._host.board.remove_selected()
