"""Rows and columns that may change ten times a second.

Textual's DataTable draws all visible cells again when one changes (measured: 17 times the processor time and 14 times
the bytes). Here a row is a tuple of cells, a row that is equal to the one shown costs nothing, and a changed one
redraws its own line.
"""

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from ibtui.ui.brush import Stroke
from ibtui.ui.changes import changed_cells
from ibtui.ui.keymap import bindings
from ibtui.ui.keys.key import GRID
from ibtui.ui.text import Column, Line, Place, Row, cells, clean, cut, fit, lay, merge
from ibtui.ui.widgets.toned import Toned

MARKER = 1
"""Cells in front of a row for the mark of the selected one, which must not be told by colour alone."""


class RowGrid(Toned, can_focus=True):
    """A list of rows under a pinned header. The selection follows a row's key, never its number.

    Args:
        columns: The table of columns; those that do not fit are left out.
        row_of: Makes the row of a key; asked only for rows that are visible.
        empty: What to show while there are no rows.
        selectable: Whether the row of a key can be selected; group titles can't.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(GRID)]

    class Highlighted(Message):
        """Another row is selected now."""

        def __init__(self, grid: "RowGrid", key: Hashable | None, by_user: bool) -> None:
            super().__init__()
            self.grid = grid
            self.key = key
            self.by_user = by_user

        @property
        def control(self) -> "RowGrid":
            """The grid that sent it."""
            return self.grid

    def __init__(
        self,
        columns: Sequence[Column],
        row_of: Callable[[Hashable], Row],
        *,
        empty: str = "",
        selectable: Callable[[Hashable], bool] = lambda key: True,
        cursor: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._row_of = row_of
        self._selectable = selectable
        self._cursor = cursor
        self._keys: tuple[Hashable, ...] = ()
        self._top = 0
        self._selected: Hashable | None = None
        self._places: tuple[Place, ...] = ()
        self._rows: dict[Hashable, Row] = {}
        self._strips: dict[Hashable, Strip] = {}
        self._standing: dict[int, tuple[Row | None, bool]] = {}
        self.empty = empty

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """The keys of all rows, in order."""
        return self._keys

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column, those too that do not fit."""
        return self._columns

    def all_rows(self) -> Iterator[Row]:
        """Every row, those too that are not on the screen."""
        return map(self._row_of, self._keys)

    @property
    def selected(self) -> Hashable | None:
        """The key of the selected row, or None."""
        return self._selected

    @property
    def cut_off(self) -> Line:
        """The selected row's cells that are wider than their columns, in full."""
        row = () if self._selected is None else self._row_of(self._selected)
        if len(row) != len(self._columns):
            return ()
        wide = [row[place.index] for place in self._places if cells(clean(row[place.index][0])) > place.width]
        return tuple(wide)

    @property
    def page(self) -> int:
        """Rows that are visible at once."""
        return max(0, self.content_size.height - 1)

    @property
    def visible_keys(self) -> Sequence[Hashable]:
        """The keys of the rows that are on the screen."""
        return self._keys[self._top : self._top + self.page]

    def row_text(self, key: Hashable) -> str:
        """A row's cells as text, separated by tabs."""
        return "\t".join(text for text, _ in self._row_of(key))

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Shows other columns from now on; every row is asked for anew."""
        new = tuple(columns)
        if new == self._columns:
            return
        same_row = [(each.width, each.right) for each in new] == [(each.width, each.right) for each in self._columns]
        self._columns = new
        if same_row:
            self.refresh(Region(0, 0, self.content_size.width, 1))
        else:
            self._lay_out()

    def set_keys(self, keys: Sequence[Hashable]) -> None:
        """Says which rows there are. The selection stays on its key; a key that is gone gives it to its neighbour."""
        new = tuple(keys)
        if new == self._keys:
            return
        before, old_visible, old_choice = self._keys, self.visible_keys, self._selected
        self._keys = new
        self._keep_selection(before)
        self._top = self._clamped(self._top)
        visible = self.visible_keys
        kept = set(visible)
        for cache in (self._rows, self._strips):
            for gone in [key for key in cache if key not in kept]:
                del cache[gone]
        if not new or not before:
            self.refresh()
            return
        moved = {old_choice, self._selected} if old_choice != self._selected else ()
        self.touch(y for y, (key, old) in enumerate(zip_longest(visible, old_visible), 1) if key != old or key in moved)

    def update_rows(self, changed: Container[Hashable] | None = None) -> None:
        """Draws again the visible rows whose cells differ.

        Args:
            changed: Keys that may have changed; None means any.
        """
        differing = []
        for y, key in enumerate(self.visible_keys, 1):
            if changed is not None and key not in changed:
                continue
            row = self._row_of(key)
            if row != self._rows.get(key):
                self._rows[key] = row
                self._strips.pop(key, None)
                differing.append(y)
        self.touch(differing)

    def strokes(self, lines: Iterable[int]) -> list[Stroke]:
        """What differs from what was drawn; all of a row that is chosen or no longer chosen."""
        found = []
        for y in sorted(lines):
            if y >= self.content_size.height:
                break
            before, (row, chosen) = self._standing.get(y, (None, False)), self._drawing(y)
            if row is None or before[0] is None or before[1] != chosen:
                found.append(Stroke(0, y, self._laid(row, chosen), chosen))
            elif before[0] is not row:
                parts = changed_cells(before[0], row, self._places, self.content_size.width - MARKER)
                found += [Stroke(MARKER + x, y, spans, chosen) for x, spans in parts]
        return found

    def _drawing(self, y: int) -> tuple[Row | None, bool]:
        """The row on a line, and whether it is the selected one; from now on this is what was drawn."""
        at, row, chosen = self._top + y - 1, None, False
        if at < len(self._keys):
            key = self._keys[at]
            row, chosen = self._rows.get(key), self._cursor and key == self._selected
            if row is None:
                row = self._rows[key] = self._row_of(key)
        self._standing[y] = row, chosen
        return row, chosen

    def _laid(self, row: Row | None, chosen: bool) -> Line:
        """A whole row, with its mark."""
        width = self.content_size.width
        if row is None:
            return ((" " * width, "plain"),)
        return merge(((("›" if chosen else " "), "key"), *lay(row, self._places, width - MARKER)))

    def show_cursor(self, shown: bool) -> None:
        """Whether a row is selected at all; the first visible one is, where none was."""
        if shown == self._cursor:
            return
        self._cursor = shown
        self._strips.clear()
        visible = [key for key in self.visible_keys if self._selectable(key)]
        self._selected = visible[0] if shown and visible else None
        self.refresh()

    def select(self, key: Hashable, *, by_user: bool = False) -> None:
        """Selects the row of this key and scrolls to it."""
        if key not in self._keys or key == self._selected or not self._selectable(key):
            return
        old, self._selected = self._selected, key
        for each in (old, key):
            self._strips.pop(each, None)
        at = self._keys.index(key)
        top = self._clamped(min(max(self._top, at - self.page + 1), at))
        # The title above the first row of a group comes into view with it.
        while top == at and top > 0 and not self._selectable(self._keys[top - 1]):
            top = at = top - 1
        if top != self._top:
            self._scroll_to_row(top)
        else:
            self.touch(y for y, each in enumerate(self.visible_keys, 1) if each in (old, key))
        self.post_message(self.Highlighted(self, key, by_user))

    def centre(self) -> None:
        """Puts the selected row into the middle of what is visible."""
        if self._selected in self._keys:
            self._scroll_to_row(self._clamped(self._keys.index(self._selected) - self.page // 2))

    def _scroll_to_row(self, top: int) -> None:
        self._top = top
        self._rows.clear()
        self._strips.clear()
        self.refresh()

    def _clamped(self, top: int) -> int:
        return max(0, min(top, len(self._keys) - self.page))

    def _keep_selection(self, before: Sequence[Hashable]) -> None:
        if not self._cursor or self._selected in self._keys:
            return
        choices = [key for key in self._keys if self._selectable(key)]
        index = before.index(self._selected) if self._selected in before else 0
        near = [key for key in self._keys[: index + 1] if self._selectable(key)]
        self._strips.pop(self._selected, None)
        self._selected = near[-1] if near else choices[0] if choices else None
        self._strips.pop(self._selected, None)
        self.post_message(self.Highlighted(self, self._selected, by_user=False))

    def _step(self, steps: int) -> None:
        choices = [key for key in self._keys if self._selectable(key)]
        if not choices:
            return
        if not self._cursor:
            self._scroll_to_row(self._clamped(self._top + steps))
            return
        at = choices.index(self._selected) if self._selected in choices else 0
        self.select(choices[max(0, min(at + steps, len(choices) - 1))], by_user=True)

    def action_move(self, steps: int) -> None:
        """Selects another row."""
        self._step(steps)

    def action_move_page(self, pages: int) -> None:
        """Goes on by as many rows as are visible."""
        self._step(pages * max(1, self.page - 1))

    def action_move_to_end(self, direction: int) -> None:
        """Goes to the first or the last row."""
        self._step(direction * len(self._keys))

    def action_copy(self) -> None:
        """Puts the selected row into the clipboard."""
        if self._selected is not None:
            self.app.copy_to_clipboard(self.row_text(self._selected))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the selection."""
        event.stop()
        self._step(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the selection."""
        event.stop()
        self._step(-3)

    def on_click(self, event: events.Click) -> None:
        """A click selects the row under it."""
        visible = self.visible_keys
        if self._cursor and 1 <= event.y <= len(visible):
            self.select(visible[event.y - 1], by_user=True)

    def on_resize(self, _: events.Resize) -> None:
        """Columns and the visible part depend on the size."""
        self._lay_out()

    def _lay_out(self) -> None:
        self._places = fit(self._columns, max(0, self.content_size.width - MARKER))
        self._rows.clear()
        self._strips.clear()
        self._standing.clear()
        self._top = self._clamped(self._top)
        if self._selected in self._keys:
            at = self._keys.index(self._selected)
            self._top = self._clamped(min(max(self._top, at - self.page + 1), at))
        self.refresh()

    def forget_strips(self) -> None:
        """Every row is drawn again when asked for."""
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """The header, or a row from the cache."""
        width = self.content_size.width
        if y == 0:
            return self._header(width)
        if not self._keys:
            return self.strip(cut(((" " + self.empty, "dim"),), width)) if y == 1 else self.blank()
        row, chosen = self._drawing(y)
        if row is None:
            return self.blank()
        key = self._keys[self._top + y - 1]
        found = self._strips.get(key)
        if found is None:
            found = self._strips[key] = self.strip(self._laid(row, chosen), cursor=chosen, width=width)
        return found

    def _header(self, width: int) -> Strip:
        titles: Row = tuple((each.title, each.tone) for each in self._columns)
        return self.strip(cut(((" " * MARKER, "head"), *lay(titles, self._places, width - MARKER)), width))
