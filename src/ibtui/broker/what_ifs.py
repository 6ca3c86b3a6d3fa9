"""What-ifs: the gateway is asked what an order would need and cost, and answers without placing it.

The frame is an order's with one flag set, so it goes the way of an order: journal first, the same guards, one place
that sends it. It takes no message of a second that orders and cancels may need, and is never sent while an order is on
its way, because IB refuses an order id below one that it has seen.
"""

import asyncio
from typing import TYPE_CHECKING

from ibtui.broker.codes import lookup
from ibtui.broker.order_guards import Asked, OrderGuards
from ibtui.broker.order_sender import OrderSender
from ibtui.broker.window import turn
from ibtui.errors import IbtuiError, OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.market.values import known
from ibtui.trading.orders import OrderIntent
from ibtui.trading.what_if import WhatIf

if TYPE_CHECKING:
    import ib_insync

    from ibtui.broker.session import Session
    from ibtui.storage.journal import Journal

LONGEST_WAIT = 3.0
"""Seconds after which a what-if is unknown: who types an order waits no longer."""

_LATE = "there was no room to ask among this second's messages"
_SILENT = "no answer from the gateway"
_UNSET = "margin left unset by the gateway"


class WhatIfs:
    """One question at a time. A part of a session.

    Args:
        sender: Sends the frame.
        guards: Learn what one contract needs.
        journal: Keeps question and answer.
        wait: Seconds to wait for an answer.
    """

    def __init__(
        self,
        sender: OrderSender,
        guards: OrderGuards,
        journal: "Journal",
        wait: float,
    ) -> None:
        self._sender = sender
        self._guards = guards
        self._journal = journal
        self._wait = min(wait, LONGEST_WAIT)
        self._one_at_a_time = asyncio.Lock()
        self._session: Session | None = None
        self._order_id = 0
        self._answer: asyncio.Future[WhatIf] | None = None
        self._so_far = WhatIf(problem=_LATE, final=False)

    def attach(self, session: "Session") -> None:
        """There is a session to ask in."""
        self._session = session
        session.tap("openOrder", self._on_open_order)
        session.tap("error", self._on_error)

    def detach(self) -> None:
        """The session is gone: nobody will answer."""
        self._session = None
        self._end(WhatIf(problem="the link was lost before the answer", final=False))

    async def ask(self, intent: OrderIntent, instrument: Instrument) -> WhatIf:
        """What an order would need and cost, within seconds, or why that is not known. Raises nothing."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(self._wait):
                    answer = await self._ask(intent, instrument)
            except TimeoutError:
                answer = self._so_far
            except IbtuiError as error:
                answer = WhatIf(problem=str(error), final=False)
            finally:
                asked, self._order_id, self._answer = self._order_id, 0, None
            if asked:
                self._journal.what_if_answered(intent.order_ref, answer)
                self._guards.learn_margin(intent, answer)
            return answer

    async def _ask(self, intent: OrderIntent, instrument: Instrument) -> WhatIf:
        session = self._session
        self._so_far = WhatIf(problem=_LATE, final=False)
        if session is None:
            raise OrderRefusedError("there is no session with the gateway")
        await turn(session)
        answer: asyncio.Future[WhatIf] = asyncio.get_running_loop().create_future()

        def leaves(order_id: int) -> None:
            self._order_id, self._answer = order_id, answer
            self._so_far = WhatIf(problem=f"{_SILENT} within {self._wait:g} s", final=False)

        await self._sender.ask_what_if(Asked(intent, instrument), leaves)
        return await answer

    def _on_open_order(
        self, order_id: int, _: "ib_insync.Contract", order: "ib_insync.Order", state: "ib_insync.OrderState"
    ) -> None:
        if not order.whatIf or order_id != self._order_id:
            return
        answer = read_state(state)
        if answer.problem:
            self._so_far = answer  # one with the margin may follow
        else:
            self._end(answer)

    def _on_error(self, request_id: int, code: int, text: str, *_: object) -> None:
        if not request_id or request_id != self._order_id:
            return
        said = f"{text} (IB code {code})"
        if lookup(code).order == "warning":
            self._so_far = WhatIf(problem=said, final=False)
        else:
            self._end(WhatIf(problem=said))

    def _end(self, answer: WhatIf) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


def read_state(state: "ib_insync.OrderState") -> WhatIf:
    """What an answer says; an unset number is unknown, and an unset margin is told."""
    initial = _number(state.initMarginChange)
    return WhatIf(
        initial=initial,
        maintenance=_number(state.maintMarginChange),
        equity=_number(state.equityWithLoanAfter),
        commission=known(state.commission),
        least=known(state.minCommission),
        most=known(state.maxCommission),
        currency=state.commissionCurrency,
        warning=state.warningText,
        problem="" if initial is not None else _UNSET,
    )


def _number(text: str) -> float | None:
    try:
        return known(float(text))
    except ValueError:
        return None
