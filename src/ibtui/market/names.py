"""What contracts are called."""

import re

from ibtui.market.instruments import Instrument

OPTIONS = frozenset({"OPT", "FOP"})
"""Kinds of contract that have their underlying's symbol."""

_OPTION = re.compile(r"(\S+) +(\d{6}[CP])(\d{8})")
"""An option's local symbol: root, expiry and right, strike in thousandths."""


def symbol(instrument: Instrument) -> str:
    """What a trader calls the contract: its local symbol where that says more than the symbol."""
    if instrument.sec_type in ("CASH", "CRYPTO"):
        return f"{instrument.symbol}.{instrument.currency}"
    if instrument.sec_type in {"FUT", *OPTIONS} and instrument.local_symbol:
        option = _OPTION.fullmatch(instrument.local_symbol)
        return f"{option[1]} {option[2]}{int(option[3]) / 1000:g}" if option else instrument.local_symbol
    return instrument.symbol


def known_name(instrument: Instrument | None, otherwise: str) -> str:
    """What the contract is called; what else is known of it where its facts are not."""
    return otherwise if instrument is None else symbol(instrument)


def brief(instrument: Instrument) -> str:
    """The contract where its whole name has no room: an option without its day, ``SPY 680C``."""
    if instrument.sec_type in OPTIONS and instrument.strike:
        return f"{instrument.symbol} {instrument.strike:.12g}{instrument.right[:1]}"
    return symbol(instrument)
