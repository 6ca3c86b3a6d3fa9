"""Sale conditions of US stock trades: one table from the code that IB passes on to a word.

Source: IB's pages "Trade Conditions", CTS (interactivebrokers.com/en/index.php?f=7235) and UTDF. A trade bears up to
four codes, one letter or digit each; where the two tapes differ, the word says both.
"""

WORDS = {
    "A": "acquisition",
    "B": "average or bunched",
    "C": "cash",
    "D": "distribution",
    "E": "automatic",
    "F": "sweep",
    "G": "bunched late",
    "H": "price variation",
    "I": "odd lot",
    "K": "rule 127/155",
    "L": "sold last",
    "M": "official close",
    "N": "next day",
    "O": "opening",
    "P": "prior price",
    "Q": "official open",
    "R": "seller",
    "S": "split",
    "T": "ext hours",
    "U": "ext hours late",
    "V": "stock-option",
    "W": "average price",
    "X": "cross",
    "Y": "yellow flag",
    "Z": "late",
    "1": "stopped",
    "2": "stopped, sold last",
    "3": "stopped, late",
    "4": "derived price",
    "5": "reopening",
    "6": "closing",
    "7": "exempt 7",
    "8": "exempt 8",
    "9": "corrected close",
}
"""``F`` is an intermarket sweep order, ``Z`` a trade reported out of sequence."""

ODD_LOT = "I"

_NONE = " @"
"""Stands where a trade has no condition: a regular sale."""


def in_words(codes: str) -> str:
    """What the codes say, in their order; a code that no table has stays as it came."""
    return ", ".join(WORDS.get(code, code) for code in codes if code not in _NONE)
