"""Screen 7: what the account is worth, holds, may still do, and what the day brought."""

import asyncio
from collections.abc import Callable, Hashable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.errors import StorageError
from ibtui.market.instruments import Instrument
from ibtui.market.names import symbol
from ibtui.market.trading_day import day_began_ns
from ibtui.storage import queries
from ibtui.trading.day_result import Fill, fills_since
from ibtui.ui.frame import Frame
from ibtui.ui.gather import brief_limits
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.account import (
    COLUMNS,
    CURRENCY_COLUMNS,
    FILL_COLUMNS,
    currencies,
    currency_row,
    fill_row,
    position_row,
    summary,
)
from ibtui.ui.rows.equity import equity_line
from ibtui.ui.rows.limits import state_line
from ibtui.ui.screens.lists import ListsScreen
from ibtui.ui.text import Line, Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid

MINUTE_NS = 60_000_000_000
"""The equity line keeps one value a minute."""


class AccountScreen(ListsScreen):
    """Profit and loss, the equity of the day, the values that matter first; below them one list, or all."""

    NAME = "account"
    LISTS = ("#positions", "#executions", "#currencies")
    TALL = 45
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("account")]

    def __init__(self) -> None:
        super().__init__()
        self._equity: dict[int, float] = {}
        self._equity_of = ("", "")
        self._fills: dict[str, Fill] = {}

    def body(self) -> Iterable[Widget]:
        """Values, equity, trading state, positions, executions, currencies."""
        yield LineBox(id="values")
        yield LineBox(id="equity")
        yield LineBox(id="trading")
        yield RowGrid(COLUMNS, self._position_row, empty="No positions.", id="positions")
        yield RowGrid(self.timed(FILL_COLUMNS), self._fill_row, empty="No executions today.", id="executions")
        yield RowGrid(CURRENCY_COLUMNS, self._currency_row, empty="No balances are known.", id="currencies")

    def paint(self, frame: Frame) -> None:
        """Draws what differs, once a second."""
        if not frame.full:
            return
        account, day, width = self.parts.account, self.parts.day_watch, self.size.width
        profits = account.daily_pnl, account.unrealized_pnl, account.realized_pnl
        lines = summary(account.account, account.values, *profits, day.own, day.difference, width)
        self.query_one("#values", LineBox).show(lines)
        self.query_one("#trading", LineBox).show([self._state(), brief_limits(self.parts, width)])
        self._paint_equity(frame.now_ns, width)
        traded = sorted({*account.positions, *day.results}, key=self._symbol)
        self._fills = {each[0].exec_id: each for each in reversed(self._fills_today(frame.now_ns))}
        rows: dict[str, Iterable[Hashable]] = {
            "#positions": traded,
            "#executions": self._fills,
            "#currencies": currencies(account.values),
        }
        for name, keys in rows.items():
            grid = self.query_one(name, RowGrid)
            grid.set_keys(tuple(keys))
            grid.update_rows()

    def _paint_equity(self, now_ns: int, width: int) -> None:
        """The line of the trading day. It is kept by this machine's clock, which market time runs beside."""
        account = self.parts.account
        unit, market_ns = account.base_currency, self._market_ns(now_ns)
        begin = now_ns - (market_ns - day_began_ns(market_ns))
        if self._equity_of != (account.account, unit) and unit:
            self._equity_of = (account.account, unit)
            self._equity.clear()
            self.run_worker(self._read_equity(account.account, unit, begin), exit_on_error=True)
        value = account.number("NetLiquidation", unit) if unit else None
        if value is not None and account.holdings.known:
            self._equity[now_ns // MINUTE_NS] = value
        line = equity_line(self._equity, begin // MINUTE_NS, now_ns // MINUTE_NS, unit, width)
        self.query_one("#equity", LineBox).show([line])

    async def _read_equity(self, account: str, unit: str, begin: int) -> None:
        directory = self.parts.writer.directory
        try:
            kept = await asyncio.to_thread(queries.account_series, directory, account, "NetLiquidation", unit, begin)
        except StorageError as error:
            self.console.tell(f"The equity before now can't be read: {error}", bad=True)
            return
        if self._equity_of == (account, unit):
            self._equity = {at // MINUTE_NS: value for at, value in kept} | self._equity

    def _state(self) -> Line:
        desk = self.parts.orders
        return state_line(desk.trading_state, desk.restraints.values(), self.parts.settings.ui.timezone)

    def _fills_today(self, now_ns: int) -> list[Fill]:
        day_ns = day_began_ns(self._market_ns(now_ns))
        return sorted(fills_since(self.parts.orders.orders.values(), day_ns), key=lambda fill: fill[0].ts_ns)

    def _market_ns(self, now_ns: int) -> int:
        return self.parts.market_clock.now_ns() or now_ns

    def action_flatten(self) -> None:
        """Closes what is held of the selected position's symbol, once that is confirmed."""
        self._close(self.console.closing.flatten)

    def action_reverse(self) -> None:
        """Turns the selected position round, once that is confirmed."""
        self._close(self.console.closing.reverse)

    def _close(self, how: Callable[[Instrument], None]) -> None:
        con_id = self.query_one("#positions", RowGrid).selected
        if self._chosen == "#positions" and isinstance(con_id, int) and self.console.key_trusted():
            self.console.closing.with_contract(con_id, how)

    def _symbol(self, con_id: int) -> str:
        instrument = self.parts.contracts.known(con_id)
        if instrument is not None:
            return symbol(instrument)
        position, orders = self.parts.account.positions.get(con_id), self.parts.orders.orders.values()
        named = (each.intent.symbol for each in orders if each.intent.con_id == con_id)
        return position.symbol if position is not None else next(named, f"#{con_id}")

    def _position_row(self, key: Hashable) -> Row:
        if not isinstance(key, int):
            return (("", "plain"),)
        position, instrument = self.parts.account.positions.get(key), self.parts.contracts.known(key)
        return position_row(position, self.parts.day_watch.results.get(key), self._symbol(key), instrument)

    def _fill_row(self, key: Hashable) -> Row:
        fill, cost = self._fills[str(key)]
        return fill_row(fill, cost, self._symbol(fill.con_id), self.parts.settings.ui.timezone)

    def _currency_row(self, key: Hashable) -> Row:
        return currency_row(str(key), self.parts.account.values)
