"""What a what-if says of one contract more; where it says nothing of that, nothing is believed."""

import math
from dataclasses import replace

import pytest

from ibtui.trading.what_if import UnitMargins, WhatIf, same_terms
from tests.unit.trading.makers import intent


def test_one_contract_needs_its_share_on_its_own_side_only():
    margins = UnitMargins()
    margins.learn(intent(quantity=4.0), WhatIf(initial=80_000.0), reducible=0.0)
    assert margins.of(intent(quantity=1.0)) == 20_000.0
    assert margins.of(intent(action="SELL")) is None
    assert margins.of(intent(con_id=2)) is None


def test_an_order_that_turns_a_position_is_told_by_what_its_closing_part_gives_back():
    margins, turning = UnitMargins(), intent(action="SELL", quantity=5.0)
    margins.learn(turning, WhatIf(initial=15_000.0), 2.0)
    assert margins.of(turning) is None, "the difference alone says nothing"
    margins.learn(replace(turning, quantity=2.0), WhatIf(initial=-30_000.0), 2.0)
    assert margins.of(turning) is None
    margins.learn(turning, WhatIf(initial=15_000.0), 1.0)
    assert margins.of(turning) is None, "of another position"
    margins.learn(turning, WhatIf(initial=15_000.0), 2.0)
    assert margins.of(turning) == 15_000.0
    assert margins.of(replace(turning, action="BUY")) is None


@pytest.mark.parametrize("reducible", [None, 1.0, 20.0])
def test_an_order_that_may_close_something_says_nothing_of_one_more(reducible):
    margins = UnitMargins()
    margins.learn(intent(), WhatIf(initial=20_000.0), reducible)
    assert margins.of(intent()) is None


@pytest.mark.parametrize("initial", [None, 0.0, -5.0, math.nan, math.inf, 1.7976931348623157e308])
def test_what_is_no_margin_teaches_nothing_and_takes_nothing_back(initial):
    margins = UnitMargins()
    margins.learn(intent(quantity=1.0), WhatIf(initial=100.0), 0.0)
    margins.learn(intent(quantity=1.0), WhatIf(initial=initial), 0.0)
    assert margins.of(intent()) == 100.0


def test_two_orders_of_the_same_terms_need_the_same():
    assert same_terms(intent(order_ref="A", created_ns=1), intent(order_ref="B", created_ns=2))
    assert not same_terms(intent(), intent(quantity=11.0))
    assert same_terms(None, None)
    assert not same_terms(intent(), None)
