"""The command line behind ``:``. One table says what there is; parsing is pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ibtui.errors import UsageError
from ibtui.services.sim_control import parse_arguments
from ibtui.trading.order_line import HOW, OrderLine, read_line
from ibtui.trading.price_alerts import USAGE, Condition, parse_condition
from ibtui.ui.rows.tape_options import USAGE as TAPE_USAGE


@dataclass(frozen=True, slots=True)
class SimVerb:
    """``:sim drop how=rst``: one verb to the simulated gateway."""

    verb: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Simple:
    """A command that needs nothing but, perhaps, a word: ``name`` is that of the table."""

    name: str
    words: tuple[str, ...] = ()


Command = OrderLine | SimVerb | Condition | Simple


@dataclass(frozen=True, slots=True)
class Usage:
    """One command: how it is written and what it does."""

    usage: str
    about: str
    parse: Callable[[str, list[str]], Command]
    least: int = 0
    most: int = 0


def _order(name: str, words: list[str]) -> Command:
    return read_line("BUY" if name == "buy" else "SELL", " ".join(words))


def _sim(_: str, words: list[str]) -> Command:
    return SimVerb(words[0], parse_arguments(words[1:]))


def _simple(name: str, words: list[str]) -> Command:
    return Simple(name, tuple(words))


def _alert(name: str, words: list[str]) -> Command:
    match words:
        case [off, number] if off.lower() == "off" and number.isdecimal():
            return Simple(f"{name} off", (number,))
    return parse_condition(" ".join(words))


COMMANDS: dict[str, Usage] = {
    "buy": Usage(f"buy {HOW}", "open a filled ticket to buy; ARMED: send it at once", _order, 1, 20),
    "sell": Usage(f"sell {HOW}", "open a filled ticket to sell; ARMED: send it at once", _order, 1, 20),
    "flatten": Usage("flatten [SYMBOL]", "close a symbol's position, or all of them; asks once", _simple, 0, 1),
    "halt": Usage("halt [REASON]", "block what could open or grow a position", _simple, 0, 99),
    "release": Usage("release REASON", "end a HALT or a latched daily loss", _simple, 1, 99),
    "resolve": Usage("resolve REFERENCE REASON", "close an UNKNOWN order by hand", _simple, 2, 99),
    "differences": Usage("differences", "what happened while the link was lost, to acknowledge it", _simple),
    "arm": Usage("arm", "keys and :buy send at once, for a while (by [orders] confirm after a first ticket)", _simple),
    "disarm": Usage("disarm", "keys open tickets again", _simple),
    "cancel": Usage("cancel [buys|sells] [SYMBOL]", "cancel all our working orders, or those meant", _simple, 0, 3),
    "limits": Usage("limits", "trading state, breaker, and how far everything is from its limit", _simple),
    "add": Usage("add SYMBOL", "put a symbol on the watchlist", _simple, 1, 1),
    "remove": Usage("remove SYMBOL", "take a symbol off the watchlists", _simple, 1, 1),
    "list": Usage(
        "list NAME | new NAME | rename [OLD] NEW | delete [NAME] | move NAME PLACE",
        "show a watchlist (all shows every one); make, rename, delete one; put it at a place among the tabs",
        _simple,
        1,
        3,
    ),
    "columns": Usage(
        "columns [NAME… | default]",
        "choose the board's columns, in this order; alone it opens the choice",
        _simple,
        0,
        99,
    ),
    "sort": Usage("sort COLUMN [up|down] | off", "order the board's rows; off: as they are listed", _simple, 1, 2),
    "filter": Usage("filter [TEXT]", "show only rows that have it; alone it shows all", _simple, 0, 20),
    "alert": Usage(USAGE, "tell once when the price is there (>, >=, <, <=, crosses); off ends it", _alert, 1, 9),
    "alerts": Usage("alerts", "the alerts that wait, and what was told", _simple),
    "pin": Usage("pin SYMBOL", "keep its quotes, depth and tape, whatever is on the screen", _simple, 1, 1),
    "unpin": Usage("unpin SYMBOL", "let its depth and tape go when others need the slots", _simple, 1, 1),
    "layout": Usage(
        "layout [NAME | save NAME | show COLUMN…]",
        "the desk's panes: a column is board+orders; kept by name",
        _simple,
        0,
        9,
    ),
    "time": Usage(
        "time [DATE] HH:MM[:SS]", "hold the tape at a time on the market's clock; :time now goes on", _simple, 1, 2
    ),
    "tape": Usage(
        TAPE_USAGE, "what the tape shows: parts joined, sizes, where blocks begin; count anew", _simple, 1, 3
    ),
    "backfill": Usage("backfill SYMBOL [BAR]", "fetch what is new of a symbol's history", _simple, 1, 3),
    "disconnect": Usage("disconnect", "end the connection and stay so until :reconnect, or n on screen 6", _simple),
    "reconnect": Usage("reconnect", "end the connection, if there is one, and connect anew at once", _simple),
    "sim": Usage("sim VERB [KEY=VALUE…]", "tell the simulated gateway something", _sim, 1, 99),
    "quit": Usage("quit", "leave; asks while orders are working", _simple),
}
"""Every command there is."""


def parse(text: str) -> Command:
    """Reads one command line, with or without its colon.

    Raises:
        UsageError: No such command, or it is written otherwise; the message shows how.
    """
    name, *words = text.strip().removeprefix(":").split() or [""]
    usage = COMMANDS.get(name)
    if usage is None:
        raise UsageError(f"no command '{name}'; there are: {', '.join(COMMANDS)}")
    if not usage.least <= len(words) <= usage.most:
        raise UsageError(f"write :{usage.usage}")
    return usage.parse(name, words)
