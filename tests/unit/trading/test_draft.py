"""A line or a ticket becomes exactly the orders that its words say, or none with the reason."""

import pytest

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.trading.draft import KINDS, Draft, draft_of, read_draft
from ibtui.trading.order_line import read_line
from tests.unit.trading.makers import intent

SPY = Instrument(1, "SPY", min_tick=0.01)


def legs(draft, far_touch=450.0):
    return read_draft(draft, SPY, far_touch, intent)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("SPY 10 @ 450.1", {"order_type": "LMT", "limit_price": 450.1}),
        ("SPY 10 @ mkt", {"order_type": "MKT"}),
        ("SPY 10 when 440", {"order_type": "STP", "stop_price": 440.0}),
        ("SPY 10 @ mkt when 440", {"order_type": "STP", "stop_price": 440.0}),
        ("SPY 10 @ 439.5 when 440", {"order_type": "STP LMT", "limit_price": 439.5, "stop_price": 440.0}),
        ("SPY 10 trail 1%", {"order_type": "TRAIL", "trail_percent": 1.0}),
        (
            "SPY 10 trail 0.50 tif gtc any",
            {"order_type": "TRAIL", "trail_amount": 0.5, "tif": "GTC", "outside_rth": True},
        ),
    ],
)
def test_a_line_is_of_the_type_that_its_prices_make_it(text, terms):
    none = dict.fromkeys(("limit_price", "stop_price", "trail_amount", "trail_percent"))
    (sent,) = legs(draft_of(read_line("SELL", text)))
    wanted = {"action": "SELL", "quantity": 10.0, "tif": "DAY", "outside_rth": False, **none, **terms}
    assert {name: getattr(sent, name) for name in wanted} == wanted


def test_a_stop_order_may_have_a_target_and_a_stop_loss_counted_from_where_it_opens():
    parent, target, loss = legs(draft_of(read_line("BUY", "SPY 10 when 460 target 5% stop 1%")))
    assert (parent.order_type, parent.stop_price) == ("STP", 460.0)
    assert (target.order_type, target.limit_price) == ("LMT", 483.0)
    assert (loss.order_type, loss.stop_price) == ("STP", 455.4)


@pytest.mark.parametrize("order_type", KINDS)
def test_each_price_of_a_type_must_be_there(order_type):
    kind = KINDS[order_type]
    whole = Draft("BUY", "10", order_type, "450" if kind.limit else "", "1" if kind.stop else "")
    assert len(legs(whole)) == 1
    for missing in [name for name in ("limit", "stop") if getattr(whole, name)]:
        words = {name: getattr(whole, name) for name in ("limit", "stop") if name != missing}
        with pytest.raises(UsageError, match=f"each price that a {order_type} has"):
            legs(Draft("BUY", "10", order_type, **words))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"type": "ICEBERG"}, "types: LMT"),
        ({"tif": "SOON"}, "times in force"),
        ({"hours": "never"}, "hours: regular or any"),
        ({"loss": "460"}, "must lie below"),
        ({"quantity": "r200"}, "stop"),
    ],
)
def test_what_is_no_order_says_why(changed, why):
    words = {"quantity": "10", "limit": "450", **changed}
    with pytest.raises(UsageError, match=why):
        legs(Draft("BUY", **words))
