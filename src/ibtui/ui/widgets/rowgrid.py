"""Rows and columns that may change ten times a second.

Textual's DataTable draws all visible cells again when one changes (measured: 17 times the processor time and 14 times
the bytes). Here a row is a tuple of cells, a row that is equal to the one shown costs nothing, and a changed one
redraws its own line.
"""

from collections.abc import Callable, Container, Hashable, Iterator, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from ibtui.ui.keymap import bindings
from ibtui.ui.keys.key import GRID
from ibtui.ui.text import GAP, Column, Place, Row, cut, fit, lay, merge
from ibtui.ui.widgets.toned import Toned

MARKER = 1
"""Cells in front of a row for the mark of the selected one, which must not be told by colour alone."""

_CLOSE = 4
"""Cells between two changed ones up to which what lies between is sent too."""


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
        before, old_visible = self._keys, self.visible_keys
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
        rows = range(max(len(visible), len(old_visible)))
        self._refresh_rows([at for at in rows if visible[at : at + 1] != old_visible[at : at + 1]])

    def update_rows(self, changed: Container[Hashable] | None = None) -> None:
        """Draws again the visible rows whose cells differ.

        Args:
            changed: Keys that may have changed; None means any.
        """
        regions: list[Region] = []
        for at, key in enumerate(self.visible_keys):
            if changed is not None and key not in changed:
                continue
            row = self._row_of(key)
            before = self._rows.get(key)
            if before != row:
                self._rows[key] = row
                self._strips.pop(key, None)
                regions += [Region(x, at + 1, width, 1) for x, width in self._changed_cells(before, row)]
        if regions:
            self.refresh(*regions)

    def _refresh_rows(self, rows: Sequence[int]) -> None:
        """Has visible rows drawn again, neighbours as one region: each region costs the compositor the same."""
        bands: list[list[int]] = []
        for row in rows:
            if bands and bands[-1][-1] == row - 1:
                bands[-1].append(row)
            else:
                bands.append([row])
        if bands:
            width = self.content_size.width
            self.refresh(*(Region(0, band[0] + 1, width, len(band)) for band in bands))

    def show_cursor(self, shown: bool) -> None:
        """Whether a row is selected at all; the first visible one is, where none was."""
        if shown == self._cursor:
            return
        self._cursor = shown
        self._strips.clear()
        visible = [key for key in self.visible_keys if self._selectable(key)]
        self._selected = visible[0] if shown and visible else None
        self.refresh()

    def _changed_cells(self, before: Row | None, row: Row) -> list[tuple[int, int]]:
        """Where a row differs from how it was drawn, as ``x, width``: what stays is not sent again."""
        width = self.content_size.width
        if before is None or len(before) != len(row) or len(row) == 1:
            return [(0, width)]
        found: list[tuple[int, int]] = []
        x = MARKER
        for place in self._places:
            cells = place.width + GAP
            if before[place.index] != row[place.index]:
                last, length = found[-1] if found else (0, 0)
                # Going elsewhere costs some bytes too: two places that lie close are sent as one.
                if found and x - last - length <= _CLOSE:
                    found[-1] = (last, x + cells - last)
                else:
                    found.append((x, cells))
            x += cells
        return [(x, min(length, width - x)) for x, length in found if x < width]

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
            width = self.content_size.width
            self.refresh(
                *(Region(0, row + 1, width, 1) for row, each in enumerate(self.visible_keys) if each in (old, key))
            )
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
        at = self._top + y - 1
        if at >= len(self._keys):
            return self.blank()
        key = self._keys[at]
        found = self._strips.get(key)
        if found is None:
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = self._row_of(key)
            marked = self._cursor and key == self._selected
            line = merge(((("›" if marked else " "), "key"), *lay(row, self._places, width - MARKER)))
            found = self._strips[key] = self.strip(line, cursor=marked, width=width)
        return found

    def _header(self, width: int) -> Strip:
        titles: Row = tuple((each.title, each.tone) for each in self._columns)
        return self.strip(cut(((" " * MARKER, "head"), *lay(titles, self._places, width - MARKER)), width))
