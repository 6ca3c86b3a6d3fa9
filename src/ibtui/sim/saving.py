"""What of the exchange is saved."""

from collections.abc import Iterable

from ibtui.clock import NS
from ibtui.sim.account import Account
from ibtui.sim.brokerage import Brokerage
from ibtui.sim.history import History
from ibtui.sim.saved import SavedAccount, SavedExchange, frozen_copies
from ibtui.sim.valuation import Valuation

KEPT_NS = 2 * 86_400 * NS
"""Market time for which ended orders and their fills are saved; IB itself lists only today's."""


def saved_exchange(now_ns: int, accounts: Iterable[Account], broker: Brokerage, history: History) -> SavedExchange:
    """Accounts, orders, fills and what clients did to the market, as they are now; shares nothing that changes."""
    register, blotter, since = broker.register, broker.blotter, now_ns - KEPT_NS
    orders = frozen_copies(each for each in register.orders.values() if not each.ended or each.changed_ns >= since)
    for each in orders:
        each.ahead, each.place = broker.place_of(each) or (None, 0)
    return SavedExchange(
        market_ns=now_ns,
        accounts=[
            SavedAccount(each.name, dict(each.cash), each.day_value, frozen_copies(each.holdings.values()))
            for each in accounts
        ],
        orders=orders,
        keys=[(*identity, key) for identity, key in register.keys.items()],
        next_key=register.next_key,
        fills=[fill for fill in blotter.fills() if fill[0].time_ns >= since],
        fees=blotter.owed(),
        fill_count=blotter.count,
        offsets=[(con_id, list(moves)) for con_id, moves in history.offsets.items()],
        minutes=history.saved(),
    )


def restored(saved: SavedAccount, prices: Valuation) -> Account:
    """An account as it was saved, without what is not listed any more: that was closed and settled when it expired."""
    listed = [each for each in saved.holdings if prices.universe.by_con_id(each.con_id) is not None]
    return Account(saved.name, prices, saved.cash, {each.con_id: each for each in listed}, saved.day_value)
