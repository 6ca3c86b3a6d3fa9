"""Keys of the quote board. Those for lists work there too."""

from ibtui.ui.keys.key import Key

_ON = ("quotes",)

KEYS: tuple[Key, ...] = (
    Key("symbol.open", "enter", "depth", "Quotes", _ON, "open_depth", "Open the symbol's ladder"),
    Key("board.next", "tab", "list", "Quotes", _ON, "list(1)", "Show the next list", hint=True),
    Key("board.previous", "shift+tab", "list", "Quotes", _ON, "list(-1)", "Show the previous list"),
    Key("board.left", "left,h", "left", "Quotes", _ON, "column(-1)", "Move the column cursor to the left"),
    Key("board.right", "right,l", "right", "Quotes", _ON, "column(1)", "Move the column cursor to the right"),
    Key(
        "board.sort",
        "t",
        "order",
        "Quotes",
        _ON,
        "sort",
        "Order rows by the column under the cursor; again: the other way round; once more: as listed",
        hint=True,
    ),
    Key("board.filter", "w", "filter", "Quotes", _ON, "filter", "Show only rows that have what you type", hint=True),
    Key("board.unfilter", "escape", "all rows", "Quotes", _ON, "no_filter", "Show all rows again"),
    Key("board.columns", "v", "columns", "Quotes", _ON, "columns", "Choose the columns and their order", hint=True),
    Key("board.up", "K", "up", "Quotes", _ON, "shift(-1)", "Move the symbol up in its list"),
    Key("board.down", "J", "down", "Quotes", _ON, "shift(1)", "Move the symbol down in its list"),
    Key("board.remove", "delete", "remove", "Quotes", _ON, "remove", "Take the symbol off the list that is shown"),
)
