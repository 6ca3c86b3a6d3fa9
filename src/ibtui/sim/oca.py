"""One cancels all: what a fill of one order of a group does to the others.

IB's types 1 and 2 block the others while one is at work, so that a group is never overfilled, and type 3 does not.
Here each fill has its consequences before anything else happens, so that no group is overfilled whatever its type.
"""

from ibtui.sim.events import CANCEL_WITH_BLOCK


def left_after(remaining: int, before: int, after: int, oca_type: int) -> int:
    """What is left of an order when another one of its group has traded.

    Args:
        remaining: Shares of the order not filled yet.
        before: Shares of the other order that were not filled before it traded.
        after: The same after it.
        oca_type: The other order's type: 1 cancels, 2 and 3 reduce in proportion.
    """
    return 0 if oca_type == CANCEL_WITH_BLOCK else remaining * after // before
