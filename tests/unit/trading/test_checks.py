import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.market.increments import increments
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.trading.checks import CHECKS, is_paper, is_reducing, passed, run_checks
from ibtui.trading.holdings import Held
from ibtui.trading.orders import ENDED, LIVE, Status

from .makers import NOW, SPY, held, inputs, intent, order

BAD = [None, math.nan, math.inf, -math.inf, 1.7976931348623157e308, -1.0, 0.0]
NAMES = [
    "paper account",
    "quantity",
    "notional",
    "price collar",
    "stale quote",
    "crossed quote",
    "tick size",
    "duplicate",
    "orders per minute",
    "working per side",
    "position",
    "session hours",
    "buying power",
    "daily loss",
]


def verdicts(**changes):
    return {check.name: check.verdict for check in run_checks(inputs(**changes))}


def others(count, **changes):
    return tuple(
        order(order_ref=f"OTHER{number}", limit_price=400.0 - number, created_ns=NOW - 3600 * NS, **changes)
        for number in range(count)
    )


def test_an_ordinary_order_passes_every_check():
    checks = run_checks(inputs())
    assert [check.name for check in checks] == NAMES
    assert len(CHECKS) == len(NAMES)
    assert {check.verdict for check in checks} == {"pass"}
    assert passed(checks)
    assert all(check.measured and check.limit for check in checks)


def test_no_checks_or_one_unknown_never_pass():
    assert not passed(())
    checks = run_checks(inputs())
    assert not passed((*checks, replace(checks[0], verdict="unknown")))
    assert not passed((*checks, replace(checks[0], verdict="fail")))


@pytest.mark.parametrize("account", ["DU1234567", "DF77", "DUSIM0001"])
def test_paper_accounts_are_paper(account):
    assert is_paper(account)


@pytest.mark.parametrize("account", ["", "DU", "ULIVE01", "XDU123", "du123", "F123", "DU123 ", "DU123\n", "DUÉ"])
def test_nothing_else_is_paper(account):
    assert not is_paper(account)


@pytest.mark.parametrize(
    "changes",
    [
        {"account": "U1", "accounts": ("U1",)},
        {"accounts": ()},
        {"accounts": ("DU2",)},
        {"account": ""},
        {"account": "DU2", "accounts": ("DU1", "DU2")},
    ],
)
def test_an_account_that_is_not_a_paper_one_of_this_session_fails(changes):
    assert verdicts(**changes)["paper account"] == "fail"


def test_the_intents_own_account_must_be_the_sessions():
    plain = inputs()
    live = replace(plain, intent=replace(plain.intent, account="U1"), account="U1", accounts=("U1",))
    assert run_checks(live)[0].verdict == "fail"


@pytest.mark.parametrize("field", ["quantity", "limit_price"])
@pytest.mark.parametrize("bad", BAD)
def test_an_intent_without_real_numbers_never_passes(field, bad):
    assert not passed(run_checks(inputs(**{field: bad})))


@pytest.mark.parametrize("field", ["quote_bid", "quote_ask"])
@pytest.mark.parametrize("bad", BAD)
def test_a_quote_without_both_sides_never_passes(field, bad):
    assert not passed(run_checks(inputs(**{field: bad})))


@pytest.mark.parametrize("bad", [None, math.nan, math.inf, -1.0, 1.7976931348623157e308])
def test_a_quote_of_unknown_age_never_passes(bad):
    assert verdicts(quote_age_s=bad)["stale quote"] == "unknown"


@pytest.mark.parametrize("bad", [None, math.nan, math.inf, 1.7976931348623157e308])
def test_an_unknown_position_never_passes(bad):
    assert verdicts(held=held(bad))["position"] == "unknown"


@pytest.mark.parametrize(
    "field", ["max_quantity", "max_notional", "max_position", "collar_percent", "duplicate_seconds"]
)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_limit_that_is_no_number_limits_everything(field, bad):
    assert not passed(run_checks(inputs(**{field: bad})))


@pytest.mark.parametrize("field", ["min_tick", "multiplier"])
@pytest.mark.parametrize("bad", [math.nan, 0.0, -1.0, 1.7976931348623157e308])
def test_a_contract_without_real_facts_never_passes(field, bad):
    assert not passed(run_checks(inputs(instrument=replace(SPY, **{field: bad}))))


absurd = st.sampled_from([*BAD, 450.0, 450.1, 10.0, 1e300, 1e-300])


@given(absurd, absurd, absurd, absurd, absurd, absurd, st.sampled_from(["LMT", "MKT", "STP", "STP LMT", "TRAIL", ""]))
def test_the_checks_never_raise(quantity, limit_price, stop_price, bid, ask, position, order_type):
    run_checks(
        inputs(
            quantity=quantity,
            limit_price=limit_price,
            stop_price=stop_price,
            quote_bid=bid,
            quote_ask=ask,
            held=held(position),
            order_type=order_type,
        )
    )


@given(absurd, absurd, absurd, absurd)
def test_what_passes_is_within_every_limit(quantity, limit_price, bid, ask):
    given_inputs = inputs(quantity=quantity, limit_price=limit_price, quote_bid=bid, quote_ask=ask)
    if passed(run_checks(given_inputs)):
        assert 0 < quantity <= 1000
        assert quantity * limit_price <= 50_000
        assert limit_price <= ask * 1.03
        assert bid <= ask


def test_quantity_and_notional_have_their_limits():
    assert verdicts(quantity=1000.0, max_notional=1e9)["quantity"] == "pass"
    assert verdicts(quantity=1001.0)["quantity"] == "fail"
    assert verdicts(max_notional=4501.0)["notional"] == "pass"
    assert verdicts(max_notional=4500.9)["notional"] == "fail"


def test_notional_counts_the_multiplier_and_the_base_currency():
    option = replace(SPY, multiplier=100.0)
    assert verdicts(instrument=option)["notional"] == "fail"
    european = replace(SPY, currency="EUR")
    assert verdicts(instrument=european)["notional"] == "unknown"
    assert verdicts(instrument=european, base_rate=1.1)["notional"] == "pass"
    assert verdicts(instrument=european, base_rate=100.0)["notional"] == "fail"
    assert verdicts(instrument=european, base_currency="EUR")["notional"] == "pass"


def test_limits_of_an_account_in_another_currency_are_in_that_one_or_unknown():
    found = {check.name: check for check in run_checks(inputs(base_currency="EUR", base_rate=0.9))}
    assert found["notional"].measured == "4,050.90 EUR"
    assert found["notional"].limit == "at most 50,000.00 EUR"
    assert found["daily loss"].limit == "above -500.00 EUR"
    assert found["buying power"].measured == "margin 2,025.45 EUR"
    unknown = {check.name: check for check in run_checks(inputs(base_currency="EUR"))}
    assert (unknown["notional"].verdict, unknown["buying power"].verdict) == ("unknown", "unknown")
    assert unknown["notional"].measured == "unknown EUR"
    assert verdicts(base_currency="")["notional"] == "unknown"


def test_money_has_its_cents_a_price_the_places_of_its_contract_and_no_number_an_exponent():
    euro = replace(SPY, currency="USD", min_tick=0.00005, size_increment=1.0)
    changes = {"quantity": 1_250_000.0, "limit_price": 1.1634, "quote_bid": 1.1633, "quote_ask": 1.1634}
    found = {check.name: check for check in run_checks(inputs(instrument=euro, daily_pnl=-3.5, **changes))}
    assert found["quantity"].measured == "1,250,000"
    assert found["notional"].measured == "1,454,250.00 USD"
    assert found["price collar"].measured == "+0.00 % of 1.16340"
    assert found["crossed quote"].measured == "1.16330 × 1.16340"
    assert (found["tick size"].measured, found["tick size"].limit) == ("1.16340", "multiples of 0.00005")
    assert found["daily loss"].measured == "-3.50 USD"
    off = run_checks(inputs(limit_price=450.123))
    assert next(each.measured for each in off if each.name == "tick size") == "450.123"


def test_a_quantity_off_the_contracts_steps_never_passes():
    assert verdicts(quantity=1.5)["quantity"] == "fail"
    assert verdicts(quantity=1.5, instrument=replace(SPY, size_increment=0.5))["quantity"] == "pass"
    assert verdicts(instrument=replace(SPY, size_increment=math.nan))["quantity"] == "unknown"


def test_notional_counts_the_dearest_price_that_the_order_may_trade_at():
    assert verdicts(action="SELL", limit_price=1.0, max_notional=4000)["notional"] == "fail"
    assert verdicts(order_type="MKT", limit_price=None, max_notional=4000)["notional"] == "fail"
    assert verdicts(order_type="MKT", limit_price=None)["notional"] == "pass"
    assert verdicts(order_type="MKT", limit_price=None, quote_ask=None)["notional"] == "unknown"
    assert verdicts(order_type="STP", limit_price=None, stop_price=460.0, max_notional=4590)["notional"] == "fail"
    assert verdicts(order_type="STP", limit_price=None, stop_price=None)["notional"] == "unknown"


@pytest.mark.parametrize(
    ("action", "price", "verdict"),
    [
        ("BUY", 463.60, "pass"),
        ("BUY", 463.61, "fail"),
        ("BUY", 100.0, "pass"),
        ("SELL", 436.59, "pass"),
        ("SELL", 436.58, "fail"),
        ("SELL", 460.0, "pass"),
    ],
)
def test_the_collar_lies_beyond_the_touch(action, price, verdict):
    assert verdicts(action=action, limit_price=price)["price collar"] == verdict


def test_a_stop_limit_is_collared_around_its_stop():
    stop = {"order_type": "STP LMT", "stop_price": 500.0}
    assert verdicts(**stop, limit_price=510.0)["price collar"] == "pass"
    assert verdicts(**stop, limit_price=520.0)["price collar"] == "fail"
    below = {"order_type": "STP LMT", "stop_price": 400.0, "action": "SELL"}
    assert verdicts(**below, limit_price=390.0)["price collar"] == "pass"
    assert verdicts(**below, limit_price=380.0)["price collar"] == "fail"
    assert verdicts(order_type="STP LMT", stop_price=None)["price collar"] == "unknown"


def test_a_market_order_needs_a_touch_to_be_judged_at_all():
    assert verdicts(order_type="MKT", limit_price=None)["price collar"] == "pass"
    assert verdicts(order_type="MKT", limit_price=None, quote_ask=None)["price collar"] == "unknown"


def test_an_order_type_that_nobody_knows_never_passes():
    assert verdicts(order_type="PEG MID")["price collar"] == "unknown"
    assert verdicts(order_type="PEG MID", held=held(-10.0))["price collar"] == "unknown"


def test_a_trailing_stop_says_how_far_it_trails():
    trailing = {"order_type": "TRAIL", "limit_price": None}
    assert verdicts(**trailing)["price collar"] == "unknown"
    assert verdicts(**trailing, trail_amount=0.25) == dict.fromkeys(NAMES, "pass")
    assert verdicts(**trailing, trail_percent=1.5) == dict.fromkeys(NAMES, "pass")
    assert verdicts(**trailing, trail_amount=0.255)["tick size"] == "fail"


@pytest.mark.parametrize("mark", [mark for mark in Mark if mark is not Mark.LIVE])
def test_only_a_live_quote_carries_an_order(mark):
    checks = run_checks(inputs(mark=mark))
    stale = next(check for check in checks if check.name == "stale quote")
    assert stale.verdict == "fail"
    assert stale.measured.startswith(mark)


def test_a_crossed_quote_carries_no_order():
    assert verdicts(quote_bid=450.2)["crossed quote"] == "fail"
    assert verdicts(quote_bid=450.1)["crossed quote"] == "pass"


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"limit_price": 450.105}, "fail"),
        ({"order_type": "STP", "limit_price": None, "stop_price": 450.1}, "pass"),
        ({"order_type": "STP LMT", "stop_price": 450.105}, "fail"),
        ({"order_type": "STP LMT", "stop_price": None}, "unknown"),
        ({"order_type": "MKT", "limit_price": None}, "pass"),
        ({"limit_price": None}, "unknown"),
    ],
)
def test_prices_lie_on_the_grid(changes, verdict):
    assert verdicts(**changes)["tick size"] == verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"limit_price": 2.99}, "pass"),
        ({"limit_price": 3.05}, "pass"),
        ({"limit_price": 3.04}, "fail"),
        ({"order_type": "STP LMT", "limit_price": 2.99, "stop_price": 3.01}, "fail"),
        ({"order_type": "TRAIL", "limit_price": None, "trail_amount": 0.01}, "pass"),
        ({"order_type": "STP LMT", "limit_price": 3.05, "stop_price": None}, "unknown"),
    ],
)
def test_where_the_increment_changes_with_the_price_each_price_is_held_to_its_own(changes, verdict):
    grid = increments([(0.0, 0.01), (3.0, 0.05)], 0.01)
    assert verdicts(**changes, grid=grid)["tick size"] == verdict


def like_it(seconds_ago, status=Status.SENT, **changes):
    return order(status, order_ref="OTHER", created_ns=NOW - int(seconds_ago * NS), **changes)


def test_the_same_order_again_within_its_seconds_is_refused():
    assert verdicts(orders=(like_it(1.9),))["duplicate"] == "fail"
    assert verdicts(orders=(like_it(-1.0),))["duplicate"] == "fail"
    assert verdicts(orders=(like_it(2.0),))["duplicate"] == "pass"
    assert verdicts(orders=(like_it(0.1),), duplicate_seconds=0)["duplicate"] == "pass"
    for difference in ({"limit_price": 450.0}, {"quantity": 11.0}, {"action": "SELL"}, {"con_id": 2}):
        assert verdicts(orders=(like_it(1.0, **difference),))["duplicate"] == "pass"


@pytest.mark.parametrize("status", [Status.REFUSED, Status.NOT_SENT])
def test_an_order_that_never_left_is_no_duplicate_and_counts_in_no_rate(status):
    found = verdicts(orders=(like_it(1.0, status),), orders_per_minute=1)
    assert (found["duplicate"], found["orders per minute"]) == ("pass", "pass")


def test_the_order_itself_is_never_its_own_duplicate():
    itself = order(Status.NEW)
    found = verdicts(orders=(itself,), orders_per_minute=1, working_per_side=1)
    assert set(found.values()) == {"pass"}


def test_orders_of_the_last_minute_are_counted_with_this_one():
    recent = tuple(like_it(59.0, limit_price=float(price)) for price in range(5))
    recent = tuple(replace(each, intent=replace(each.intent, order_ref=f"R{n}")) for n, each in enumerate(recent))
    assert verdicts(orders=recent, orders_per_minute=6)["orders per minute"] == "pass"
    assert verdicts(orders=recent, orders_per_minute=5)["orders per minute"] == "fail"
    assert verdicts(orders=others(100))["orders per minute"] == "pass"


def test_working_orders_of_the_side_are_counted_with_this_one():
    assert verdicts(orders=others(19))["working per side"] == "pass"
    assert verdicts(orders=others(20))["working per side"] == "fail"
    assert verdicts(orders=others(20, action="SELL"))["working per side"] == "pass"
    assert verdicts(orders=others(20, con_id=2))["working per side"] == "pass"
    assert verdicts(orders=others(20, account="DU2"))["working per side"] == "pass"


@pytest.mark.parametrize("status", list(Status))
def test_whatever_may_still_fill_counts_fully_against_the_position(status):
    one = order(status, order_ref="OTHER", quantity=100.0, filled=40.0, created_ns=0)
    counted = 60 if status in LIVE | {Status.NEW} else 0
    assert (status in ENDED) == (counted == 0)
    assert verdicts(orders=(one,), max_position=10 + counted)["position"] == "pass"
    assert verdicts(orders=(one,), max_position=9 + counted)["position"] == "fail"


def test_the_position_is_limited_on_both_sides():
    assert verdicts(held=held(9990.0))["position"] == "pass"
    assert verdicts(held=held(9991.0))["position"] == "fail"
    assert verdicts(held=held(-9990.0), action="SELL")["position"] == "pass"
    assert verdicts(held=held(-9991.0), action="SELL")["position"] == "fail"
    assert verdicts(held=held(-20_000.0))["position"] == "pass"


@given(
    st.integers(-100, 100),
    st.integers(1, 100),
    st.sampled_from(["BUY", "SELL"]),
    st.lists(st.integers(1, 50), max_size=3),
)
def test_reducing_never_lets_a_position_grow_or_turn(position, quantity, action, working):
    orders = tuple(
        order(Status.UNKNOWN, order_ref=f"W{number}", quantity=float(size), action=action)
        for number, size in enumerate(working)
    )
    sign = 1 if action == "BUY" else -1
    after = position + sign * (quantity + sum(working))
    expected = position != 0 and abs(after) < abs(position) and after * position >= 0
    found = inputs(quantity=float(quantity), action=action, held=held(float(position)), orders=orders)
    assert is_reducing(found) == expected


def test_a_reducing_order_goes_without_a_fresh_quote():
    unknown = {"mark": Mark.STALE, "quote_bid": None, "quote_ask": None, "quote_age_s": None}
    account = {"available": None, "committed": None, "daily_pnl": None}
    found = verdicts(action="SELL", held=held(10.0), **unknown, **account)
    assert set(found.values()) == {"pass"}


def test_what_a_fill_may_have_closed_reduces_nothing():
    assert is_reducing(inputs(action="SELL", held=Held(10.0, 20.0)))
    assert not is_reducing(inputs(action="SELL", quantity=11.0, held=Held(10.0, 20.0)))
    assert not is_reducing(inputs(action="SELL", held=Held(0.0, 10.0)))
    assert verdicts(held=Held(9_980.0, 9_995.0))["position"] == "fail"


def test_target_and_stop_of_a_bracket_reduce_what_their_parent_opens():
    parent = intent(order_ref="PARENT")
    target = {"action": "SELL", "order_ref": "TARGET", "parent": parent}
    assert is_reducing(inputs(**target))
    assert not is_reducing(inputs(**target, quantity=11.0))
    assert not is_reducing(inputs(order_ref="TARGET", parent=parent))
    assert set(verdicts(**target, max_position=0.0, held=held(0.0)).values()) == {"pass"}


@pytest.mark.parametrize(
    ("position", "reduces"), [(0.0, True), (7.0, True), (-1.0, False), (-10.0, False), (-20.0, False), (None, False)]
)
def test_target_and_stop_of_what_closes_a_position_would_open_it_again(position, reduces):
    leg = {"action": "SELL", "order_ref": "STOP", "parent": intent(order_ref="PARENT"), "held": held(position)}
    assert is_reducing(inputs(**leg)) is reduces
    assert (verdicts(**leg, max_position=9.0)["position"] == "pass") is (position in (0.0, 7.0))


def test_of_an_oca_group_only_one_order_counts():
    legs = tuple(order(order_ref=f"LEG{number}", oca_group="G", action="SELL", quantity=10.0) for number in range(2))
    assert is_reducing(inputs(action="SELL", held=held(20.0), orders=legs))
    assert not is_reducing(inputs(action="SELL", quantity=11.0, held=held(20.0), orders=legs))


@pytest.mark.parametrize(("open_now", "verdict"), [(True, "pass"), (False, "fail"), (None, "unknown")])
def test_only_a_contract_that_trades_now_takes_an_order(open_now, verdict):
    found = {check.name: check for check in run_checks(inputs(open_now=open_now, opens="Mon 09:30 EST"))}
    assert found["session hours"].verdict == verdict
    assert ("Mon 09:30 EST" in found["session hours"].measured) == (open_now is False)


def test_a_days_loss_at_its_limit_stops_what_opens():
    assert verdicts(daily_pnl=-499.99)["daily loss"] == "pass"
    assert verdicts(daily_pnl=-500.0)["daily loss"] == "fail"
    assert verdicts(daily_pnl=None)["daily loss"] == "unknown"
    assert verdicts(daily_pnl=-5000.0, action="SELL", held=held(10.0))["daily loss"] == "pass"


def test_margin_must_be_met_by_funds_that_no_working_order_needs():
    needed = 0.5 * 10 * 450.10
    assert verdicts(available=needed + 100, committed=100.0)["buying power"] == "pass"
    assert verdicts(available=needed + 99, committed=100.0)["buying power"] == "fail"
    assert verdicts(available=needed, unit_margin=needed)["buying power"] == "fail"
    assert verdicts(available=None)["buying power"] == "unknown"
    assert verdicts(committed=None)["buying power"] == "unknown"


def test_where_only_a_what_if_tells_the_margin_none_is_guessed():
    future = replace(SPY, sec_type="FUT", multiplier=50.0)
    assert verdicts(instrument=future, quantity=1.0)["buying power"] == "unknown"
    assert verdicts(instrument=future, quantity=1.0, unit_margin=20_000.0)["buying power"] == "pass"
    assert verdicts(instrument=future, quantity=1.0, unit_margin=20_000.0, available=19_999.0)["buying power"] == "fail"


def test_of_an_order_that_turns_a_position_what_it_opens_needs_margin():
    future = replace(SPY, sec_type="FUT")

    def verdict(available, **changes):
        return verdicts(
            instrument=future, action="SELL", limit_price=450.09, unit_margin=100.0, available=available, **changes
        )["buying power"]

    assert verdict(300.0, quantity=5.0, held=held(2.0)) == "pass"
    assert verdict(299.0, quantity=5.0, held=held(2.0)) == "fail"
    assert verdict(499.0, quantity=5.0, held=held(-2.0)) == "fail", "it closes nothing"
    assert verdict(499.0, quantity=5.0, held=None) == "fail", "it may close nothing"
    closing = order(Status.UNKNOWN, order_ref="OTHER", action="SELL", quantity=2.0)
    assert verdict(499.0, quantity=5.0, held=held(2.0), orders=(closing,)) == "fail", "another one closes it"


def test_each_change_of_an_order_is_an_order_of_its_minute():
    sent = tuple(order(order_ref=f"OTHER{number}", sent_ns=NOW) for number in range(57))
    assert verdicts(orders=sent, changes=2)["orders per minute"] == "pass"
    assert verdicts(orders=sent, changes=3)["orders per minute"] == "fail"
    own = order(order_ref="REF", sent_ns=NOW)
    assert verdicts(orders=(*sent, own), changes=2)["orders per minute"] == "fail"


def test_only_what_closes_a_position_may_be_larger_than_an_order_may_be():
    def verdict(**changes):
        found = verdicts(action="SELL", limit_price=450.09, max_quantity=5, max_notional=1, flattens=True, **changes)
        return found["quantity"], found["notional"]

    assert verdict(held=held(10.0)) == ("pass", "pass")
    assert verdict(held=held(9.0)) == ("fail", "fail"), "called a flatten, it would turn the position"
    assert verdict(held=held(0.0)) == ("fail", "fail")


def test_nothing_reduces_an_unknown_position():
    assert not is_reducing(inputs(action="SELL", held=held(None)))
    assert not is_reducing(inputs(action="SELL", held=held(math.nan)))
    assert not is_reducing(inputs(action="BUY", held=held(0.0)))


def test_absurd_orders_among_the_others_leave_the_position_unknown_not_the_check_broken():
    absurd_orders = others(2, quantity=1.7e308)
    assert verdicts(orders=absurd_orders)["position"] == "unknown"


def test_a_contract_in_another_currency_says_so():
    checks = run_checks(inputs(instrument=Instrument(con_id=1, symbol="X", currency="JPY"), base_currency="USD"))
    assert next(check for check in checks if check.name == "notional").measured == "unknown USD"
