"""Account, positions and P&L on their way to the clients that asked to be kept up to date."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.sim import messages
from ibtui.sim.account import Account, Position
from ibtui.sim.account_values import Row, account_values, summary
from ibtui.sim.client import Client
from ibtui.sim.contract_values import contract_values
from ibtui.sim.events import Charged, Executed, OrderEvent
from ibtui.sim.exchange import Exchange
from ibtui.sim.schema import Values
from ibtui.sim.simclock import NEW_YORK

REFRESHES_BETWEEN_UPDATES = 180
"""IB sends account updates every three minutes, and at once after a trade."""


@dataclass(slots=True)
class Told:
    """What a client knows of an account's values.

    Attributes:
        tags: Those of a summary that it asked for.
        sent: The newest value sent, by key and currency.
    """

    account: str
    tags: frozenset[str] = frozenset()
    sent: dict[tuple[str, str], str] = field(default_factory=dict)

    def news(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that differ from what the client knows; it knows them from now on."""
        for key, value, currency in rows:
            if self.sent.get((key, currency)) != value:
                self.sent[key, currency] = value
                yield key, value, currency


class ToldPnl(NamedTuple):
    """What a client knows of the P&L of an account, or of one position of it."""

    account: str
    con_id: int
    values: Values


@dataclass(slots=True, eq=False)
class AccountWatch:
    """What one client is kept up to date about.

    Attributes:
        positions: Whether it gets the positions of all accounts; ``positions_multi`` of one, by request id.
        account: What it knows of the account whose updates it gets.
        multi: The same by request id; ``summaries`` of each account.
        pnl: Request id to what was sent last; likewise ``pnl_single``.
    """

    positions: bool = False
    account: Told | None = None
    summaries: dict[int, list[Told]] = field(default_factory=dict)
    multi: dict[int, Told] = field(default_factory=dict)
    positions_multi: dict[int, str] = field(default_factory=dict)
    pnl: dict[int, ToldPnl] = field(default_factory=dict)
    pnl_single: dict[int, ToldPnl] = field(default_factory=dict)


class AccountFeeds:
    """All clients' account subscriptions.

    Args:
        managed: Names the accounts whose positions are sent where none is named.
    """

    def __init__(self, exchange: Exchange, managed: Callable[[], Sequence[str]]) -> None:
        self._exchange = exchange
        self._managed = managed
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
        name = event.order.account
        position = self._position(name, event.order.con_id)
        for client, watch in self._watches.items():
            if watch.positions and name in self._managed():
                self.send_position(client, name, position)
            for req_id, account in watch.positions_multi.items():
                if account == name:
                    self.send_position_multi(client, req_id, name, position)

    def refresh(self) -> None:
        """Sends what has changed; called about once a second."""
        self._refreshes += 1
        due = self._traded or self._refreshes % REFRESHES_BETWEEN_UPDATES == 0
        self._traded = False
        for client, watch in self._watches.items():
            if due:
                self._send_changes(client, watch)
            for req_id, told in watch.pnl.items():
                watch.pnl[req_id] = self.send_pnl(client, req_id, told.account, told)
            for req_id, told in watch.pnl_single.items():
                watch.pnl_single[req_id] = self.send_pnl_single(client, req_id, told.account, told.con_id, told)

    def end_profits(self) -> None:
        """Ends all streams of profit and loss, as a link that loses its data does."""
        for watch in self._watches.values():
            watch.pnl.clear()
            watch.pnl_single.clear()

    # what is sent

    def send_position(self, client: Client, name: str, position: Position) -> None:
        """One position, message 61."""
        client.send(messages.POSITION, **self._position_values(name, position))

    def send_position_multi(self, client: Client, req_id: int, name: str, position: Position) -> None:
        """One position of an account, message 71."""
        client.send(messages.POSITION_MULTI, req_id=req_id, **self._position_values(name, position))

    def send_account(self, client: Client, told: Told) -> None:
        """The whole account, portfolio included, and the end mark."""
        self._send_account_changes(client, told)
        client.send(messages.ACCOUNT_DOWNLOAD_END, account=told.account)

    def send_summary(self, client: Client, req_id: int, told: Told) -> None:
        """The account values that a summary asked for, as far as the client doesn't know them."""
        for key, value, currency in told.news(summary(self._account(told.account), told.tags)):
            client.send(
                messages.ACCOUNT_SUMMARY, req_id=req_id, account=told.account, key=key, value=value, currency=currency
            )

    def send_multi(self, client: Client, req_id: int, told: Told) -> None:
        """The account values under a request id, as far as the client doesn't know them."""
        for key, value, currency in told.news(account_values(self._account(told.account))):
            client.send(
                messages.ACCOUNT_VALUE_MULTI,
                req_id=req_id,
                account=told.account,
                key=key,
                value=value,
                currency=currency,
            )

    def send_pnl(self, client: Client, req_id: int, name: str, last: ToldPnl | None = None) -> ToldPnl:
        """An account's P&L, unless it is what was sent last; returns what the client knows now."""
        daily, unrealized, realized = self._account(name).pnl()
        told = ToldPnl(name, 0, {"daily": daily, "unrealized": unrealized, "realized": realized})
        if told != last:
            client.send(messages.PNL, req_id=req_id, **told.values)
        return told

    def send_pnl_single(
        self, client: Client, req_id: int, name: str, con_id: int, last: ToldPnl | None = None
    ) -> ToldPnl:
        """One position's P&L in USD, unless it is what was sent last; returns what the client knows now."""
        position = self._position(name, con_id)
        values = {
            "position": position.quantity,
            "daily": position.daily_pnl * position.rate,
            "unrealized": position.unrealized_pnl * position.rate,
            "realized": position.realized_pnl * position.rate,
            "value": position.market_value * position.rate,
        }
        told = ToldPnl(name, con_id, values)
        if told != last:
            client.send(messages.PNL_SINGLE, req_id=req_id, **values)
        return told

    def positions(self, name: str) -> Iterator[Position]:
        """Every position of an account that is not flat."""
        return (position for position in self._account(name).positions() if position.quantity)

    def _send_changes(self, client: Client, watch: AccountWatch) -> None:
        if watch.account is not None:
            self._send_account_changes(client, watch.account)
        for req_id, told in watch.multi.items():
            self.send_multi(client, req_id, told)
        for req_id, each in watch.summaries.items():
            for told in each:
                self.send_summary(client, req_id, told)

    def _send_account_changes(self, client: Client, told: Told) -> None:
        """The account values that differ from those sent before, the portfolio, the time."""
        account = self._account(told.account)
        for key, value, currency in told.news(account_values(account)):
            client.send(messages.ACCOUNT_VALUE, key=key, value=value, currency=currency, account=told.account)
        for position in account.positions():
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
                account=told.account,
            )
        now = datetime.fromtimestamp(self._exchange.now_ns / NS, NEW_YORK)
        client.send(messages.ACCOUNT_TIME, time=f"{now:%H:%M}")

    def _account(self, name: str) -> Account:
        return self._exchange.accounts[name]

    def _position(self, name: str, con_id: int) -> Position:
        return self._account(name).position(con_id)

    def _position_values(self, name: str, position: Position) -> Values:
        instrument = self._exchange.describe(position.con_id)
        return {
            **contract_values(instrument, instrument.primary_exchange),
            "account": name,
            "position": position.quantity,
            "average_cost": position.average_cost if position.quantity else 0.0,
            "model_code": "",
        }
