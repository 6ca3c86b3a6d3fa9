"""The generic tick types that a market data request may ask for, by kind of contract, and IB's refusal of others.

Source of numbers, names and kinds: the text of IB's error 321 about such a list, as gateways sent it in 2022 and 2026.
"""

from typing import NamedTuple


class Series(NamedTuple):
    """One series of generic ticks.

    Attributes:
        number: What it is asked for by; ``older`` is a second number of it.
        kinds: The types of contract that have it; None means all.
        told: Whether the refusal names it.
    """

    number: int
    name: str
    older: int | None = None
    kinds: frozenset[str] | None = None
    told: bool = True


_INDICES = frozenset({"IND"})
_PAYING = frozenset({"STK", "CFD", "OPT", "FOP", "FUT", "IND"})
_TRADED = frozenset({"STK", "CFD", "OPT", "FOP", "WAR", "FUT", "BOND", "CRYPTO"})

SERIES = (
    Series(100, "Option Volume"), Series(101, "Option Open Interest"), Series(104, "hvolat", told=False),
    Series(105, "Average Opt Volume"), Series(106, "impvolat"), Series(162, "Index Future Premium", kinds=_INDICES),
    Series(165, "Misc. Stats"), Series(221, "Creditman Mark Price", 220), Series(225, "Auction"),
    Series(232, "Pl Price", 221), Series(233, "RTVolume"), Series(236, "inventory"), Series(258, "Fundamentals", 47),
    Series(292, "Wide_news"), Series(293, "TradeCount"), Series(294, "TradeRate"), Series(295, "VolumeRate"),
    Series(318, "LastRTHTrade"), Series(375, "RTTrdVolume"), Series(411, "rthistvol"),
    Series(456, "IBDividends", 59, _PAYING), Series(460, "Bond Factor Multiplier"),
    Series(576, "EtfNavBidAsk(navbidask)"), Series(577, "EtfNavLast(navlast)"), Series(578, "EtfNavClose(navclose)"),
    Series(586, "IPOHLMPRC"), Series(587, "Pl Price Delayed"), Series(588, "Futures Open Interest"),
    Series(595, "Short-Term Volume X Mins", kinds=_TRADED), Series(614, "EtfNavMisc(high/low)"),
    Series(619, "Creditman Slow Mark Price"), Series(623, "EtfFrozenNavLast(fznavlast)"),
)  # fmt: skip
"""Those that the simulated market has nothing to say to stay silent."""


def numbers(text: str) -> list[str]:
    """The numbers of a list as it is written; what follows a colon narrows a series, and ``mdoff`` is none."""
    words = [word.strip() for word in text.split(",")]
    return [word.partition(":")[0] for word in words if word and word.lower() != "mdoff"]


def refusal(text: str, sec_type: str) -> str | None:
    """Why a list of generic ticks is refused for a type of contract, in IB's words; None where it is legal."""
    legal = [each for each in SERIES if each.kinds is None or sec_type in each.kinds]
    known = {str(number) for each in legal for number in (each.number, each.older)}
    if known.issuperset(numbers(text)):
        return None
    names = ",".join(
        f"{each.number}{'' if each.older is None else f'/{each.older}'}({each.name})" for each in legal if each.told
    )
    return (
        f"Error validating request.-'bQ' : cause - Incorrect generic tick list of {text}.  "
        f"Legal ones for ({sec_type}) are: {names}"
    )
