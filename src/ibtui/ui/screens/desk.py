"""Screen 0: the panes of the other screens side by side, all of the selected symbol."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from ibtui.broker.subscriptions import Feed
from ibtui.errors import UsageError
from ibtui.ui.desk_layout import Layout, arrange, kept_layout, read_layout
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.screens.symbol import SymbolScreen
from ibtui.ui.text import Line, length
from ibtui.ui.widgets.linebox import LineBox

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp
    from ibtui.ui.widgets.rowgrid import RowGrid

KEPT = "desk"
"""Under which the layout in use is kept; the saved ones have their names after this one."""


AT_ONCE = " ARMED: i buys, o sells at once at the chosen row "


LOW = 14
"""Lines of a pane, its title among them, under which it leaves out what only explains."""


class Pane(Protocol):
    """What every pane can do."""

    def paint(self, frame: Frame) -> None:
        """Draws what changed."""


def _board(console: "ConsoleApp") -> Widget:
    from ibtui.ui.panes.board import BoardPane

    return BoardPane(console)


def _ladder(console: "ConsoleApp") -> Widget:
    from ibtui.ui.panes.ladder import LadderPane

    return LadderPane(console, lambda: console.selected)


def _tape(console: "ConsoleApp") -> Widget:
    from ibtui.ui.panes.tape import TapePane

    return TapePane(console)


def _orders(console: "ConsoleApp") -> Widget:
    from ibtui.ui.panes.orders import OrdersPane

    return OrdersPane(console)


def _chart(console: "ConsoleApp") -> Widget:
    from ibtui.ui.panes.chart import ChartPane

    return ChartPane(console)


MAKERS: Mapping[str, Callable[["ConsoleApp"], Widget]] = {
    "board": _board,
    "ladder": _ladder,
    "tape": _tape,
    "orders": _orders,
    "chart": _chart,
}
"""What makes each pane of :data:`ibtui.ui.desk_layout.PANES`; imported when it is first shown."""


class Slot(Vertical):
    """A pane under its title."""

    def __init__(self, name: str, pane: Widget) -> None:
        super().__init__(id=f"slot-{name}")
        self.pane_name = name
        self.pane = pane

    def compose(self) -> ComposeResult:
        """The title and the pane."""
        yield LineBox(classes="pane-title")
        yield self.pane

    def entitle(self, *, focused: bool, more: str = "", warning: str = "", cut_off: Line = ()) -> None:
        """Shows the title: where the keys go here, a mark and a bar over the whole pane, and what a key would do.

        Behind it stands what the pane has no room for: the other panes' names, and of the selected row what was cut.
        """
        box = self.query_one(".pane-title", LineBox)
        name = f"▸ {self.pane_name} " if focused else f"  {self.pane_name} "
        tone = "here" if focused else "dim"
        cut = tuple((f"{text} ", tone if focused else own) for text, own in cut_off)
        words: Line = ((name, tone), (warning, "alarm"), *cut, (more, tone))
        bar = " " * (box.content_size.width - length(words)) if focused else ""
        box.show([(*words, (bar, "here"))])

    def take_focus(self) -> None:
        """Gives the keys to the pane."""
        wanted = [self.pane, *self.pane.query("*")]
        next(each for each in wanted if each.can_focus).focus()


class DeskScreen(SymbolScreen):
    """Places the panes by the layout in use; the keys of the pane that has the focus come first."""

    NAME = "desk"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("desk")]

    def __init__(self) -> None:
        super().__init__()
        self._layout = kept_layout(self.parts.views.get(KEPT))
        self._focus = self._layout.panes[0]
        self._slots: dict[str, Slot] = {}
        self._shown: tuple[str, ...] = ()
        self._at_once = False
        self._cut_off: Line = ()

    def body(self) -> Iterable[Widget]:
        """Room for the panes; they are put into it once its size is known."""
        yield Container(id="desk")

    # --- where the panes are ---

    def on_resize(self, event: events.Resize) -> None:
        """Other panes may fit."""
        super().on_resize(event)
        self.call_after_refresh(self._place)

    async def _place(self) -> None:
        desk = self.query_one("#desk", Container)
        width, height = desk.size
        if not width or not height:
            return
        places = arrange(self._layout, self._focus, width, height)
        for place in places:
            if place.name not in self._slots:
                slot = self._slots[place.name] = Slot(place.name, MAKERS[place.name](self.console))
                await desk.mount(slot)
        self._shown = tuple(place.name for place in places)
        for name, slot in self._slots.items():
            slot.display = name in self._shown
        for place in places:
            styles = self._slots[place.name].styles
            styles.offset = (place.x, place.y)
            styles.width, styles.height = place.width, place.height
            self._slots[place.name].set_class(place.height < LOW, "low")
        self._slots[self._focus].take_focus()
        self._entitle()
        self.console.paint_soon()

    def _entitle(self) -> None:
        hidden = [name for name in self._layout.panes if name not in self._shown]
        more = f"   tab: {', '.join(hidden)}" if hidden else ""
        for name in self._shown:
            self._slots[name].entitle(
                focused=name == self._focus,
                more=more if name == self._shown[-1] else "",
                warning=AT_ONCE if name == self._focus == "ladder" and self._at_once else "",
                cut_off=self._cut_off if name == "orders" else (),
            )

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The keys may go elsewhere by a click, too."""
        slot = next((each for each in event.widget.ancestors if isinstance(each, Slot)), None)
        if slot is not None and slot.pane_name != self._focus:
            self._focus = slot.pane_name
            self._entitle()

    async def action_pane(self, steps: int) -> None:
        """The next or previous pane gets the keys; one that did not fit takes the place of another."""
        panes = self._layout.panes
        self._focus = panes[(panes.index(self._focus) + steps) % len(panes)]
        if self._focus in self._shown:
            self._slots[self._focus].take_focus()
            self._entitle()
        else:
            await self._place()

    # --- painting ---

    def paint(self, frame: Frame) -> None:
        """Draws the panes that are shown, each what changed for it."""
        if self.instrument is None:
            self.console.suggest(next(iter(self.console.watched().values()), None))
        instrument = self.instrument
        follows_tape = {"ladder", "tape"} & set(self._shown)
        if instrument is not None:
            self.console.follow(Feed.DEPTH, instrument if "ladder" in self._shown else None)
            self.console.follow(Feed.TAPE, instrument if follows_tape else None)
        for name in self._shown:
            cast("Pane", self._slots[name].pane).paint(frame)
        at_once, orders = self.console.armed.sends_at_once(), self._slots.get("orders")
        cut_off = () if orders is None else cast("RowGrid", orders.pane).cut_off
        if (at_once, cut_off) != (self._at_once, self._cut_off):
            self._at_once, self._cut_off = at_once, cut_off
            self._entitle()

    def on_screen_suspend(self) -> None:
        """Whoever needs the slots may have them, unless only a dialog stands before the screen."""
        if self.console.screen_stack[0] is self:
            return
        for feed in (Feed.DEPTH, Feed.TAPE):
            self.console.follow(feed, None)
        for slot in self._slots.values():
            leave = getattr(slot.pane, "leave", None)
            if leave is not None:
                leave()

    # --- layouts ---

    async def choose(self, words: list[str]) -> None:
        """``:layout``: a saved one by its name, ``show`` and its columns, ``save`` and a name; alone it tells all.

        Raises:
            UsageError: There is no such layout or pane.
        """
        views = self.parts.views
        saved = {name.removeprefix(f"{KEPT} "): name for name in views.names(f"{KEPT} ")}
        match words:
            case ["show", first, *more]:
                await self._use(read_layout([first, *more]))
            case ["save", name]:
                views.put(f"{KEPT} {name}", self._layout.document())
                self.console.tell(f"Layout {name} saved: :layout {name} brings it back")
            case ["usual"] if "usual" not in saved:
                await self._use(Layout())
            case [name] if name in saved:
                await self._use(kept_layout(views.get(saved[name])))
            case []:
                here = " ".join("+".join(column) for column in self._layout.columns)
                self.console.tell(f"Layout {here}; saved: {', '.join(['usual', *saved])}")
            case _:
                raise UsageError(f"no layout '{' '.join(words)}'; there are: {', '.join(['usual', *saved])}")

    async def _use(self, layout: Layout) -> None:
        self._layout = layout
        self.parts.views.put(KEPT, layout.document())
        if self._focus not in layout.panes:
            self._focus = layout.panes[0]
        await self._place()
