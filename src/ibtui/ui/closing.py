"""The way out of a position or of trading: flatten, reverse, HALT and release, orders closed by hand."""

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from ibtui.errors import IbtuiError, UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.names import known_name, symbol
from ibtui.market.prices import exact
from ibtui.trading.orders import LIVE, Order, Status
from ibtui.ui.rows.orders import told

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

log = logging.getLogger(__name__)


class Closing:
    """Each of these asks once, then does it on a task of the app's and tells what came of it."""

    def __init__(self, app: "ConsoleApp") -> None:
        self._app = app

    def flatten(self, instrument: Instrument) -> None:
        """Cancels a symbol's orders and closes what is held of it, once that is confirmed."""
        self._confirm(
            f"Flatten {symbol(instrument)}?",
            [self._held_words(instrument), "Its orders are cancelled, then one order closes the position."],
            self._flatten([instrument]),
        )

    def flatten_all(self) -> None:
        """Closes every position, once that is confirmed."""
        positions = list(self._app.parts.account.positions.values())
        if not positions:
            self._app.tell("Nothing is held")
            return
        words = [f"{self._name(each.con_id, each.symbol)}: {_signed(each.quantity)} held" for each in positions]

        async def close() -> None:
            await self._flatten([await self._described(each.con_id) for each in positions])

        self._confirm(f"Flatten all {len(positions)} positions?", words, close())

    def reverse(self, instrument: Instrument) -> None:
        """Turns a position into as much on the other side, once that is confirmed."""

        async def turn() -> None:
            order = await self._app.parts.flattening.reverse(instrument)
            self._app.tell(f"Reversing: {told(order, instrument)}")

        words = [self._held_words(instrument), "It is closed, and as much is opened on the other side."]
        self._confirm(f"Reverse {symbol(instrument)}?", words, turn())

    def halt(self, reason: str = "the key") -> None:
        """HALTED at once, without asking."""
        parts = self._app.parts
        now_ns = parts.market_clock.now_ns() or parts.clock.utc_ns()

        async def stop() -> None:
            count = await parts.orders.halt(reason, now_ns, cancels=parts.settings.risk.halt_cancels)
            cancels = f"{count} cancel{'s' * (count != 1)} asked for"
            self._app.tell(f"HALTED; {cancels}. `:release REASON` ends it", bad=True)

        self._app.armed.disarm("HALTED")
        self._run(stop())

    def release(self, reason: str) -> None:
        """Ends a HALT and a latched daily loss, with a reason that is kept."""

        async def end() -> None:
            orders = self._app.parts.orders
            held = [source for source in ("user", "daily loss") if source in orders.restraints]
            if not held:
                raise UsageError("nothing is held back that a reason could release")
            for source in held:
                await orders.release(source, reason)
            self._app.tell(f"Trading is {orders.trading_state}")

        self._run(end())

    def resolve(self, ref: str, reason: str) -> None:
        """Closes an UNKNOWN order by hand; the end of its reference is enough."""
        orders = self._app.parts.orders
        found = [each for each in orders.orders if each.endswith(ref.upper())]
        unknown = [each for each in found if orders.orders[each].status is Status.UNKNOWN]
        if len(unknown) != 1:
            self._app.tell(f"'{ref}' names {len(unknown)} UNKNOWN orders, not one", bad=True)
            return
        try:
            self._app.tell(f"Closed by hand: {told(orders.resolve(unknown[0], reason))}")
        except IbtuiError as error:
            self._app.tell(str(error), bad=True)

    def with_contract(self, con_id: int, then: Callable[[Instrument], None]) -> None:
        """Hands a contract to ``then``, looked up first where this run has not done so yet."""
        known = self._app.parts.contracts.known(con_id)
        if known is not None:
            then(known)
            return

        async def look_up() -> None:
            then(await self._described(con_id))

        self._run(look_up())

    def ask_to_move(self, order: Order) -> None:
        """Asks for another price of a working order, and then the broker for it."""
        from ibtui.ui.screens.confirm import MoveOrder

        if order.status not in LIVE or not (order.intent.limit_price or order.intent.stop_price):
            why = f"it is {order.status}" if order.status not in LIVE else "it has no price"
            self._app.tell(f"{order.intent.symbol} can't be moved: {why}", bad=True)
            return

        def moved(price: float | None) -> None:
            if price is not None:
                self.move(order, price)

        def ask(instrument: Instrument) -> None:
            self._app.push_screen(MoveOrder(order, instrument), moved)

        self.with_contract(order.intent.con_id, ask)

    def move(self, order: Order, price: float) -> None:
        """Gives a working order another price: its stop where it has no limit."""
        limit, stop = (price, None) if order.intent.limit_price is not None else (None, price)

        async def change() -> None:
            ref, instrument = order.intent.order_ref, await self._described(order.intent.con_id)
            asked = await self._app.parts.orders.change(ref, instrument, limit_price=limit, stop_price=stop)
            self._app.tell(f"Change asked: {told(asked)} to {exact(price)}")

        self._run(change())

    async def _flatten(self, instruments: Sequence[Instrument]) -> None:
        for instrument in instruments:
            try:
                order = await self._app.parts.flattening.flatten(instrument)
            except IbtuiError as error:  # one that can't be closed keeps no other from being closed
                self._app.tell(str(error), bad=True)
            else:
                self._app.tell(f"Flattening: {told(order, instrument)}" if order else f"{symbol(instrument)} is flat")

    def _held_words(self, instrument: Instrument) -> str:
        held = self._app.parts.account.held(instrument.con_id)
        if held is None:
            return f"{symbol(instrument)}: the position is not known"
        least, most = _signed(held.least), _signed(held.most)
        return f"{symbol(instrument)}: {least if held.agreed is not None else f'between {least} and {most}'} held"

    def _name(self, con_id: int, otherwise: str) -> str:
        return known_name(self._app.parts.contracts.known(con_id), otherwise)

    async def _described(self, con_id: int) -> Instrument:
        contracts = self._app.parts.contracts
        return contracts.known(con_id) or await contracts.refresh(con_id)

    def _confirm(self, title: str, words: Sequence[str], work: Coroutine[Any, Any, None]) -> None:
        from ibtui.ui.screens.confirm import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(work)
            else:
                work.close()

        self._app.push_screen(Confirm(title, words), answered)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except IbtuiError as error:
                self._app.tell(str(error), bad=True)
            except Exception as error:  # whoever wants out needs the console more than ever
                log.exception("Closing failed here")
                self._app.tell(f"That failed here: {error!r}; do it in TWS", bad=True)

        self._app.run_worker(guarded(), name="closing", exit_on_error=True)


def _signed(quantity: float) -> str:
    return f"{'+' if quantity > 0 else ''}{exact(quantity)}"
