"""Which orders a typed cancel means: all, a side's, a symbol's, or a side's of a symbol."""

from collections.abc import Iterable, Sequence

from ibtui.errors import UsageError
from ibtui.trading.orders import LIVE, Action, Order, Status

SIDES: dict[str, Action] = {"buys": "BUY", "sells": "SELL"}


def in_scope(orders: Iterable[Order], words: Sequence[str]) -> list[Order]:
    """The orders that may live and are meant; nothing is looked up, so that a cancel waits for nobody.

    Args:
        orders: All of ours.
        words: Nothing, or ``buys`` or ``sells``, or a symbol, or a side and a symbol, in any case of letters.

    Raises:
        UsageError: None of the living orders is of that symbol; says of which symbols they are.
    """
    side, symbol = None, " ".join(words).upper()
    if words and words[0].lower() in SIDES:
        side, symbol = SIDES[words[0].lower()], " ".join(words[1:]).upper()
    living = [each for each in orders if each.status in LIVE or each.status is Status.NEW]
    symbols = sorted({each.intent.symbol for each in living})
    if symbol and symbol not in (each.upper() for each in symbols):
        raise UsageError(f"no order of {symbol} works; there are orders of: {', '.join(symbols) or 'nothing'}")
    return [
        each for each in living if side in (None, each.intent.action) and symbol in ("", each.intent.symbol.upper())
    ]
