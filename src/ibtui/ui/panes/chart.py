"""The chart of the selected symbol: stored bars, the bar that is forming, our own fills, and a cursor."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from ibtui.backfill.jobs import ENDED, Job, Series
from ibtui.backfill.planner import ended
from ibtui.broker.live_bars import Followed
from ibtui.broker.subscriptions import Feed
from ibtui.clock import NS
from ibtui.errors import StorageError
from ibtui.market.bars import BarSize, bar_size
from ibtui.market.candles import Candle, Slot
from ibtui.market.instruments import Instrument, what_of
from ibtui.market.prices import format_price
from ibtui.trading.orders import Order, execution_root
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.keys.key import GRID
from ibtui.ui.panes.chart_data import MOST_SLOTS, Loaded, carried_on, columns, load
from ibtui.ui.panes.viewport import Viewport
from ibtui.ui.rows import chart as rows
from ibtui.ui.rows.quotes import TRUSTED, headline
from ibtui.ui.text import Line, join, merge, zone_name
from ibtui.ui.widgets.linebox import LineBox

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

SIZES: tuple[BarSize, ...] = tuple(bar_size(text) for text in ("5s", "30s", "1m", "5m", "15m", "1h", "1d", "1w"))
"""Bar sizes that the keys go through; IB keeps none below five seconds up to date."""

FETCHED_BEFORE = 1000
"""Places of the axis before the visible ones that a download asks for too."""

HEAD, FOOT = 3, 1
"""Lines over and under the plot."""

_READ_AHEAD = 3
"""Screenfuls that are read at once."""


class ChartPane(LineBox, can_focus=True):
    """Draws lines; what is read from storage is read in a thread, and only lines that differ are sent again.

    Args:
        console: The app, whose selected symbol is shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(GRID), *bindings("chart")]

    def __init__(self, console: "ConsoleApp", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._host = console
        self._parts = console.parts
        usual = bar_size(self._parts.settings.backfill.bars)
        self._bar = usual if usual in SIZES else bar_size("1m")
        self._use_rth = True
        self._port = Viewport()
        self._loaded: Loaded | None = None
        self._reading: tuple[Series, int] | None = None
        self._stale = True
        self._problem = ""
        self._axis: list[Slot] = []
        self._candles: list[Candle] = []
        self._before: tuple[Loaded, int, list[Candle]] | None = None
        self._fills: tuple[rows.Fill, ...] = ()
        self._made: object = None
        self._drawn: object = None
        self._view: rows.View | None = None
        self._picture: rows.Picture | None = None

    def on_mount(self) -> None:
        """Listens for bars that are stored and orders that are filled."""
        self._parts.backfill.on_change.append(self._job_changed)
        self._parts.orders.on_change.append(self._order_changed)

    def on_unmount(self) -> None:
        """Listens no more."""
        self._parts.backfill.on_change.remove(self._job_changed)
        self._parts.orders.on_change.remove(self._order_changed)

    # --- what is shown ---

    @property
    def series(self) -> Series | None:
        """The bars that are shown; None while no symbol is selected."""
        instrument = self._host.selected
        return None if instrument is None else Series(instrument, self._bar, what_of(instrument), self._use_rth)

    @property
    def candles(self) -> tuple[Candle, ...]:
        """The columns that are visible."""
        return () if self._view is None else tuple(self._view.candles)

    @property
    def under(self) -> Candle | None:
        """The column under the cursor, without one the newest that is visible; None without any."""
        if self._view is None or not self._view.candles:
            return None
        return self._view.candles[-1 if self._view.cursor is None else self._view.cursor]

    def leave(self) -> None:
        """Nobody looks any more: the bar that is forming is no longer asked for."""
        self._parts.live_bars.show(None)

    def paint(self, frame: Frame) -> None:
        """Draws what changed."""
        if self._host.selected is None:  # the lists fill up after the start
            self._host.suggest(next(iter(self._host.watched().values()), None))
        series = self.series
        if series is None:
            self.show([((" No symbol selected. Type / and a symbol.", "dim"),)])
            return
        instrument = series.instrument
        self._host.follow(Feed.QUOTES, instrument)
        self._parts.live_bars.show(Followed(instrument, series.bar, series.what, series.use_rth))
        changed = self._gather(series)
        if changed or frame.full or instrument.con_id in frame.quotes:
            self._draw(series, frame)

    # --- gathering ---

    def _now(self) -> int | None:
        now_ns = self._parts.market_clock.now_ns()
        return None if now_ns is None else now_ns // NS

    def _gather(self, series: Series) -> bool:
        """Brings the columns up to date; says whether the plot must be drawn again."""
        if self._loaded is not None and self._loaded.series.key != series.key:
            self._loaded, self._made, self._stale = None, None, True
            self._axis, self._candles = [], []
            self._port.reset()
        now, live = self._now(), self._parts.live_bars
        wanted = self._wanted(series)
        read = self._loaded
        if read is not None and read.end == 0 and now is not None:
            self._stale = True  # the market's time was not known when it was read
        if (self._stale or read is None or read.wanted < wanted) and self._reading is None:
            self._stale = False
            self._reading = series, wanted
            self.run_worker(self._read(series, wanted, now), group="chart", exit_on_error=True)
        made = (read, live.changes, None if now is None else ended(series.bar, now), self._port.per)
        if made != self._made and read is not None:
            self._made = made
            self._axis, kept = carried_on(read, live.bars, now)
            per = self._port.per
            if self._before is None or (self._before[0], self._before[1]) != (read, per):
                self._before = read, per, columns(read, read.axis, 0, per, ())
            self._candles = columns(read, self._axis, kept, per, self._before[2])
            self._fills = (*read.fills, *self._new_fills(series.instrument, read.fills))
        state = (self._made, self.size, self._port.zoom, self._port.right, self._port.under)
        changed, self._drawn = state != self._drawn, state
        return changed

    def _wanted(self, series: Series) -> int:
        """Places of the axis to have: some screenfuls, and more when the view comes near the oldest."""
        count = self._columns()
        visible = count * self._port.per
        least = max(_READ_AHEAD * visible, visible + FETCHED_BEFORE)
        if self._loaded is None or self._loaded.series.key != series.key:
            return min(MOST_SLOTS, least)
        first, _ = self._port.window(self._candles, count)
        more = self._loaded.wanted * 2 if first < count // 2 else self._loaded.wanted
        return min(MOST_SLOTS, max(least, more))

    async def _read(self, series: Series, wanted: int, now: int | None) -> None:
        per = self._port.per

        def read() -> tuple[Loaded, list[Candle]]:
            found = load(self._parts.writer.directory, series, now, wanted)
            return found, columns(found, found.axis, 0, per, ())

        try:
            loaded, before = await asyncio.to_thread(read)
        except StorageError as error:
            self._problem = str(error)
        else:
            self._problem = ""
            if self.series is not None and self.series.key == series.key:
                self._loaded, self._before = loaded, (loaded, per, before)
            else:
                self._stale = True
        self._reading = None
        self._host.paint_soon()

    def _new_fills(self, instrument: Instrument, known: tuple[rows.Fill, ...]) -> list[rows.Fill]:
        """Fills of this run that were not stored yet when the rest was read."""
        found = {
            execution_root(each.exec_id): rows.Fill(each.ts_ns // NS, each.price, each.side == "BUY")
            for order in self._parts.orders.orders.values()
            if order.intent.con_id == instrument.con_id
            for each in order.executions
        }
        return [each for each in found.values() if each not in known]

    def _job_changed(self, job: Job) -> None:
        series = self.series
        if series is not None and job.series.key == series.key and (job.rows or job.state in ENDED):
            self._stale = True

    def _order_changed(self, order: Order) -> None:
        if order.executions:
            self._made = None

    # --- drawing ---

    def _columns(self) -> int:
        """Columns that fit."""
        return max(1, (self.content_size.width - self._axis_width()) // self._port.cells)

    def _axis_width(self) -> int:
        instrument = self._host.selected
        prices = [each.bar.high for each in self._candles[-1:] if each.bar]
        longest = (
            max((len(format_price(price, instrument.min_tick)) for price in prices), default=8) if instrument else 8
        )
        return max(8, longest) + 3

    def _draw(self, series: Series, frame: Frame) -> None:
        instrument, parts = series.instrument, self._parts
        quote, mark = parts.market.board.quote(instrument.con_id), parts.feeds.mark(instrument.con_id)
        trusted = mark in TRUSTED
        head = headline(quote, instrument, mark, frame.now, frame.now_ns)
        count = self._columns()
        first, end = self._port.window(self._candles, count)
        height, axis = self.content_size.height - HEAD - FOOT, self._axis_width()
        cursor = self._port.cursor(self._candles)
        shown = self._candles[first:end]
        has_volume = any(each.bar and each.bar.volume for each in shown)
        volume_rows = max(2, height // 5) if has_volume else 0
        last = quote.last if self._port.right is None else None
        view = rows.View(
            candles=shown,
            cells=self._port.cells,
            width=max(1, self.content_size.width - axis),
            rows=max(1, height - volume_rows),
            volume_rows=volume_rows,
            bar=series.bar,
            per=self._port.per,
            min_tick=instrument.min_tick,
            zone=self._host.zone_of(instrument),
            fills=self._fills,
            cursor=None if cursor is None or not first <= cursor < end else cursor - first,
            live=self._live_column(shown),
            trusted=trusted,
        )
        inside = self._picture is not None and self._covers(self._picture, last)
        if view != self._view or self._picture is None or not inside:
            self._view, self._picture = view, rows.picture(view, last)
        under = self.under
        width = self.content_size.width
        self.show(
            [
                ((" ", "plain"), *head),
                join(
                    [*self._facts(series, view, shown), *self._notes(series, shown, mark_closed=mark == "CLOSED")],
                    width,
                ),
                join(rows.readout(under, view), width),
                *self._plot(view, self._picture, under, last, axis, trusted=trusted),
                merge([*self._picture.times, ("└ " + self._zone(series, view, frame.now_ns), "dim")]),
            ]
        )

    @staticmethod
    def _covers(picture: rows.Picture, last: float | None) -> bool:
        return last is None or picture.scale is None or picture.scale.low <= last <= picture.scale.high

    def _live_column(self, shown: list[Candle]) -> int | None:
        bars = self._parts.live_bars.bars
        if not bars or not shown:
            return None
        forming, at = max(bars), len(shown) - 1
        return at if shown[at].start <= forming <= shown[at].last else None

    def _plot(
        self,
        view: rows.View,
        picture: rows.Picture,
        under: Candle | None,
        last: float | None,
        axis: int,
        *,
        trusted: bool,
    ) -> list[Line]:
        marks: dict[int, tuple[str, str]] = {}
        if picture.scale is not None:
            if last is not None:
                text = "◂ " + format_price(last, view.min_tick)
                marks[picture.row(last)] = (text, "title" if trusted else "dim")
            if view.cursor is not None and under is not None and under.bar is not None:
                marks[picture.row(under.bar.close)] = ("‹ " + format_price(under.bar.close, view.min_tick), "key")
        beside = rows.price_axis(picture, axis, marks)
        lines = [merge([*line, span]) for line, span in zip(picture.plot, beside, strict=True)]
        for at, line in enumerate(picture.volume):
            lines.append(merge([*line, ("┤ " + picture.top_volume if at == 0 else "│", "dim")]))
        return lines

    @staticmethod
    def _zone(series: Series, view: rows.View, now_ns: int) -> str:
        if series.bar.daily:
            return "dates"
        at_ns = view.candles[-1].start * NS if view.candles else now_ns
        return zone_name(view.zone, at_ns)

    # --- words ---

    def _facts(self, series: Series, view: rows.View, shown: list[Candle]) -> list[Line]:
        hours = "regular hours" if series.use_rth else "all hours"
        facts: list[Line] = [((f" {series.bar.text}", "title"),), ((hours, "dim"),)]
        if view.per > 1:
            facts.append(((f"{view.per} bars a column", "dim"),))
        if series.what != "TRADES":
            facts.append(((series.what.lower(), "dim"),))
        return facts

    def _notes(self, series: Series, shown: list[Candle], *, mark_closed: bool) -> list[Line]:
        if self._problem:
            return [((self._problem, "bad"),)]
        if self._loaded is None:
            return [(("reading…", "dim"),)]
        job = self._job(series)
        if job is not None and job.state not in ENDED:
            share = f" {job.done}/{job.total} requests" if job.total else ""
            about = f"{job.state}: {job.problem}" if job.problem else str(job.state)
            return [((f"fetching{share}, {job.rows:,} bars  ", "accent"), (about, "warn" if job.problem else "dim"))]
        notes: list[Line] = []
        if self._now() is None:
            notes.append((("as stored: there was no connection yet", "warn"),))
        live = self._parts.live_bars
        if live.problem and not mark_closed:
            notes.append(((f"no live bar: {live.problem}", "warn"),))
        holes = sum(each.holes for each in shown)
        if not self._loaded.stored and holes:
            notes.insert(0, ((f"no {series.bar.text} bars are stored: enter fetches them", "warn"),))
        elif holes:
            notes.insert(0, ((f"· {holes:,} bars missing here: enter fetches them", "warn"),))
        if job is not None and job.problem:
            notes.append(((f"last download: {job.problem}", "bad"),))
        return notes

    def _job(self, series: Series) -> Job | None:
        """The newest download of these bars."""
        return next((each for each in reversed(self._parts.backfill.jobs) if each.series.key == series.key), None)

    # --- keys ---

    def action_move(self, steps: int) -> None:
        """Nearer or farther."""
        self._port.zoom_by(steps)
        self._host.paint_soon()

    def action_move_page(self, pages: int) -> None:
        """A screenful back or on."""
        self._port.page(self._candles, self._columns(), pages)
        self._host.paint_soon()

    def action_move_to_end(self, direction: int) -> None:
        """To the oldest bars at hand, or to the newest."""
        self._port.reset()
        if direction < 0 and self._candles:
            self._port.page(self._candles, self._columns(), -len(self._candles))
        self._host.paint_soon()

    def action_cursor(self, steps: int) -> None:
        """Moves the cursor by columns."""
        self._port.move_cursor(self._candles, self._columns(), steps)
        self._host.paint_soon()

    def action_no_cursor(self) -> None:
        """Takes the cursor away and follows the newest bars."""
        self._port.reset()
        self._host.paint_soon()

    def action_bar_size(self, steps: int) -> None:
        """Larger or smaller bars."""
        self._bar = SIZES[(SIZES.index(self._bar) + steps) % len(SIZES)]
        self._host.paint_soon()

    def action_hours(self) -> None:
        """Regular hours only, or all."""
        self._use_rth = not self._use_rth
        self._host.paint_soon()

    def action_fetch(self) -> None:
        """Starts a download of what is missing, from well before what is visible on."""
        series = self.series
        if series is None:
            return
        job = self._job(series)
        if job is not None and job.state not in ENDED:
            self._host.tell(f"{series.instrument.symbol} {series.bar.text} is being fetched already")
            return
        start_job = self._parts.backfill.start
        if self._axis:
            first, end = self._port.window(self._candles, self._columns())
            at = next(index for index, slot in enumerate(self._axis) if slot.start >= self._candles[first].start)
            start = self._axis[max(0, at - FETCHED_BEFORE)].start
            until = None if self._port.right is None else self._candles[end - 1].last + series.bar.seconds
            start_job(series.instrument, series.bar, "full", series.what, series.use_rth, start=start, end=until)
        else:  # nothing is stored and the market's time is not known yet; the job waits for it
            start_job(series.instrument, series.bar, "tail", series.what, series.use_rth)
        self._host.paint_soon()

    def action_copy(self) -> None:
        """Copies what stands under the cursor."""
        if self._view is not None:
            words = ["".join(text for text, _ in part).strip() for part in rows.readout(self.under, self._view)]
            self.app.copy_to_clipboard("\t".join(words))
