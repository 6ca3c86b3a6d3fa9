"""Whose orders are ours to touch."""

from collections.abc import Iterable

from ibtui.trading.orders import LIVE, Order


def left_behind(orders: Iterable[Order], client_id: int) -> str | None:
    """Why this client id may open nothing: orders of ours may still work under another one, out of its reach.

    A cancel frame carries no client id, so those can't be cancelled from here, and a console that goes on beside them
    is two traders who do not know of each other.

    Args:
        orders: All our orders, of every client id that they were ever sent with.
        client_id: The session's.
    """
    left = [each for each in orders if each.status in LIVE and each.client_id not in (None, client_id)]
    if not left:
        return None
    theirs = sorted({each.client_id for each in left if each.client_id is not None})
    ids = " and ".join(str(each) for each in theirs)
    orders_of = "1 order of ours" if len(left) == 1 else f"{len(left)} orders of ours"
    return (
        f"{orders_of} may still work under client id {ids}, and this is {client_id}: start with "
        f"--client-id {theirs[0]}, or cancel them in TWS"
    )
