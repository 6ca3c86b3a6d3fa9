"""The command line behind ``:``. One table says what there is; parsing is pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ibtui.errors import UsageError
from ibtui.services.sim_control import parse_arguments
from ibtui.trading.orders import Action
from ibtui.trading.price_alerts import USAGE, Condition, parse_condition


@dataclass(frozen=True, slots=True)
class Ticket:
    """``:buy SPY 100 @ 450.10``: a ticket to open, filled as far as it was said."""

    action: Action
    symbol: str
    quantity: float | None
    price: float | None


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


Command = Ticket | SimVerb | Condition | Simple


@dataclass(frozen=True, slots=True)
class Usage:
    """One command: how it is written and what it does."""

    usage: str
    about: str
    parse: Callable[[str, list[str]], Command]
    least: int = 0
    most: int = 0


_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")


def _number(text: str, what: str) -> float:
    plain = text.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        raise UsageError(f"'{text}' is no {what}")
    return float(plain)


def _ticket(name: str, words: list[str]) -> Command:
    before, at, after = " ".join(words).partition("@")
    symbol, *rest = before.split() or [""]
    if not symbol or len(rest) > 1 or (at and not after.strip()):
        raise UsageError(f"write :{COMMANDS[name].usage}")
    quantity = _number(rest[0], "quantity") if rest else None
    price = _number(after.strip(), "price") if at else None
    return Ticket("BUY" if name == "buy" else "SELL", symbol, quantity, price)


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
    "buy": Usage("buy SYMBOL [QUANTITY] [@ PRICE]", "open a filled ticket to buy", _ticket, 1, 9),
    "sell": Usage("sell SYMBOL [QUANTITY] [@ PRICE]", "open a filled ticket to sell", _ticket, 1, 9),
    "flatten": Usage("flatten [SYMBOL]", "close a symbol's position, or all of them; asks once", _simple, 0, 1),
    "halt": Usage("halt [REASON]", "block what could open or grow a position", _simple, 0, 99),
    "release": Usage("release REASON", "end a HALT or a latched daily loss", _simple, 1, 99),
    "resolve": Usage("resolve REFERENCE REASON", "close an UNKNOWN order by hand", _simple, 2, 99),
    "differences": Usage("differences", "what happened while the link was lost, to acknowledge it", _simple),
    "arm": Usage("arm", "keys and :buy send at once, for a while", _simple),
    "disarm": Usage("disarm", "keys open tickets again", _simple),
    "cancel": Usage("cancel [buys|sells] [SYMBOL]", "cancel all our working orders, or those meant", _simple, 0, 3),
    "add": Usage("add SYMBOL", "put a symbol on the watchlist", _simple, 1, 1),
    "remove": Usage("remove SYMBOL", "take a symbol off the watchlists", _simple, 1, 1),
    "alert": Usage(USAGE, "tell once when the price is there (>, >=, <, <=, crosses); off ends it", _alert, 1, 9),
    "alerts": Usage("alerts", "the alerts that wait, and what was told", _simple),
    "pin": Usage("pin SYMBOL", "keep its quotes, depth and tape, whatever is on the screen", _simple, 1, 1),
    "unpin": Usage("unpin SYMBOL", "let its depth and tape go when others need the slots", _simple, 1, 1),
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
