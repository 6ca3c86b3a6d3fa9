"""How the quote board is looked at: which list, which columns, in which order. Pure; kept over a restart."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.names import symbol
from ibtui.ui.rows.quote_columns import COLUMNS, DEFAULT, PINNED, Value

ALL = ""
"""The tab that shows every list."""


@dataclass(frozen=True, slots=True)
class BoardView:
    """What the user chose.

    Attributes:
        columns: Names of the columns, in order; the pinned one first.
        sort: The column that rows are ordered by; empty is the lists' own order.
        descending: The largest first.
        tab: The list that is shown; :data:`ALL` merges them.
        filter: Rows that don't have it in symbol, name, kind or exchange are left out; not kept over a restart.
    """

    columns: tuple[str, ...] = DEFAULT
    sort: str = ""
    descending: bool = True
    tab: str = ALL
    filter: str = ""

    def document(self) -> dict[str, Any]:
        """What is kept."""
        return {"columns": list(self.columns), "sort": self.sort, "descending": self.descending, "tab": self.tab}

    def sorted_by(self, name: str) -> "BoardView":
        """Ordered by a column, largest first (texts: A first); again: the other way round; once more: unsorted."""
        down = name not in TEXTS
        if self.sort != name:
            return replace(self, sort=name, descending=down)
        if self.descending is down:
            return replace(self, descending=not down)
        return replace(self, sort="", descending=True)


TEXTS = frozenset({"symbol", "mark", "feed", "exch", "type", "ccy", "name", "halted"})
"""Columns that sort by their text."""


def read_view(document: Mapping[str, Any]) -> BoardView:
    """The view of a document; what means nothing (any more) is as if it had never been said."""
    columns = document.get("columns")
    names = [each for each in columns if each in COLUMNS] if isinstance(columns, list) else []
    sort, tab = document.get("sort"), document.get("tab")
    return BoardView(
        columns=with_pinned(names) if names else DEFAULT,
        sort=sort if isinstance(sort, str) and sort in COLUMNS else "",
        descending=document.get("descending") is not False,
        tab=tab if isinstance(tab, str) else ALL,
    )


def with_pinned(names: Sequence[str]) -> tuple[str, ...]:
    """Each column once, the pinned one first."""
    return (PINNED, *dict.fromkeys(each for each in names if each != PINNED))


def column_names(words: Sequence[str]) -> tuple[str, ...]:
    """The columns that are named, separated by blanks or commas.

    Raises:
        UsageError: There is no such column; the message lists those that there are.
    """
    names = [each for word in words for each in word.lower().split(",") if each]
    for name in names:
        column_name(name)
    return with_pinned(names)


def column_name(name: str) -> str:
    """The name of a column as it was typed, in any case of letters, or its title.

    Raises:
        UsageError: There is no such column.
    """
    name = name.lower()
    if name not in COLUMNS:
        raise UsageError(f"no column '{name}'; there are: {' '.join(COLUMNS)}")
    return name


def fits(instrument: Instrument, text: str) -> bool:
    """Whether every word of a filter stands in symbol, name, kind, exchange or currency, in any case of letters."""
    facts = (
        *(symbol(instrument), instrument.symbol, instrument.long_name, instrument.sec_type),
        *(instrument.primary_exchange or instrument.exchange, instrument.currency),
    )
    said = " ".join(facts).lower()
    return all(word in said for word in text.lower().split())


def ordered(
    keys: Sequence[Hashable], value_of: Callable[[Hashable], Value], *, descending: bool
) -> tuple[Hashable, ...]:
    """The rows by a value; equal ones keep their order, and unknown ones stand last, whichever way."""
    values = {key: value_of(key) for key in keys}
    known = [key for key in keys if values[key] is not None]
    unknown = [key for key in keys if values[key] is None]
    known.sort(key=lambda key: _sortable(values[key]), reverse=descending)
    return (*known, *unknown)


def _sortable(value: Value) -> tuple[float, str]:
    return (0.0, value.lower()) if isinstance(value, str) else (float(value or 0.0), "")
