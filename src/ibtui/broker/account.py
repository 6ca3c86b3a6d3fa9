"""The account as the broker reports it: positions, values, profit and loss. What is not known is None, never zero."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ibtui.broker.session import Session
from ibtui.broker.sync import Step
from ibtui.clock import Clock
from ibtui.errors import IbtuiError
from ibtui.market.values import known, price
from ibtui.storage import history
from ibtui.storage.database import Statement
from ibtui.trading.checks import is_paper
from ibtui.trading.differences import Moved
from ibtui.trading.holdings import Held, Holdings

if TYPE_CHECKING:
    from ib_insync import Contract

MODEL = ""
"""Model code of the requests: none, the whole account."""


@dataclass(frozen=True, slots=True)
class Position:
    """One contract held.

    Attributes:
        quantity: Negative when short.
        average_cost: Per unit, multiplier and commission included, as IB sends it; in the contract's currency.
        market_price: IB's own mark; it comes with the account values, seconds or minutes old.
        unrealized: IB's own figure, in the contract's currency.
        currency: The contract's; empty while unknown.
    """

    con_id: int
    symbol: str
    quantity: float
    average_cost: float | None = None
    market_price: float | None = None
    unrealized: float | None = None
    currency: str = ""


class Account:
    """One account's state, a :class:`ibtui.broker.sync.SessionPart`.

    Args:
        wanted: The account to use where the login manages several; empty: its only one.
        save: Takes statements for ``history.db``; nobody waits for them.

    Attributes:
        account: The account in use; empty when there is none to use, see ``problem``.
        problem: Why orders can't be sent for it, in words; empty for a paper account.
        positions: By contract id. Kept when the session ends; see :meth:`held` for whether they still hold.
        holdings: What the broker's positions and our own fills say together.
        values: IB's account values by name and currency, as texts.
        daily_pnl: None while unknown, in the account's base currency, as the two others.
        on_change: Called once for each network read that changed something here.
    """

    def __init__(self, wanted: str, clock: Clock, save: Callable[..., None]) -> None:
        self.account = ""
        self.problem = "no session with the gateway yet"
        self.positions: dict[int, Position] = {}
        self.holdings = Holdings()
        self.values: dict[tuple[str, str], str] = {}
        self.daily_pnl: float | None = None
        self.unrealized_pnl: float | None = None
        self.realized_pnl: float | None = None
        self.on_change: list[Callable[[], None]] = []
        self._wanted = wanted
        self._clock = clock
        self._save = save
        self._session: Session | None = None
        self._reported: dict[int, Position] | None = None
        self._at_loss: tuple[str, dict[int, Position]] | None = None
        self._asked_at = 0.0
        self._positions_end: asyncio.Future[None] | None = None
        self._values_end: asyncio.Future[None] | None = None
        self._pnl_request: int | None = None
        self._changed = False
        self._changed_positions: dict[int, Position] = {}
        self._changed_values: set[tuple[str, str]] = set()

    @property
    def paper(self) -> bool:
        """Whether this is a paper account; orders go to no other."""
        return is_paper(self.account)

    def held(self, con_id: int) -> Held | None:
        """The position in a contract; None unless this session has reported all positions."""
        return self.holdings.held(con_id)

    def filled(self, con_id: int, quantity: float) -> None:
        """A fill of ours, negative for a sale, that the broker's positions may not count yet."""
        self.holdings.filled(con_id, quantity, self._clock.monotonic())

    def moved(self) -> list[Moved]:
        """Positions that are not what they were before the link was lost, each told once."""
        if self._at_loss is None or not self.holdings.known:
            return []
        account, before = self._at_loss
        self._at_loss = None
        if account != self.account:
            return []
        names = {each.con_id: each.symbol for each in (*before.values(), *self.positions.values())}
        pairs = [(con_id, _quantity(before.get(con_id)), _quantity(self.positions.get(con_id))) for con_id in names]
        return [Moved(con_id, names[con_id], old, new) for con_id, old, new in pairs if old != new]

    def remember(self, account: str, positions: Iterable[Position]) -> None:
        """An account's positions as they were when the last run ended: what they are now is told against them."""
        self._at_loss = account, {each.con_id: each for each in positions}

    @property
    def base_currency(self) -> str:
        """The account's own currency, as its net liquidation is reported in; empty while unknown."""
        return next((unit for name, unit in self.values if name == "NetLiquidation" and unit != "BASE"), "")

    @property
    def available(self) -> float | None:
        """Funds that new margin can be met with, in base currency; None while unknown."""
        return self.number("AvailableFunds", self.base_currency)

    @property
    def day_profit(self) -> float | None:
        """Profit of the day in base currency, IB's figure; None while unknown."""
        return self.daily_pnl

    def rate(self, currency: str) -> float | None:
        """Units of base currency for one unit of another; None while unknown."""
        return self.number("ExchangeRate", currency)

    def number(self, key: str, currency: str | None = None) -> float | None:
        """An account value such as ``AvailableFunds``, in the given or its first reported currency; None if unknown."""
        for (name, unit), text in self.values.items():
            if name == key and currency in (None, unit):
                return _number(text)
        return None

    # --- life in a session ---

    def attach(self, session: Session) -> None:
        """Listens to what the gateway says of positions, values and profit."""
        self._session = session
        self._choose(session.accounts)
        handlers: dict[str, Callable[..., None]] = {
            "managedAccounts": lambda _accounts: self._choose(session.accounts),
            "position": self._on_position,
            "positionEnd": self._on_position_end,
            "updatePortfolio": self._on_portfolio,
            "updateAccountValue": self._on_value,
            "accountDownloadEnd": self._on_values_end,
            "pnl": self._on_pnl,
        }
        for method, handler in handlers.items():
            session.tap(method, handler)
        session.on_batch_end(self._on_batch_end)

    def steps(self, session: Session) -> Sequence[Step]:
        """Positions first: they decide what reduces."""
        return [
            ("positions", lambda: self._ask_positions(session)),
            ("account values", lambda: self._ask_values(session)),
        ]

    def detach(self) -> None:
        """Nothing holds any more; positions and values stay to be looked at, profit is unknown."""
        self._session = None
        if self.holdings.known and self._at_loss is None:
            self._at_loss = self.account, dict(self.positions)
        self.holdings.forget()
        self._reported = None
        self.data_lost()
        self._tell()

    def data_lost(self) -> None:
        """IB is back without our subscriptions."""
        self._pnl_request = None
        self.daily_pnl = self.unrealized_pnl = self.realized_pnl = None

    async def ask_positions(self) -> None:
        """Has all positions listed anew, for a fill that none of them counts.

        Raises:
            RequestTimeoutError: The list did not end in time.
            LinkDownError: The session ended.
        """
        if self._session is not None:
            await self._ask_positions(self._session)

    async def _ask_positions(self, session: Session) -> None:
        if self._reported is None:  # else the answer to an earlier request may still be coming in: its rows count too
            self._reported = {}
            self._asked_at = self._clock.monotonic()
        self._positions_end = asyncio.get_running_loop().create_future()
        session.ib.client.reqPositions()
        await session.ask(self._positions_end, "positions")

    async def _ask_values(self, session: Session) -> None:
        if not self.account:
            raise IbtuiError(self.problem)
        client = session.ib.client
        if self._pnl_request is not None:
            client.cancelPnL(self._pnl_request)
        self._pnl_request = session.request_id()
        client.reqPnL(self._pnl_request, self.account, MODEL)
        self._values_end = asyncio.get_running_loop().create_future()
        client.reqAccountUpdates(True, self.account)
        await session.ask(self._values_end, "account values")

    def _choose(self, accounts: tuple[str, ...]) -> None:
        before = self.account
        self.account, self.problem = choose_account(self._wanted, accounts)
        if before and self.account != before:
            self.positions, self.values = {}, {}
            self._changed_positions, self._changed_values = {}, set()
            self.holdings.forget()
            self.data_lost()
        self._changed = True

    # --- what the gateway says ---

    def _on_position(self, account: str, contract: "Contract", quantity: float, average_cost: float) -> None:
        if account != self.account or known(quantity) is None:
            return
        old = self.positions.get(contract.conId)
        position = Position(
            contract.conId,
            contract.localSymbol or contract.symbol,
            quantity,
            known(average_cost),
            old.market_price if old else None,
            old.unrealized if old and old.quantity == quantity else None,
            contract.currency,
        )
        if self._reported is not None:
            self._reported[position.con_id] = position
        else:
            self._put(position)
            self.holdings.reported(position.con_id, quantity, self._clock.monotonic())

    def _on_position_end(self) -> None:
        if self._reported is None:
            return
        gone = [old for con_id, old in self.positions.items() if con_id not in self._reported]
        for position in [*self._reported.values(), *(Position(old.con_id, old.symbol, 0.0) for old in gone)]:
            self._put(position)
        self.holdings.listed({each.con_id: each.quantity for each in self._reported.values()}, self._asked_at)
        self._reported = None
        self._changed = True
        _resolve(self._positions_end)

    def _on_portfolio(
        self,
        contract: "Contract",
        quantity: float,
        market_price: float,
        _market_value: float,
        average_cost: float,
        unrealized: float,
        _realized: float,
        account: str,
    ) -> None:
        if account == self.account:
            symbol = contract.localSymbol or contract.symbol
            figures = known(average_cost), price(market_price), known(unrealized)
            self._put(Position(contract.conId, symbol, quantity, *figures, contract.currency))

    def _put(self, position: Position) -> None:
        if self.positions.get(position.con_id) == position:
            return
        if position.quantity:
            self.positions[position.con_id] = position
        elif self.positions.pop(position.con_id, None) is None:
            return
        self._changed = True
        self._changed_positions[position.con_id] = position

    def _on_value(self, key: str, value: str, currency: str, account: str) -> None:
        if account not in (self.account, ""):
            return
        name = (key, currency)
        if _is_unset(value):
            self._changed = self.values.pop(name, None) is not None or self._changed
        elif self.values.get(name) != value:
            self.values[name] = value
            self._changed = True
            self._changed_values.add(name)

    def _on_values_end(self, account: str) -> None:
        if account in (self.account, ""):
            _resolve(self._values_end)

    def _on_pnl(self, request_id: int, daily: float, unrealized: float, realized: float) -> None:
        if request_id == self._pnl_request:
            self.daily_pnl, self.unrealized_pnl, self.realized_pnl = known(daily), known(unrealized), known(realized)
            self._changed = True

    # --- telling and keeping ---

    def _on_batch_end(self) -> None:
        if self._changed:
            self._keep()
            self._tell()

    def _tell(self) -> None:
        self._changed = False
        for listener in self.on_change:
            listener()

    def _keep(self) -> None:
        now = self._clock.utc_ns()
        statements: list[Statement] = []
        for each in self._changed_positions.values():
            statements += history.position(
                self.account,
                each.con_id,
                now,
                symbol=each.symbol,
                quantity=each.quantity,
                average_cost=each.average_cost,
                market_price=each.market_price,
                unrealized=each.unrealized,
            )
        for key, currency in self._changed_values:
            statements += history.account_value(self.account, key, currency, now, self.values[key, currency])
        self._changed_positions = {}
        self._changed_values = set()
        if statements:
            self._save(*_merged(statements))


def choose_account(wanted: str, accounts: Sequence[str]) -> tuple[str, str]:
    """The account to use, and why orders can't be sent for it; the account is empty when there is none to use."""
    listed = ", ".join(accounts)
    if wanted and wanted not in accounts:
        return "", f"account {wanted} is not one of this login's: {listed or 'none'}"
    if not wanted and len(accounts) != 1:
        return "", f"choose one of this login's accounts with [gateway] account: {listed}" if accounts else "no account"
    account = wanted or accounts[0]
    return account, "" if is_paper(account) else f"{account} is not a paper account: orders are sent for those only"


def _merged(statements: Sequence[Statement]) -> list[Statement]:
    """One statement for each SQL text, with all its rows."""
    rows: dict[str, list[Sequence[Any]]] = {}
    for sql, parameters in statements:
        rows.setdefault(sql, []).extend(parameters)
    return list(rows.items())


def _number(text: str) -> float | None:
    try:
        return known(float(text))
    except ValueError:
        return None


def _is_unset(text: str) -> bool:
    """Whether a value is a number that means nothing: NaN or IB's huge "unset"."""
    try:
        return known(float(text)) is None
    except ValueError:
        return False


def _quantity(position: Position | None) -> float:
    return 0.0 if position is None else position.quantity


def _resolve(future: "asyncio.Future[None] | None") -> None:
    if future is not None and not future.done():
        future.set_result(None)
