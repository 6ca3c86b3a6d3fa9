"""What the user does to the quote board: lists, columns, order, filter. Keys and ``:`` commands come here alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.names import symbol
from ibtui.ui.board_view import ALL, BoardView, column_name, column_names, read_view
from ibtui.ui.rows.quote_columns import DEFAULT

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

NAME = "board"
"""Under which the view is kept."""

LIST_USAGE = "write :list NAME, :list new NAME, :list rename [OLD] NEW, :list delete NAME, or :list move NAME PLACE"


class Boarding:
    """The board's view, and what changes it. Each change is kept at once.

    Attributes:
        view: How the board is looked at now.
    """

    def __init__(self, app: "ConsoleApp") -> None:
        self._app = app
        self._lists = app.parts.watchlists
        self.view = read_view(app.parts.views.get(NAME))
        self._does: Mapping[str, Callable[[Sequence[str]], None]] = {
            "list": self._list,
            "sort": self._sort,
            "columns": self._columns,
            "filter": lambda words: self.filter(" ".join(words)),
        }

    @property
    def current_list(self) -> str | None:
        """The list that is shown; None where all of them are."""
        return self.view.tab if self.view.tab in self._lists.names else None

    def look(self, view: BoardView) -> None:
        """Looks at the board that way from now on."""
        self.view = view
        self._app.parts.views.put(NAME, view.document())
        self._app.paint_soon()

    def command(self, name: str, words: Sequence[str]) -> None:
        """One of the board's ``:`` commands; what is wrong with it becomes a word to the user."""
        try:
            self._does[name](words)
        except UsageError as error:
            self._app.tell(str(error), bad=True)

    # --- filter, order, columns ---

    def filter(self, text: str) -> None:
        """Shows only rows that have it; all rows where it is empty."""
        self.look(replace(self.view, filter=text.strip()))

    def ask_filter(self) -> None:
        """Asks for a filter that works while it is typed."""
        from ibtui.ui.screens.board_dialogs import FilterPrompt

        before = self.view.filter
        self._app.push_screen(
            FilterPrompt(before, self.filter), lambda text: self.filter(before if text is None else text)
        )

    def choose_columns(self) -> None:
        """Opens the choice of columns."""
        from ibtui.ui.screens.board_dialogs import ColumnsDialog

        self._app.push_screen(ColumnsDialog(self.view.columns), self._chosen_columns)

    def _chosen_columns(self, names: tuple[str, ...] | None) -> None:
        if names is not None:
            self.look(replace(self.view, columns=names))

    def _sort(self, words: Sequence[str]) -> None:
        match [each.lower() for each in words]:
            case ["off"] | []:
                self.look(replace(self.view, sort=""))
            case [name]:
                self.look(self.view.sorted_by(column_name(name)))
            case [name, ("up" | "down") as way]:
                self.look(replace(self.view, sort=column_name(name), descending=way == "down"))
            case _:
                raise UsageError("write :sort COLUMN [up|down], or :sort off")

    def _columns(self, words: Sequence[str]) -> None:
        if not words:
            self.choose_columns()
        elif words == ("default",):
            self.look(replace(self.view, columns=DEFAULT))
        else:
            self.look(replace(self.view, columns=column_names(words)))

    # --- lists ---

    def _list(self, words: Sequence[str]) -> None:
        match list(words):
            case ["new", name]:
                self._lists.add_list(_own_name(name))
                self.look(replace(self.view, tab=name))
            case ["rename", new]:
                self._rename(self._shown(), new)
            case ["rename", old, new]:
                self._rename(old, new)
            case ["delete"]:
                self._delete(self._shown())
            case ["delete", name]:
                self._delete(name)
            case ["move", name, place] if place.isdecimal():
                self._lists.move_list(name, int(place) - 1)
                self._app.paint_soon()
            case [name] if name in self._lists.names or name == "all":
                self.look(replace(self.view, tab=ALL if name == "all" else name))
            case [name]:
                raise UsageError(f"there is no list '{name}'; :list new {name} makes it")
            case _:
                raise UsageError(LIST_USAGE)

    def _shown(self) -> str:
        if self.current_list is None:
            raise UsageError("all lists are shown; name the one you mean")
        return self.current_list

    def _rename(self, old: str, new: str) -> None:
        self._lists.rename_list(old, _own_name(new))
        if self.view.tab == old:
            self.look(replace(self.view, tab=new))

    def _delete(self, name: str) -> None:
        self._lists.remove_list(name)
        if self.view.tab == name:
            self.look(replace(self.view, tab=ALL))
        self._app.tell(f"The list {name} is deleted")

    # --- symbols ---

    def _lists_of(self, instrument: Instrument) -> list[str]:
        shown = self.current_list
        return [
            name
            for name in ((shown,) if shown is not None else self._lists.names)
            if any(each.con_id == instrument.con_id for each in self._lists.instruments(name))
        ]

    def shift(self, steps: int) -> None:
        """Moves the selected symbol up or down in its list."""
        selected = self._app.selected
        if selected is None:
            return
        if self.view.sort:
            self._app.tell("Rows are ordered by a column; :sort off shows them as they are listed", bad=True)
            return
        for name in self._lists_of(selected)[:1]:
            self._lists.move(name, selected, steps)

    def remove_selected(self) -> None:
        """Takes the selected symbol off the list that is shown."""
        selected = self._app.selected
        if selected is None:
            return
        names = self._lists_of(selected)
        for name in names:
            self._lists.remove(name, selected)
        if names:
            self._app.tell(f"{symbol(selected)} taken off {', '.join(names)}; / puts it back")


def _own_name(name: str) -> str:
    if name in ("all", "new", "rename", "delete", "move"):
        raise UsageError(f"'{name}' means something else; give the list another name")
    return name
