"""Screen 2: the selected symbol's price ladder."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.broker.subscriptions import Feed
from ibtui.market.instruments import Instrument
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows import ladder
from ibtui.ui.rows.quotes import headline
from ibtui.ui.screens.symbol import SymbolScreen
from ibtui.ui.text import Line
from ibtui.ui.widgets.linebox import LineBox


class DepthScreen(SymbolScreen):
    """One row a tick. Rows do not move under the eye until the market has left them, or ``c`` asks for it."""

    NAME = "depth"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("depth")]

    def __init__(self) -> None:
        super().__init__()
        self._centre: int | None = None
        self._shown: int | None = None

    def body(self) -> Iterable[Widget]:
        """A header about quote and book, and the ladder."""
        yield LineBox(id="headline")
        yield LineBox(id="ladder")

    def on_screen_suspend(self) -> None:
        """Whoever needs the slot may have it, unless only a dialog stands before the screen."""
        if self.console.screen_stack[0] is self:
            return
        self.console.follow(Feed.DEPTH, None)

    def paint(self, frame: Frame) -> None:
        """Draws the ladder if its book, its quote or our orders changed."""
        instrument = self.instrument
        if instrument is None:
            self.query_one("#headline", LineBox).show([((" No symbol selected. Type / and a symbol.", "dim"),)])
            return
        self.console.follow(Feed.DEPTH, instrument)
        if instrument.con_id != self._shown:
            self._shown, self._centre = instrument.con_id, None
        elif not (frame.full or instrument.con_id in frame.books or instrument.con_id in frame.quotes):
            return
        self._draw(instrument, frame)

    def _draw(self, instrument: Instrument, frame: Frame) -> None:
        market, box = self.parts.market, self.query_one("#ladder", LineBox)
        quote, book = market.board.quote(instrument.con_id), market.books.get(instrument.con_id)
        tick = instrument.min_tick
        has_book = book is not None and bool(book.bids or book.asks)
        if book is not None and has_book:
            bids, asks = ladder.side_of(book.bids, tick), ladder.side_of(book.asks, tick)
        else:
            bids, asks = ladder.touch_only(quote, tick)
        reason = self.parts.feeds.reason(instrument.con_id, Feed.DEPTH)
        width, height = box.content_size.width, box.content_size.height - 1
        header = headline(quote, instrument, self.parts.feeds.mark(instrument.con_id), frame.now, frame.now_ns)
        problem = book.check() if book is not None else None
        facts = ladder.book_line(book, bids, asks, problem, tick) if has_book else ()
        if reason or not has_book:
            facts = (
                *facts,
                (f" no depth, touch only: {reason or 'no book yet'}" if not has_book else f"  {reason}", "warn"),
            )
        self.query_one("#headline", LineBox).show([((" ", "plain"), *header), facts])
        centre = self._place(ladder.centre_of(bids, asks, quote, tick), height, bids, asks)
        if centre is None:
            box.show([ladder.ladder_header(width), ((" No price known yet.", "dim"),)])
            return
        mine = ladder.own_orders(self.parts.orders.orders.values(), instrument.con_id, tick)
        rows: list[Line] = ladder.ladder_rows(bids, asks, centre, height, width, instrument, quote.last, mine)
        box.show([ladder.ladder_header(width), *rows])

    def _place(self, market: int | None, height: int, bids: ladder.Side, asks: ladder.Side) -> int | None:
        if market is not None and (self._centre is None or ladder.needs_centring(self._centre, height, bids, asks)):
            self._centre = market
        return self._centre

    def action_centre(self) -> None:
        """Centres the ladder on the market."""
        self._centre = None
        self.console.paint_soon()
