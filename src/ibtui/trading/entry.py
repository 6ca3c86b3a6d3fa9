"""Numbers as people type them: read as what they plainly mean, or refused with the reason. Nothing is guessed."""

import math
import re
import unicodedata
from fractions import Fraction

from ibtui.errors import UsageError
from ibtui.market.prices import format_price, on_tick, round_to_tick

UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
"""Letters after a quantity."""

MOST = 1e9
"""Quantities and prices above it are typing errors, whatever the limits of the checks say."""

_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_FRACTION = re.compile(r"(?:(\d+)[ -])?(\d+)/(\d+)")


def read_quantity(text: str) -> float:
    """A quantity: ``100``, ``1,000``, ``10k``, ``0.5``, in any script's digits.

    Raises:
        UsageError: It is none; says why.
    """
    plain = _plain(text)
    unit = plain[-1:].lower() if plain[-1:].lower() in UNITS else ""
    value = _decimal(plain[: len(plain) - len(unit)], text, "quantity")
    if value is None:
        hint = "; write 100, 1,000, 10k or 0.5"
        raise UsageError(f"'{_shown(text)}' is no quantity{hint}")
    return _within(value * UNITS[unit], text, "quantity")


def read_price(text: str, min_tick: float) -> float:
    """A price on the contract's increments: ``450.10``, ``1,234.5``, ``110 1/8``.

    Raises:
        UsageError: It is none, or lies off the increments; says which prices are next to it.
    """
    plain = _plain(text)
    fraction = _FRACTION.fullmatch(plain)
    if fraction is not None:
        whole, over, under = (int(each or 0) for each in fraction.groups())
        if not under:
            raise UsageError(f"'{_shown(text)}' divides by zero")
        value: float | None = float(whole + Fraction(over, under))
    else:
        value = _decimal(plain, text, "price")
    if value is None:
        raise UsageError(f"'{_shown(text)}' is no price; write 450.10")
    price = _within(value, text, "price")
    if min_tick > 0 and not on_tick(price, min_tick):
        below, above = (format_price(round_to_tick(price, min_tick, way), min_tick) for way in ("down", "up"))
        raise UsageError(f"{_shown(text)} lies between two increments: {below} and {above}")
    return price


def _decimal(plain: str, text: str, what: str) -> float | None:
    if plain.startswith("-"):
        raise UsageError(f"a {what} can't be negative: '{_shown(text)}'")
    if "," in plain and not _GROUPED.fullmatch(plain):
        raise UsageError(f"'{_shown(text)}': a comma parts thousands, as in 1,000; a point parts decimals")
    bare = plain.replace(",", "")
    return float(bare) if _PLAIN.fullmatch(bare) else None


def _within(value: float, text: str, what: str) -> float:
    if not math.isfinite(value) or value > MOST:
        raise UsageError(f"'{_shown(text)}' is far too large for a {what}")
    if value <= 0:
        raise UsageError(f"a {what} must be above zero: '{_shown(text)}'")
    return value


def _plain(text: str) -> str:
    """ASCII digits for any script's: full-width ones come from input methods left on."""
    return "".join(_digit(each) for each in unicodedata.normalize("NFKC", text)).strip()


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _shown(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
