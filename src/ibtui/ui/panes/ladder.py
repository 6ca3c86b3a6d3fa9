"""One symbol's price ladder: its rows, what is chosen among them, and the orders at the chosen one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType

from ibtui.broker.subscriptions import Feed, Standing
from ibtui.market.book import DepthBook
from ibtui.market.flow import WINDOWS
from ibtui.market.increments import Scale
from ibtui.market.instruments import Instrument
from ibtui.market.prices import format_price
from ibtui.trading.orders import Action, Order
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.keys.key import GRID
from ibtui.ui.panes.ladder_orders import LadderOrders
from ibtui.ui.panes.ladder_profile import LadderProfile
from ibtui.ui.panes.ladder_window import LadderWindow
from ibtui.ui.rows import ladder_book as by_rows
from ibtui.ui.rows.ladder import LadderView, grey, ladder_header, ladder_rows
from ibtui.ui.rows.ladder_head import (
    Choices,
    Touch,
    book_parts,
    choice_part,
    cursor_parts,
    flow_part,
    hint,
    position_part,
    trouble_line,
)
from ibtui.ui.rows.quotes import headline
from ibtui.ui.text import Line, cells, join, length, pad
from ibtui.ui.widgets.linebox import LineBox

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

GROUPS = (1, 2, 5, 10)
"""Increments a row."""

LEAST = (0.0, 10.0, 100.0, 500.0, 1000.0)
"""Sizes from which changes are shown."""

BEHIND_EVERY = 0.2
"""Seconds between two drawings of sizes; prices at the touch, our orders and keys wait for none."""

HEAD, FOOT = 3, 1
"""Lines over and under the rows."""


class LadderPane(LineBox, can_focus=True):
    """Draws lines, of which only those that differ are sent again.

    Args:
        console: The app.
        instrument: Which symbol is shown, asked for each frame.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(GRID), *bindings("depth", group="Ladder")]

    def __init__(
        self,
        console: "ConsoleApp",
        instrument: Callable[[], Instrument | None],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._host = console
        self._parts = console.parts
        self._instrument = instrument
        self._choices = Choices()
        self._window = LadderWindow()
        self._orders = LadderOrders(console)
        self._shown: int | None = None
        self._view: LadderView | None = None
        self._trouble = ""
        self._touch: Touch = (None, None)
        self._profile = LadderProfile(console)
        self._drawn: object = None
        self._drawn_at = 0.0
        self._waiting = False
        self._actions: Mapping[str, Callable[[], None]] = {
            "buy": lambda: self._place("BUY"),
            "sell": lambda: self._place("SELL"),
            "enter": self._enter,
            "move": self._move_order,
            "cancel": self._cancel,
            "release": self._release,
            "centre": self._window.centre,
            "window": lambda: self._choose(seconds=_next(WINDOWS, self._choices.seconds)),
            "least": lambda: self._choose(least=_next(LEAST, self._choices.least)),
            "group": self._regroup,
            "venues": lambda: self._choose(venues=not self._choices.venues),
            "anew": lambda: self._forget(lambda row: True),
            "above": lambda: self._forget_beside(1),
            "below": lambda: self._forget_beside(-1),
        }

    # --- painting ---

    @property
    def instrument(self) -> Instrument | None:
        """The symbol that is shown."""
        return self._instrument()

    @property
    def trouble(self) -> str:
        """Why the ladder is grey and takes no orders; empty while it is believed."""
        return self._trouble

    @property
    def held(self) -> Order | None:
        """Our order that is picked up."""
        return self._orders.held

    @property
    def cursor_price(self) -> float | None:
        """The price of the chosen row."""
        return None if self._view is None or self._view.cursor is None else self._view.scale.price(self._view.cursor)

    def paint(self, frame: Frame) -> None:
        """Draws the ladder if its book, its quote, its trades or our orders changed."""
        instrument = self.instrument
        if instrument is None:
            self.show([((" No symbol selected. Type / and a symbol.", "dim"),)])
            return
        con_id = instrument.con_id
        orders = self._parts.orders.orders
        ours = [each for each in orders.values() if each.intent.con_id == con_id]
        if con_id != self._shown:
            self._shown = con_id
            self._view = None
            self._window.centre()
            self._orders.let_go()
            self._profile.forget()
        elif not (frame.full or self._due(con_id, ours, frame)):
            return
        self._waiting, self._drawn_at = False, frame.now
        self._drawn = self._what_cannot_wait(con_id), ours
        self._draw(instrument, ours, frame)

    def _due(self, con_id: int, ours: list[Order], frame: Frame) -> bool:
        """Whether something changed that is to be drawn in this frame."""
        self._waiting |= con_id in frame.books or con_id in frame.quotes or con_id in frame.tapes
        if self._waiting and frame.now - self._drawn_at >= BEHIND_EVERY:
            return True
        return (self._what_cannot_wait(con_id), ours) != self._drawn

    def _what_cannot_wait(self, con_id: int) -> tuple[float | None, ...]:
        """Best prices of quote and book, and the last one traded at: what an instant key acts on."""
        quote, book = self._parts.market.board.quote(con_id), self._book(con_id)
        sides = () if book is None else (book.bids, book.asks)
        return quote.bid, quote.ask, quote.last, *(side[0].price if side else None for side in sides)

    def _draw(self, instrument: Instrument, ours: list[Order], frame: Frame) -> None:
        parts, choices, con_id, width = self._parts, self._choices, instrument.con_id, self.content_size.width
        quote, flow = parts.market.board.quote(con_id), parts.market.flow(con_id)
        scale = Scale(parts.contracts.rules.grid(instrument), choices.group)
        book = self._book(con_id)
        self._trouble = self._look_for_trouble(con_id, book, frame.now)
        before = self._view
        if before is not None and before.scale != scale:
            self._window.rescale(lambda row: scale.row(before.scale.price(row)))
            self._profile.forget()
        self._touch = quote.bid, quote.ask
        if book is None:
            bids, asks = by_rows.touch_only(quote, scale)
        else:
            bids, asks = by_rows.side_of(book.bids, scale, "down"), by_rows.side_of(book.asks, scale, "up")
            self._touch = (
                book.bids[0].price if book.bids else quote.bid,
                book.asks[0].price if book.asks else quote.ask,
            )
        held = self._orders.held
        height = self.content_size.height - HEAD - FOOT
        market = by_rows.centre_of(bids, asks, quote, scale)
        self._window.place(market, height, bids, asks, frame.now, busy=held is not None)
        hit, lifted = flow.traded(choices.seconds, frame.now)
        bid_changes, ask_changes = flow.changes(choices.seconds, frame.now)
        self._profile.update(flow, scale, full=frame.full)
        position = parts.account.positions.get(con_id)
        average = None if position is None or not position.quantity else position.average_cost
        average = None if average is None else average / instrument.multiplier
        view = self._view = LadderView(
            scale=scale,
            bids=bids,
            asks=asks,
            tick=instrument.min_tick,
            last=None if quote.last is None else scale.row(quote.last),
            average=None if average is None else scale.row(average),
            cursor=self._window.cursor,
            mine=by_rows.own_orders(ours, con_id, scale),
            bid_changes=by_rows.by_row(bid_changes, scale, "down"),
            ask_changes=by_rows.by_row(ask_changes, scale, "up"),
            hit=by_rows.by_row(hit, scale, "down"),
            lifted=by_rows.by_row(lifted, scale, "up"),
            profile=self._profile.rows,
            control=self._profile.control,
            least=choices.least,
            venues=choices.venues,
            believed=not self._trouble,
        )
        header = headline(quote, instrument, parts.feeds.mark(con_id), frame.now, frame.now_ns)
        facts = self._facts(instrument, book, view, sum(hit.values()), sum(lifted.values()), frame.now)
        held_now = 0.0 if position is None else position.quantity
        foot = self._foot(
            instrument, view, position_part(held_now, average, quote.bid, quote.ask, scale, instrument), held_now
        )
        lines = ladder_rows(view, self._window.rows(), width) or [((" No price known yet.", "dim"),)]
        lines += [()] * (height - len(lines))
        title = ladder_header(width, choices.seconds, choices.venues)
        header = grey(header) if self._trouble else header
        self.show([((" ", "plain"), *header), facts, title, *lines, foot])

    def _book(self, con_id: int) -> DepthBook | None:
        book = self._parts.market.books.get(con_id)
        return book if book is not None and (book.bids or book.asks) else None

    def _look_for_trouble(self, con_id: int, book: DepthBook | None, now: float) -> str:
        if book is not None:
            return self._parts.market.trouble(con_id, now)
        subscription = next(
            (
                each
                for each in self._parts.feeds.subscriptions()
                if each.feed is Feed.DEPTH and each.instrument.con_id == con_id
            ),
            None,
        )
        expected = subscription is not None and subscription.standing in (Standing.WAITING, Standing.GRANTED)
        return subscription.reason if subscription is not None and expected else ""

    def _facts(
        self, instrument: Instrument, book: DepthBook | None, view: LadderView, hit: float, lifted: float, now: float
    ) -> Line:
        width, feeds = self.content_size.width, self._parts.feeds
        if self._trouble:
            return trouble_line(self._trouble, width)
        choice, room = choice_part(self._choices, self._host.quantity), width - 1
        parts = [choice] if self._choices.unusual else []
        reason = feeds.reason(instrument.con_id, Feed.DEPTH)
        if book is None:  # told early: the balance behind it is of the best bid and ask alone
            none = f"no depth, touch only: {reason or 'no book yet'}"
            left = room - sum(length(each) + 2 for each in parts)
            parts.append(((pad(none, min(cells(none), left)), "warn"),))
        parts += book_parts(book, view.bids, view.asks, self._touch, view.scale, now)
        if book is not None and reason:
            parts.append(((reason, "warn"),))
        no_tape = feeds.reason(instrument.con_id, Feed.TAPE)
        parts.append(((f"no trades: {no_tape}", "warn"),) if no_tape else flow_part(hit, lifted, self._choices.seconds))
        if not self._choices.unusual:
            parts.append(choice)
        return ((" ", "plain"), *join(parts, room))

    def _foot(self, instrument: Instrument, view: LadderView, position: Line, held: float) -> Line:
        width = self.content_size.width
        parts: list[Line] = []
        if view.cursor is not None:
            moving = self._orders.words(view.scale.price(view.cursor), instrument)
            if moving:
                parts.append(((moving, "mine"),))
            parts += cursor_parts(view.cursor, view.bids, view.asks, self._touch, view.scale, instrument)
        if held:
            parts.append(position)
        if not parts:
            parts.append(((hint(view.bids, view.asks, self._window.rows()), "dim"),))
        return ((" ", "plain"), *join(parts, width - 1))

    def chosen(self, y: int) -> bool:
        """Whether a line is the chosen row's, which has its own ground besides a mark."""
        rows = self._window.rows()
        return HEAD <= y < HEAD + len(rows) and rows[y - HEAD] == self._window.cursor

    # --- keys ---

    def action_ladder(self, what: str) -> None:
        """One of the ladder's keys."""
        self._actions[what]()
        self._host.paint_soon()

    def action_move(self, steps: int) -> None:
        """Chooses the row above or below."""
        self._window.move(-steps, self._begin(steps), self._parts.clock.monotonic())
        self._host.paint_soon()

    def action_move_page(self, pages: int) -> None:
        """Chooses a row a screenful away."""
        self._window.move_page(-pages, self._begin(pages), self._parts.clock.monotonic())
        self._host.paint_soon()

    def action_move_to_end(self, direction: int) -> None:
        """Chooses the highest or the lowest visible row."""
        self._window.move_to_end(top=direction < 0, now=self._parts.clock.monotonic())
        self._host.paint_soon()

    def action_copy(self) -> None:
        """Puts the chosen row into the clipboard."""
        rows, cursor = self._window.rows(), self._window.cursor
        if cursor is not None and cursor in rows:
            line = self.lines[HEAD + rows.index(cursor)]
            self.app.copy_to_clipboard("".join(text for text, _ in line).strip())

    def on_click(self, event: events.Click) -> None:
        """A click chooses the row under it."""
        rows, at = self._window.rows(), event.y - HEAD
        if 0 <= at < len(rows):
            self._window.choose(rows[at], self._parts.clock.monotonic())
            self._host.paint_soon()

    def _begin(self, steps: int) -> int | None:
        """The first key upwards chooses the best ask, one downwards the best bid."""
        if self._view is None:
            return None
        bid, ask = by_rows.best_rows(self._view.bids, self._view.asks)
        wanted, other = (bid, ask) if steps > 0 else (ask, bid)
        rows = self._window.rows()
        middle = rows[len(rows) // 2] if rows else None
        return wanted if wanted is not None else other if other is not None else middle

    def _at_cursor(self) -> tuple[Instrument, float] | None:
        """Symbol and price of the chosen row, if a key may act on it; says why not."""
        if not self._host.key_trusted():
            return None
        instrument, price, view = self.instrument, self.cursor_price, self._view
        if instrument is None or self._window.cursor is None:
            self._host.tell("No row is chosen: the arrow keys choose one")
            return None
        painted = view is not None and (view.cursor, view.scale.group) == (self._window.cursor, self._choices.group)
        if price is None or not painted or instrument.con_id != self._shown:
            self._host.tell("Key ignored: the chosen row was not on the screen yet. Press it again.", bad=True)
            return None
        return instrument, price

    def _place(self, action: Action) -> None:
        if (at := self._at_cursor()) is not None:
            self._orders.place(at[0], action, at[1], self._trouble)

    def _enter(self) -> None:
        """Puts down what is picked up; else a ticket for the side that would rest at the chosen row."""
        at = self._at_cursor()
        if at is None or self._view is None or self._view.cursor is None:
            return
        if self._orders.held is not None:
            self._orders.put_down(*at, self._trouble)
            return
        bid, ask = by_rows.best_rows(self._view.bids, self._view.asks)
        if bid is not None and self._view.cursor <= bid:
            self._orders.ticket(at[0], "BUY", at[1], self._trouble)
        elif ask is not None and self._view.cursor >= ask:
            self._orders.ticket(at[0], "SELL", at[1], self._trouble)
        else:
            self._host.tell("Inside the spread: i buys here, o sells here")

    def _move_order(self) -> None:
        at = self._at_cursor()
        if at is None:
            return
        if self._orders.held is not None:
            self._orders.put_down(*at, self._trouble)
        else:
            self._orders.pick_up(at[0], self._mine(), self._trouble)

    def _cancel(self) -> None:
        if (at := self._at_cursor()) is not None:
            self._orders.cancel(self._mine(), format_price(at[1], at[0].min_tick))

    def _mine(self) -> list[Order]:
        view = self._view
        return [] if view is None or view.cursor is None else list(view.mine.get(view.cursor, ()))

    def _release(self) -> None:
        if self._orders.held is not None:
            self._orders.let_go()
        else:
            self._window.release()

    def _choose(self, **changed: float | bool) -> None:
        self._choices = replace(self._choices, **changed)  # type: ignore[arg-type]

    def _regroup(self) -> None:
        self._choose(group=int(_next(GROUPS, self._choices.group)))

    def _forget_beside(self, up: int) -> None:
        """Forgets what went on above or below the chosen row, or the middle of the market where none is chosen."""
        view = self._view
        middle = None if view is None else by_rows.middle_of(view.bids, view.asks)
        begin = middle if self._window.cursor is None else self._window.cursor
        if begin is None:
            self._host.tell("No price is known yet")
        else:
            self._forget(lambda row: (row - begin) * up > 0)

    def _forget(self, meant: Callable[[int], bool]) -> None:
        """Counts trades and changes anew at rows; their prices are put into rows as they are for the eye."""
        view = self._view
        if self._shown is not None and view is not None:
            self._parts.market.flow(self._shown).forget_lately(
                lambda price: meant(view.scale.row(price, "down")), lambda price: meant(view.scale.row(price, "up"))
            )


def _next(values: tuple[float, ...], value: float) -> float:
    return values[(values.index(value) + 1) % len(values)]
