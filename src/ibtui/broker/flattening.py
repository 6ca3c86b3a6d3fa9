"""Closing positions: cancel the symbol's orders, await their end, then one order for what is held. Once at a time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ibtui.broker.order_guards import AccountView
from ibtui.broker.orders import OrderDesk
from ibtui.errors import OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.prices import exact, round_to_tick
from ibtui.market.state import MarketState
from ibtui.trading.orders import ENDED, Action, Order, OrderIntent, Status
from ibtui.trading.states import TradingState

END_WAIT = 3.0
"""Seconds to wait for cancelled orders to end, and for broker and fills to agree on the position."""

FILL_WAIT = 5.0
"""Seconds that a reversal waits until the old position is closed."""

BEYOND = 0.005
"""How far beyond the touch the limit of a closing order lies: it fills at once, and in a flash crash not anywhere."""


class Flattening:
    """Flattens and reverses. What it sends passes the desk's own guards as every order does."""

    def __init__(self, desk: OrderDesk, account: AccountView, market: MarketState, mark: Callable[[int], Mark]) -> None:
        self._desk = desk
        self._account = account
        self._market = market
        self._mark = mark
        self._busy: set[int] = set()
        self._news = asyncio.Event()
        desk.on_change.append(self._changed)

    async def flatten(self, instrument: Instrument) -> Order | None:
        """Closes what is held of a contract; call it only once the user has confirmed.

        Returns:
            The closing order as it was sent, or None where nothing is held any more.

        Raises:
            OrderRefusedError: Nothing was sent to close it; says why.
        """
        con_id = instrument.con_id
        if con_id in self._busy:
            raise OrderRefusedError(f"{instrument.symbol} is being flattened already")
        self._busy.add(con_id)
        try:
            await self._end_orders(instrument)
            held = await self._agreed(instrument)
            if not held:
                return None
            return await self._send(self._closing(instrument, held), instrument, flattens=True)
        finally:
            self._busy.discard(con_id)

    async def reverse(self, instrument: Instrument) -> Order:
        """Closes what is held, and once that has filled opens as much on the other side.

        Raises:
            OrderRefusedError: It was not reversed; says how far it came.
        """
        if self._desk.trading_state is not TradingState.ACTIVE:
            raise OrderRefusedError(f"trading is {self._desk.trading_state}: a reversal opens a position")
        self._must_know_margin(instrument)
        closing = await self.flatten(instrument)
        if closing is None:
            raise OrderRefusedError(f"nothing of {instrument.symbol} is held")
        ref = closing.intent.order_ref
        with suppress(TimeoutError):
            async with asyncio.timeout(FILL_WAIT):
                await self._until(lambda: self._desk.orders[ref].status in ENDED)
        status = self._desk.orders[ref].status
        if status is not Status.FILLED:
            raise OrderRefusedError(f"{instrument.symbol} is not closed yet, its order is {status}: not reversed")
        opening = self._marketable(instrument, closing.intent.action, closing.intent.quantity)
        return await self._send(opening, instrument, follows=ref)

    def _must_know_margin(self, instrument: Instrument) -> None:
        """Refuses a reversal whose second half would be refused, while there still is a position to keep."""
        held = self._account.held(instrument.con_id)
        if held is None or not (held.least > 0 or held.most < 0):
            return
        opening = self._closing(instrument, held.least)
        if not self._desk.margin_known(opening, instrument):
            raise OrderRefusedError(
                f"{instrument.symbol} is not reversed, nothing was sent: the margin of a {opening.action} "
                "is not known; a ticket for more than is held asks for it, `f` only closes"
            )

    async def _end_orders(self, instrument: Instrument) -> None:
        con_id = instrument.con_id
        await self._desk.cancel_all(con_id)
        try:
            async with asyncio.timeout(END_WAIT):
                await self._until(lambda: not self._live(con_id))
        except TimeoutError:
            words = ", ".join(
                f"{each.intent.action} {exact(each.remaining)} is {each.status}" for each in self._live(con_id)
            )
            raise OrderRefusedError(f"{instrument.symbol} is not flattened, its orders did not end: {words}") from None

    async def _agreed(self, instrument: Instrument) -> float:
        """The position that broker and executions agree on."""

        def agreed() -> float | None:
            held = self._account.held(instrument.con_id)
            return None if held is None else held.agreed

        try:
            async with asyncio.timeout(END_WAIT):
                # Positions tell nobody here: they are looked at until they say what the fills say.
                while agreed() is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise OrderRefusedError(
                f"{instrument.symbol} is not flattened: broker and fills don't agree on the position yet; try again"
            ) from None
        return agreed() or 0.0

    def _closing(self, instrument: Instrument, held: float) -> OrderIntent:
        return self._marketable(instrument, "SELL" if held > 0 else "BUY", abs(held))

    def _marketable(self, instrument: Instrument, action: Action, quantity: float) -> OrderIntent:
        """A limit order that trades at once; a market order where no quote can be trusted."""
        quote = self._market.board.quote(instrument.con_id)
        touch = quote.bid if action == "SELL" else quote.ask
        if self._mark(instrument.con_id) is not Mark.LIVE or touch is None or touch <= 0:
            return self._desk.intent(instrument, action, quantity, "MKT", outside_rth=True)
        limit = touch * (1 - BEYOND if action == "SELL" else 1 + BEYOND)
        limit = max(round_to_tick(limit, instrument.min_tick), instrument.min_tick)
        return self._desk.intent(instrument, action, quantity, "LMT", limit, outside_rth=True)

    async def _send(
        self, intent: OrderIntent, instrument: Instrument, *, flattens: bool = False, follows: str = ""
    ) -> Order:
        order = await self._desk.submit(intent, instrument, flattens=flattens, follows=follows)
        if order.status in (Status.REFUSED, Status.NOT_SENT):
            raise OrderRefusedError(f"{instrument.symbol}: {order.reason}")
        return order

    def _live(self, con_id: int) -> list[Order]:
        return [
            each for each in self._desk.orders.values() if each.intent.con_id == con_id and each.status not in ENDED
        ]

    def _changed(self, _: Order) -> None:
        self._news.set()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._news.clear()
            await self._news.wait()
