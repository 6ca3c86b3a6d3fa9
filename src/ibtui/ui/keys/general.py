"""Keys for screens, help, moving, and the way out."""

from ibtui.ui.keys.key import EVERYWHERE, GRID, Key


def _screen(digit: int, name: str, about: str) -> Key:
    action = f"app.open_screen('{name}')"
    return Key(f"screen.{name}", str(digit), name, "Screens", (EVERYWHERE,), action, about)


KEYS: tuple[Key, ...] = (
    _screen(1, "quotes", "Watchlists with live quotes"),
    _screen(2, "depth", "The selected symbol's price ladder"),
    _screen(3, "tape", "The selected symbol's trades"),
    _screen(4, "orders", "Working and finished orders"),
    _screen(5, "backfill", "History downloads"),
    _screen(6, "connection", "The three links, what happened to them, and what is subscribed"),
    _screen(7, "account", "Positions and account values"),
    _screen(8, "chart", "The selected symbol's candles, volume and own fills"),
    _screen(9, "log", "What the program wrote into its log"),
    _screen(0, "desk", "Watchlist, ladder, tape and orders at once"),
    Key("help", "?", "help", "General", (EVERYWHERE,), "app.help", "Show every key", hint=True),
    Key("quit", "q", "quit", "General", (EVERYWHERE,), "app.leave", "Quit; asks while orders are working", hint=True),
    Key("symbol.add", "/", "symbol", "General", (EVERYWHERE,), "app.find", "Add or find a symbol", hint=True),
    Key("command", ":", "command", "General", (EVERYWHERE,), "app.command", "Type a command", hint=True),
    Key("palette", "ctrl+p", "palette", "General", (EVERYWHERE,), "app.command_palette", "Find an action by its name"),
    Key(
        "quit.now",
        "ctrl+c,ctrl+q",
        "quit",
        "General",
        (EVERYWHERE,),
        "app.quit",
        "The same, from anywhere",
        priority=True,
    ),
    Key("move.up", "up,k", "up", "Moving", (GRID,), "move(-1)", "One row up; on the chart: nearer"),
    Key("move.down", "down,j", "down", "Moving", (GRID,), "move(1)", "One row down; on the chart: farther"),
    Key(
        "move.first",
        "g,home",
        "first",
        "Moving",
        (GRID,),
        "move_to_end(-1)",
        "First row; on the chart: the oldest bars at hand",
    ),
    Key("move.last", "G,end", "last", "Moving", (GRID,), "move_to_end(1)", "Last row; on the chart: the newest bar"),
    Key("move.page_up", "pageup", "page up", "Moving", (GRID,), "move_page(-1)", "One page up"),
    Key("move.page_down", "pagedown", "page down", "Moving", (GRID,), "move_page(1)", "One page down"),
    Key(
        "symbol.previous", "left,h", "previous", "Moving", ("depth", "tape", "desk"), "neighbour(-1)", "Previous symbol"
    ),
    Key("symbol.next", "right,l", "next", "Moving", ("depth", "tape", "desk"), "neighbour(1)", "Next symbol"),
    Key(
        "row.copy",
        "y",
        "copy",
        "General",
        (GRID,),
        "copy",
        "Copy the selected row, on the chart what stands under the cursor",
    ),
    Key(
        "view.export",
        "e",
        "export",
        "General",
        (EVERYWHERE,),
        "app.export",
        "Export this view into the data directory: a list as CSV, else the screen's text",
    ),
    Key("link.understood", "U", "understood", "General", (EVERYWHERE,), "app.understood", "Hide the line about SSH"),
)
