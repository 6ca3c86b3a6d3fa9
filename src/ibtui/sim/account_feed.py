"""Account, positions and P&L on their way to the clients that asked to be kept up to date."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ibtui.clock import NS
from ibtui.sim import messages
from ibtui.sim.client import Client
from ibtui.sim.contract_values import contract_values
from ibtui.sim.events import Charged, Executed, OrderEvent
from ibtui.sim.exchange import Exchange, Position
from ibtui.sim.schema import Values
from ibtui.sim.simclock import NEW_YORK

REFRESHES_BETWEEN_UPDATES = 180
"""IB sends account updates every three minutes, and at once after a trade."""


@dataclass(slots=True, eq=False)
class AccountWatch:
    """What one client is kept up to date about.

    Attributes:
        summaries: Request id to the tags it asked for.
        multi: Request ids of account updates that carry one; likewise ``positions_multi``.
        pnl: Request id to what was sent last; likewise ``pnl_single`` by request id and contract id.
    """

    positions: bool = False
    account: bool = False
    summaries: dict[int, frozenset[str]] = field(default_factory=dict)
    multi: set[int] = field(default_factory=set)
    positions_multi: set[int] = field(default_factory=set)
    pnl: dict[int, Values] = field(default_factory=dict)
    pnl_single: dict[int, tuple[int, Values]] = field(default_factory=dict)
    sent: dict[tuple[str, str], str] = field(default_factory=dict)


class AccountFeeds:
    """All clients' account subscriptions."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._watches: dict[Client, AccountWatch] = {}
        self._traded = False
        self._refreshes = 0

    def of(self, client: Client) -> AccountWatch:
        """What a client is kept up to date about."""
        return self._watches.setdefault(client, AccountWatch())

    def close_all(self, client: Client) -> None:
        """Forgets a client that left."""
        self._watches.pop(client, None)

    def deliver(self, event: OrderEvent) -> None:
        """A fill changes a position, its commission the cost: both are told at once, the rest by :meth:`refresh`."""
        if not isinstance(event, Executed | Charged):
            return
        self._traded = True
        position = self._position(event.order.con_id)
        for client, watch in self._watches.items():
            if watch.positions:
                self.send_position(client, position)
            for req_id in watch.positions_multi:
                self.send_position_multi(client, req_id, position)

    def refresh(self) -> None:
        """Sends what has changed; called about once a second."""
        self._refreshes += 1
        due = self._traded or self._refreshes % REFRESHES_BETWEEN_UPDATES == 0
        self._traded = False
        for client, watch in self._watches.items():
            if due and watch.account:
                self.send_changes(client, watch)
            for req_id, last in watch.pnl.items():
                watch.pnl[req_id] = self.send_pnl(client, req_id, last)
            for req_id, (con_id, last) in watch.pnl_single.items():
                watch.pnl_single[req_id] = con_id, self.send_pnl_single(client, req_id, con_id, last)

    def end_profits(self) -> None:
        """Ends all streams of profit and loss, as a link that loses its data does."""
        for watch in self._watches.values():
            watch.pnl.clear()
            watch.pnl_single.clear()

    # what is sent

    def send_position(self, client: Client, position: Position) -> None:
        """One position, message 61."""
        client.send(messages.POSITION, **self._position_values(position))

    def send_position_multi(self, client: Client, req_id: int, position: Position) -> None:
        """One position of an account, message 71."""
        client.send(messages.POSITION_MULTI, req_id=req_id, **self._position_values(position))

    def send_account(self, client: Client, watch: AccountWatch) -> None:
        """The whole account, portfolio included, and the end mark."""
        watch.sent.clear()
        self.send_changes(client, watch)
        client.send(messages.ACCOUNT_DOWNLOAD_END, account=self._exchange.account.name)

    def send_changes(self, client: Client, watch: AccountWatch) -> None:
        """The account values that differ from those sent before, the portfolio, the time."""
        for key, value, currency in self._exchange.account_values():
            if watch.sent.get((key, currency)) != value:
                watch.sent[key, currency] = value
                client.send(
                    messages.ACCOUNT_VALUE, key=key, value=value, currency=currency, account=self._exchange.account.name
                )
        for position in self._exchange.positions():
            instrument = self._exchange.describe(position.con_id)
            client.send(
                messages.PORTFOLIO_VALUE,
                **contract_values(instrument),
                position=position.quantity,
                market_price=position.market_price,
                market_value=position.market_value,
                average_cost=position.average_cost,
                unrealized_pnl=position.unrealized_pnl,
                realized_pnl=position.realized_pnl,
                account=self._exchange.account.name,
            )
        now = datetime.fromtimestamp(self._exchange.now_ns / NS, NEW_YORK)
        client.send(messages.ACCOUNT_TIME, time=f"{now:%H:%M}")

    def send_summary(self, client: Client, req_id: int, tags: frozenset[str]) -> None:
        """The account values that a summary asked for, and the end mark."""
        for key, value, currency in self._exchange.account_values():
            if key in tags:
                client.send(
                    messages.ACCOUNT_SUMMARY,
                    req_id=req_id,
                    account=self._exchange.account.name,
                    key=key,
                    value=value,
                    currency=currency,
                )
        client.send(messages.ACCOUNT_SUMMARY_END, req_id=req_id)

    def send_multi(self, client: Client, req_id: int) -> None:
        """The account values under a request id, and the end mark."""
        for key, value, currency in self._exchange.account_values():
            client.send(
                messages.ACCOUNT_VALUE_MULTI,
                req_id=req_id,
                account=self._exchange.account.name,
                key=key,
                value=value,
                currency=currency,
            )
        client.send(messages.ACCOUNT_VALUES_MULTI_END, req_id=req_id)

    def send_pnl(self, client: Client, req_id: int, last: Values | None = None) -> Values:
        """The account's P&L, unless it is what was sent last; returns what the client knows now."""
        daily, unrealized, realized = self._exchange.pnl()
        values = {"daily": daily, "unrealized": unrealized, "realized": realized}
        if values != last:
            client.send(messages.PNL, req_id=req_id, **values)
        return values

    def send_pnl_single(self, client: Client, req_id: int, con_id: int, last: Values | None = None) -> Values:
        """One position's P&L, unless it is what was sent last; returns what the client knows now."""
        position = self._position(con_id)
        values = {
            "position": position.quantity,
            "daily": position.daily_pnl,
            "unrealized": position.unrealized_pnl,
            "realized": position.realized_pnl,
            "value": position.market_value,
        }
        if values != last:
            client.send(messages.PNL_SINGLE, req_id=req_id, **values)
        return values

    def positions(self) -> Iterator[Position]:
        """Every position that is not flat."""
        return (position for position in self._exchange.positions() if position.quantity)

    def _position(self, con_id: int) -> Position:
        return self._exchange.position(con_id)

    def _position_values(self, position: Position) -> Values:
        instrument = self._exchange.describe(position.con_id)
        return {
            **contract_values(instrument, instrument.primary_exchange),
            "account": self._exchange.account.name,
            "position": position.quantity,
            "average_cost": position.average_cost if position.quantity else 0.0,
            "model_code": "",
        }
