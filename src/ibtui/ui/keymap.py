"""The one table of keys. Bindings, footer, help, palette and the README's table are all made from it.

A key is listed here only when it works.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ibtui.errors import ConfigError

if TYPE_CHECKING:
    from textual.binding import Binding

EVERYWHERE = "everywhere"
GRID = "grid"
SYMBOL_SCREENS = ("quotes", "depth", "tape")


@dataclass(frozen=True, slots=True)
class Key:
    """One action and the keys that do it.

    Attributes:
        id: Name of the action, as in ``[keys]`` of the settings.
        keys: Keys that do it, separated by commas, in Textual's spelling.
        label: One or two words for the footer.
        group: Heading in the help.
        where: Screens on which it works, or :data:`EVERYWHERE`, or :data:`GRID` for every list of rows.
        action: Name of Textual's action, with its arguments.
        help: What it does, as a sentence without its full stop.
        trading: Sends or prepares orders, or takes them back: acts only when the key arrived alone, see
            :mod:`ibtui.ui.keyguard`.
        priority: Works inside inputs and dialogs too.
        hint: Shown in the footer.
    """

    id: str
    keys: str
    label: str
    group: str
    where: tuple[str, ...]
    action: str
    help: str
    trading: bool = False
    priority: bool = False
    hint: bool = False


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
    _screen(9, "log", "What the program wrote into its log"),
    Key("help", "?", "help", "General", (EVERYWHERE,), "app.help", "Show every key", hint=True),
    Key("quit", "q", "quit", "General", (EVERYWHERE,), "app.quit", "Quit; asks while orders are working", hint=True),
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
    Key("move.up", "up,k", "up", "Moving", (GRID,), "move(-1)", "One row up"),
    Key("move.down", "down,j", "down", "Moving", (GRID,), "move(1)", "One row down"),
    Key("move.first", "g,home", "first", "Moving", (GRID,), "move_to_end(-1)", "First row"),
    Key("move.last", "G,end", "last", "Moving", (GRID,), "move_to_end(1)", "Last row"),
    Key("move.page_up", "pageup", "page up", "Moving", (GRID,), "move_page(-1)", "One page up"),
    Key("move.page_down", "pagedown", "page down", "Moving", (GRID,), "move_page(1)", "One page down"),
    Key("symbol.previous", "left,h", "previous", "Moving", ("depth", "tape"), "neighbour(-1)", "Previous symbol"),
    Key("symbol.next", "right,l", "next", "Moving", ("depth", "tape"), "neighbour(1)", "Next symbol"),
    Key("row.copy", "y", "copy", "General", (GRID,), "copy", "Copy the selected row"),
    Key("symbol.open", "enter", "depth", "Quotes", ("quotes",), "open_depth", "Open the symbol's ladder"),
    Key(
        "order.buy",
        "b",
        "buy",
        "Orders",
        SYMBOL_SCREENS,
        "ticket('BUY')",
        "Ticket to buy the selected symbol, limit at the bid; enter sends, esc leaves",
        trading=True,
        hint=True,
    ),
    Key(
        "order.sell",
        "s",
        "sell",
        "Orders",
        SYMBOL_SCREENS,
        "ticket('SELL')",
        "Ticket to sell the selected symbol, limit at the ask; enter sends, esc leaves",
        trading=True,
        hint=True,
    ),
    Key("quantity.more", "+", "more", "Orders", (EVERYWHERE,), "app.default_quantity(1)", "Raise the default quantity"),
    Key(
        "quantity.less", "-", "less", "Orders", (EVERYWHERE,), "app.default_quantity(-1)", "Lower the default quantity"
    ),
    Key(
        "cancel.order",
        "x",
        "cancel",
        "Orders",
        ("orders",),
        "cancel_order",
        "Cancel the selected order; never asks",
        trading=True,
        hint=True,
    ),
    Key(
        "cancel.symbol",
        "X",
        "cancel symbol",
        "Orders",
        (*SYMBOL_SCREENS, "orders"),
        "cancel_symbol",
        "Cancel every working order of the selected symbol; never asks",
        trading=True,
        hint=True,
    ),
    Key(
        "cancel.all",
        "ctrl+x",
        "cancel all",
        "Orders",
        (EVERYWHERE,),
        "app.cancel_all",
        "Cancel all our working orders, from anywhere, inside inputs too; never asks",
        priority=True,
        hint=True,
    ),
    Key(
        "order.buy_now",
        "B",
        "buy now",
        "Orders",
        SYMBOL_SCREENS,
        "instant('BUY')",
        "Buy at the ask now, the default quantity; only when ARMED",
        trading=True,
    ),
    Key(
        "order.sell_now",
        "S",
        "sell now",
        "Orders",
        SYMBOL_SCREENS,
        "instant('SELL')",
        "Sell at the bid now, the default quantity; only when ARMED",
        trading=True,
    ),
    Key(
        "arm",
        "a",
        "arm",
        "Orders",
        (EVERYWHERE,),
        "app.arm",
        "Arm: B and S trade at once, until time, link, quote or quiet end it",
        trading=True,
    ),
    Key(
        "disarm",
        "z",
        "disarm",
        "Orders",
        (EVERYWHERE,),
        "app.disarm",
        "Disarm",
    ),
    Key(
        "order.move",
        "m",
        "move",
        "Orders",
        ("orders",),
        "move_order",
        "Pick up the selected working order and move it in price",
        trading=True,
        hint=True,
    ),
    Key(
        "order.duplicate",
        "d",
        "duplicate",
        "Orders",
        ("orders",),
        "duplicate_order",
        "Open a ticket filled like the selected order",
        trading=True,
        hint=True,
    ),
    Key(
        "orders.list",
        "tab",
        "orders/positions",
        "Orders",
        ("orders",),
        "other_list",
        "From the orders to the positions, or back: X, f and r mean the selected row's symbol",
    ),
    Key(
        "flatten.symbol",
        "f",
        "flatten",
        "Orders",
        (*SYMBOL_SCREENS, "orders", "account"),
        "flatten",
        "Flatten the selected symbol: cancel its orders, close what is held; asks once",
        trading=True,
    ),
    Key(
        "flatten.all",
        "F",
        "flatten all",
        "Orders",
        (EVERYWHERE,),
        "app.flatten_all",
        "Flatten every position; asks once",
        trading=True,
    ),
    Key(
        "reverse",
        "r",
        "reverse",
        "Orders",
        (*SYMBOL_SCREENS, "orders", "account"),
        "reverse",
        "Reverse the selected symbol's position; asks once",
        trading=True,
    ),
    Key(
        "halt",
        "!",
        "HALT",
        "Orders",
        (EVERYWHERE,),
        "app.halt",
        "HALT: block what could open or grow a position, cancel what of it works; :release REASON ends it",
    ),
    Key(
        "halt.anywhere",
        "ctrl+k",
        "HALT",
        "Orders",
        (EVERYWHERE,),
        "app.halt",
        "The same, from anywhere, inside inputs too",
        priority=True,
        hint=True,
    ),
    Key(
        "account.list",
        "tab",
        "positions/executions/currencies",
        "Account",
        ("account",),
        "other_list",
        "From the positions to the executions, to the currencies, and back",
        hint=True,
    ),
    Key("ladder.centre", "c", "centre", "Depth", ("depth",), "centre", "Centre the ladder on the market", hint=True),
    Key("tape.pause", "p", "pause", "Tape", ("tape",), "pause", "Hold the tape still, or let it go on", hint=True),
    Key("backfill.start", "enter", "start", "Backfill", ("backfill",), "start_job", "Start a download", hint=True),
    Key(
        "backfill.cancel",
        "x",
        "cancel job",
        "Backfill",
        ("backfill",),
        "cancel_job",
        "Cancel the selected job",
        hint=True,
    ),
    Key(
        "connection.try",
        "n",
        "try now",
        "Connection",
        ("connection",),
        "try_now",
        "Connect now, without waiting",
        hint=True,
    ),
    Key(
        "connection.list",
        "tab",
        "events/symbols",
        "Connection",
        ("connection",),
        "other_list",
        "From the timeline to the flow of every symbol, or back",
        hint=True,
    ),
)

_NAMED = (
    "enter escape tab space backspace delete insert home end pageup pagedown up down left right comma "
    + " ".join(f"f{number}" for number in range(1, 13))
).split()
_DISPLAY = {"pageup": "page up", "pagedown": "page down", "up": "↑", "down": "↓", "left": "←", "right": "→"}


def keymap(overrides: Mapping[str, str]) -> tuple[Key, ...]:
    """The table with ``[keys]`` of the settings put over it.

    Raises:
        ConfigError: An unknown action, a key's name that is none, or a key that would do two things in one place.
    """
    known = {each.id for each in KEYS}
    for action, keys in overrides.items():
        if action not in known:
            raise ConfigError(f"[keys]: unknown action '{action}'; allowed: {', '.join(sorted(known))}")
        for key in _split(keys):
            if not _is_key(key):
                raise ConfigError(
                    f"[keys] {action} = '{keys}': '{key}' is no key; allowed: one character, ctrl+ and a letter, "
                    f"or {', '.join(_NAMED)}"
                )
    table = tuple(replace(each, keys=overrides.get(each.id, each.keys)) for each in KEYS)
    _refuse_clashes(table)
    return table


def _split(keys: str) -> list[str]:
    return [each.strip() for each in keys.split(",") if each.strip()] or [keys]


def _is_key(key: str) -> bool:
    *modifiers, base = key.split("+") if len(key) > 1 else [key]
    if not set(modifiers) <= {"ctrl", "shift"}:
        return False
    return base in _NAMED or (len(base) == 1 and base.isprintable() and not base.isspace())


def _refuse_clashes(table: tuple[Key, ...]) -> None:
    for at, one in enumerate(table):
        for other in table[:at]:
            both = set(_split(one.keys)) & set(_split(other.keys))
            if both and _meet(one, other):
                raise ConfigError(
                    f"[keys]: '{both.pop()}' would be both {other.id} and {one.id}; give one of them another key"
                )


def _meet(one: Key, other: Key) -> bool:
    wide = {EVERYWHERE, GRID}
    return bool(wide & {*one.where, *other.where}) or bool(set(one.where) & set(other.where))


def bindings(where: str) -> list["Binding"]:
    """Textual's bindings of one place; their ids are the table's, so that ``App.set_keymap`` can move them."""
    from textual.binding import Binding

    return [
        Binding(each.keys, each.action, each.label, id=each.id, priority=each.priority, show=False)
        for each in KEYS
        if where in each.where
    ]


def on_screen(table: tuple[Key, ...], screen: str) -> Iterator[Key]:
    """What the footer of a screen shows: its own keys first, then those that work everywhere."""
    yield from (each for each in table if each.hint and screen in each.where)
    yield from (each for each in table if each.hint and EVERYWHERE in each.where)


def shown(keys: str) -> str:
    """Keys as people read them: ``↑ k``."""
    return " ".join(_DISPLAY.get(each, each) for each in _split(keys))


def groups(table: tuple[Key, ...]) -> dict[str, list[Key]]:
    """The table by the headings of the help, in the table's order."""
    found: dict[str, list[Key]] = {}
    for each in table:
        found.setdefault(each.group, []).append(each)
    return found


def markdown(table: tuple[Key, ...] = KEYS) -> str:
    """The table as the README shows it."""
    lines = ["| key | where | does |", "|---|---|---|"]
    for each in table:
        keys = " ".join(f"`{key}`" for key in _split(each.keys))
        where = "everywhere" if EVERYWHERE in each.where else "lists" if GRID in each.where else ", ".join(each.where)
        lines.append(f"| {keys} | {where} | {re.sub('[|]', '', each.help)} |")
    return "\n".join(lines) + "\n"
