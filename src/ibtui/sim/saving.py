"""What of the exchange is saved."""

from ibtui.clock import NS
from ibtui.sim.account import Account
from ibtui.sim.brokerage import Brokerage
from ibtui.sim.history import History
from ibtui.sim.saved import SavedExchange, frozen_copies

KEPT_NS = 2 * 86_400 * NS
"""Market time for which ended orders and their fills are saved; IB itself lists only today's."""


def saved_exchange(now_ns: int, account: Account, broker: Brokerage, history: History) -> SavedExchange:
    """Account, orders, fills and what clients did to the market, as they are now; shares nothing that changes."""
    register, blotter, since = broker.register, broker.blotter, now_ns - KEPT_NS
    orders = frozen_copies(each for each in register.orders.values() if not each.ended or each.changed_ns >= since)
    for each in orders:
        each.ahead, each.place = broker.place_of(each) or (None, 0)
    return SavedExchange(
        market_ns=now_ns,
        cash=account.cash,
        day_value=account.day_value,
        holdings=frozen_copies(account.holdings.values()),
        orders=orders,
        keys=[(*identity, key) for identity, key in register.keys.items()],
        next_key=register.next_key,
        fills=[fill for fill in blotter.fills() if fill[0].time_ns >= since],
        fees=blotter.owed(),
        fill_count=blotter.count,
        offsets=[(con_id, list(moves)) for con_id, moves in history.offsets.items()],
        minutes=history.saved(),
    )
