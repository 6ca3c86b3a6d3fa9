"""Who gets the slots: IB gives a login so many market data lines, books and tapes at once, and more may be wanted.

A policy without I/O. First come the pinned, then what is on the screen, then what is wanted for its own sake (a
watchlist, a recording), in the order of the wants; what was on the screen keeps a slot for as long as nobody else needs
it, and the one that was shown longest ago loses it first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

PINNED, SCREEN = "pinned", "screen"
"""Owners that the policy knows; all others want for their own sake."""

ON_SCREEN = math.inf
"""When something was last shown that is shown now."""

NEVER = -math.inf
"""When something was last shown that never was."""


@dataclass(frozen=True, slots=True)
class Want:
    """One contract's wish for one kind of slot.

    Attributes:
        owners: Who wants it.
        shown_at: Monotonic seconds when it left the screen; :data:`ON_SCREEN` while it is there.
    """

    con_id: int
    owners: frozenset[str]
    shown_at: float = NEVER


def holders(wants: Sequence[Want], limit: int) -> list[int]:
    """The contracts that hold a slot, the most entitled first.

    Args:
        wants: In the order in which they were made; each contract once.
        limit: Slots that there are.
    """
    return [each.con_id for each in sorted(wants, key=_claim)[: max(0, limit)]]


def lapsed(want: Want) -> bool:
    """Whether a want without a slot is forgotten: only the screen had it, and shows something else by now."""
    return want.owners <= {SCREEN} and want.shown_at != ON_SCREEN


def _claim(want: Want) -> tuple[int, float]:
    """Sorts by class, and within what the screen left behind by when it was last shown."""
    if PINNED in want.owners:
        return 0, 0.0
    if SCREEN in want.owners and want.shown_at == ON_SCREEN:
        return 1, 0.0
    return (2, 0.0) if want.owners - {SCREEN} else (3, -want.shown_at)
