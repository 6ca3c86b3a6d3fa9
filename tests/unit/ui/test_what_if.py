"""The ticket's what-if: asked once typing pauses, one at a time, and shown as what it is."""

import asyncio

import pytest

from ibtui.market.instruments import Instrument
from ibtui.trading.orders import OrderIntent
from ibtui.trading.what_if import WhatIf
from ibtui.ui import estimating
from ibtui.ui.estimating import Estimator
from ibtui.ui.rows.what_if import what_if_line
from tests.unit.trading.makers import SPY, intent

FULL = WhatIf(31_625.4, 28_750.0, 999_997.9, 2.05, currency="USD")


def shown(answer: WhatIf | None, *, wanted: bool = True, width: int = 78) -> str:
    return "".join(text for text, _ in what_if_line(answer, wanted, "USD", width))


def test_numbers_are_told_with_their_currency_and_unknown_ones_as_a_dash() -> None:
    assert shown(FULL).split() == (
        ["what-if", "margin", "31,625", "USD", "to", "keep", "28,750", "fee", "2.05", "USD", "equity", "999,998"]
    )
    assert "fee 1.00 to 2.50 USD" in shown(WhatIf(10.0, 9.0, commission=2.0, least=1.0, most=2.5, currency="USD"))
    unset = shown(WhatIf(commission=1.0, currency="USD", problem="margin left unset by the gateway"))
    assert "margin — USD" in unset
    assert "to keep —" in unset
    assert "left unset by the gateway" in unset
    assert not any(word in shown(WhatIf(problem="no")) for word in ("0.00", "1.79", "nan"))


def test_why_there_is_none_is_told() -> None:
    assert "Margin violation (IB code 201)" in shown(WhatIf(problem="Margin violation (IB code 201)"))
    assert "asking" in shown(None)
    assert shown(None, wanted=False).split() == ["what-if", "—"]


def test_it_fits_the_smallest_terminal() -> None:
    assert len(shown(FULL)) <= 78
    assert len(shown(FULL, width=50)) <= 50


class Broker:
    """Answers when it is let; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[OrderIntent] = []
        self.answers: asyncio.Queue[WhatIf] = asyncio.Queue()
        self.open = 0

    async def __call__(self, wanted: OrderIntent, _: Instrument) -> WhatIf:
        self.asked.append(wanted)
        self.open += 1
        assert self.open == 1
        try:
            return await self.answers.get()
        finally:
            self.open -= 1


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0.001)


async def test_only_what_typing_stops_at_is_asked_one_at_a_time_and_again_where_nobody_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(estimating, "PAUSE", 0.01)
    monkeypatch.setattr(estimating, "ASK_AGAIN", 0.01)
    broker, changes = Broker(), []
    estimator = Estimator(broker, lambda: changes.append(estimator.answer))
    running = asyncio.create_task(estimator.run(SPY))
    for quantity in (1.0, 10.0, 100.0):
        estimator.want(intent(quantity=quantity))
    estimator.want(intent(order_ref="NEW", quantity=100.0))
    await turns(30)
    assert [each.quantity for each in broker.asked] == [100.0]
    estimator.want(intent(quantity=7.0))
    await turns(30)
    assert len(broker.asked) == 1
    broker.answers.put_nowait(FULL)
    await turns(30)
    assert (changes, estimator.answer) == ([], None)  # it was about another order
    assert [each.quantity for each in broker.asked] == [100.0, 7.0]
    broker.answers.put_nowait(WhatIf(problem="no answer", final=False))
    await turns(30)
    assert len(broker.asked) == 3
    broker.answers.put_nowait(FULL)
    await turns(30)
    assert changes[-1] == estimator.answer == FULL
    estimator.want(None)
    await turns(30)
    assert len(broker.asked) == 3
    assert estimator.answer is None
    running.cancel()
