"""Orders as they are typed in one line: ``sell 200 QQQ @ mid stop 2%``. Read, or refused with the reason."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from ibtui.errors import UsageError
from ibtui.market.prices import round_to_tick
from ibtui.trading.entry import read_price, read_quantity
from ibtui.trading.orders import Action
from ibtui.trading.sizing import read_distance

TOUCHES = ("bid", "ask", "mid", "mkt")
TIMES_IN_FORCE = ("DAY", "GTC", "IOC", "FOK", "OPG")

HOW = (
    f"SYMBOL [QUANTITY] [@ PRICE|{'|'.join(TOUCHES)}] [when PRICE] [trail DISTANCE|N%] [stop PRICE|N%] "
    f"[target PRICE|N%] [tif {'|'.join(TIMES_IN_FORCE)}] [any]"
)
"""How a line is written after ``buy`` or ``sell``; quantity and symbol may change places."""

_OPTION = re.compile(r"\d{6}[CPcp]\d+(?:\.\d+)?")
"""Expiry, right and strike, the second word of an option's symbol."""

_VALUED = {"@": "price", "when": "when", "trail": "trail", "stop": "stop", "target": "target", "tif": "tif"}


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What was said; empty texts were not.

    Attributes:
        quantity: As typed, see :func:`ibtui.trading.sizing.read_size`.
        price: A number, or one of :data:`TOUCHES`.
        stop: Where the loss is cut: a price, or a percentage away from the order's price.
        target: Where the profit is taken, likewise.
        outside_rth: Whether it may trade outside regular hours.
        when: The price that sets it off: a stop order, with a limit where there is a price too.
        trail: How far it trails the market: a distance or a percentage.
    """

    action: Action
    symbol: str = ""
    quantity: str = ""
    price: str = ""
    stop: str = ""
    target: str = ""
    tif: str = ""
    outside_rth: bool = False
    when: str = ""
    trail: str = ""


_WITH: dict[str, Callable[[OrderLine, str], OrderLine]] = {
    "price": lambda line, said: replace(line, price=said),
    "when": lambda line, said: replace(line, when=said),
    "trail": lambda line, said: replace(line, trail=said),
    "stop": lambda line, said: replace(line, stop=said),
    "target": lambda line, said: replace(line, target=said),
    "tif": lambda line, said: replace(line, tif=said),
}


def read_line(action: Action, text: str) -> OrderLine:
    """Reads what follows ``buy`` or ``sell``.

    Raises:
        UsageError: It is written otherwise; says how.
    """
    line = OrderLine(action)
    words = text.replace("@", " @ ").split()
    named: list[str] = []
    while words:
        word = words.pop(0)
        field = _VALUED.get(word.lower())
        if field is not None:
            if not words or getattr(line, field):
                raise UsageError(f"one value must follow '{word}'; write {action.lower()} {HOW}")
            line = _WITH[field](line, words.pop(0))
        elif word.lower() == "any":
            line = replace(line, outside_rth=True)
        elif named and _OPTION.fullmatch(word):
            named[-1] = f"{named[-1]} {word}"
        else:
            named.append(word)
    return _checked(_with_tif(_with_symbol(line, named)))


def _with_symbol(line: OrderLine, named: list[str]) -> OrderLine:
    if not named or len(named) > 2:
        raise UsageError(f"write {line.action.lower()} {HOW}")
    if len(named) == 1:
        return replace(line, symbol=named[0])
    first, second = named
    sizes = [_looks_like_a_size(each) for each in named]
    if sizes[0] == sizes[1]:
        raise UsageError(f"which of '{first}' and '{second}' is the symbol? Write {line.action.lower()} {HOW}")
    quantity, symbol = (first, second) if sizes[0] else (second, first)
    return replace(line, symbol=symbol, quantity=quantity)


def _with_tif(line: OrderLine) -> OrderLine:
    if line.tif and line.tif.upper() not in TIMES_IN_FORCE:
        raise UsageError(f"'{line.tif}' is no time in force; there are: {', '.join(TIMES_IN_FORCE)}")
    return replace(line, tif=line.tif.upper())


def _checked(line: OrderLine) -> OrderLine:
    """Raises for a number that is none, before a contract is looked up for it."""
    if line.quantity and line.quantity[:1] not in "$rR":
        read_quantity(line.quantity)
    if line.trail and (line.price or line.when):
        raise UsageError("an order that trails the market has no price of its own: leave '@' and 'when' out")
    for said in (line.price, line.when, line.trail, line.stop, line.target):
        if said and said.lower() not in TOUCHES:
            read_quantity(said[:-1]) if said.endswith("%") else read_price(said, 0)
    return line


def _looks_like_a_size(word: str) -> bool:
    return word[:1].isdigit() or word[:1] in "$.-" or (word[:1] in "rR" and word[1:2].isdigit())


def leg_price(text: str, action: Action, price: float | None, min_tick: float, *, gains: bool) -> float | None:
    """A target or a stop: a price, or a percentage away from the order's own; None where nothing was said.

    Args:
        text: As typed.
        action: Of the order that opens.
        price: What it opens at; a percentage needs it.
        min_tick: Increment of the contract.
        gains: Whether it lies on the side of the profit.

    Raises:
        UsageError: It is no price or needs one; says why.
    """
    if not text:
        return None
    if not text.endswith("%"):
        return read_price(text, min_tick)
    if price is None:
        raise UsageError(f"'{text}' needs a price to be counted from")
    percent, _ = read_distance(text, price)
    up = (action == "BUY") == gains
    away = price * (1 + percent / 100 if up else 1 - percent / 100)
    return max(min_tick, round_to_tick(away, min_tick))
