import math
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ibtui.trading.events import (
    CancelRequested,
    ChangeAsked,
    CommissionReported,
    Executed,
    LinkLost,
    NotFound,
    NotSent,
    Problem,
    Refused,
    Reported,
    Resolved,
    Sent,
    Terms,
)
from ibtui.trading.machine import apply
from ibtui.trading.orders import ENDED, LIVE, Commission, Execution, Status

from .makers import NOW, execution, intent, order

RANK = {
    Status.NEW: 0,
    Status.SENT: 1,
    Status.WORKING: 2,
    Status.PARTIAL: 3,
    Status.CANCELLED: 4,
    Status.FILLED: 5,
}


def fold(state, *events):
    for event in events:
        state = apply(state, event)
    return state


def reported(word, filled=None, **facts):
    return Reported(word, filled, **{"ts_ns": NOW + 1, **facts})


def latest_by_root(executions):
    """The obvious way: sort by revision, let the later overwrite the earlier."""
    return {
        each.exec_id.rsplit(".", 1)[0]: each
        for each in sorted(executions, key=lambda each: int(each.exec_id.rsplit(".", 1)[1]))
    }


# Promise: any permutation, duplication and loss of what the wire brings.

whole_life = st.permutations([4.0, 5.0, 1.0]).flatmap(
    lambda sizes: st.lists(
        st.sampled_from(
            [
                reported("PendingSubmit", perm_id=7),
                reported("PreSubmitted", 0.0, perm_id=7),
                reported("Submitted", 0.0, perm_id=7),
                reported("Submitted", 4.0, perm_id=7),
                reported("PendingCancel", 4.0, perm_id=7),
                *(Executed(execution(f"e{n}.01", size, 450.0 + n, NOW + n)) for n, size in enumerate(sizes)),
                *(Executed(execution(f"e{n}.02", size, 451.0 + n, NOW + n)) for n, size in enumerate(sizes)),
                *(CommissionReported(Commission(f"e{n}.01", 1.0, "USD")) for n in range(3)),
                *(CommissionReported(Commission(f"e{n}.02", 1.5, "USD")) for n in range(3)),
            ]
        ),
        min_size=1,
        max_size=25,
    )
)
endings = st.lists(st.sampled_from([reported("Cancelled", perm_id=7), reported("Filled", 10.0, perm_id=7)]), max_size=2)


@given(whole_life, endings, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_of_messages_end_in_the_same_order(life, ends, random):
    events = [*life, *ends]
    shuffled = [*events, *random.choices(events, k=5)]
    random.shuffle(shuffled)
    assert fold(order(), *shuffled) == fold(order(), *events)


@given(whole_life, endings, st.randoms(use_true_random=False))
def test_filled_is_the_sum_of_unique_executions_whatever_is_lost(life, ends, random):
    events = [*life, *ends]
    random.shuffle(events)
    final = fold(order(), *events)
    kept = latest_by_root([each.execution for each in events if isinstance(each, Executed)]).values()
    assert final.filled == math.fsum(each.quantity for each in kept)
    assert set(final.executions) == set(kept)
    value = math.fsum(each.quantity * each.price for each in kept)
    assert final.average_price == (pytest.approx(value / final.filled) if kept else None)


@given(whole_life, endings, st.randoms(use_true_random=False))
def test_a_status_and_the_filled_quantity_never_go_back(life, ends, random):
    events = [*life, *ends]
    random.shuffle(events)
    state = order()
    for event in events:
        after = apply(state, event)
        assert RANK[after.status] >= RANK[state.status]
        assert after.filled >= state.filled
        state = after


@given(whole_life, endings)
def test_saying_it_twice_says_nothing_new(life, ends):
    state = order()
    for event in [*life, *ends]:
        state = apply(state, event)
        assert apply(state, event) is state


@given(whole_life, endings)
def test_the_commission_is_known_only_when_every_fill_has_one(life, ends):
    final = fold(order(), *life, *ends)
    paid = {each.exec_id[:2]: each.amount for each in final.commissions}
    roots = [each.exec_id[:2] for each in final.executions]
    complete = bool(roots) and all(root in paid for root in roots)
    assert final.commission == (sum(paid[root] for root in roots) if complete else None)


# Any event at any time.

numbers = st.none() | st.floats()
words = st.sampled_from(
    [
        *("PendingSubmit", "ApiPending", "PreSubmitted", "Submitted", "PendingCancel", "Inactive"),
        *("ApiCancelled", "Cancelled", "Filled", "", "Whatever"),
    ]
)
effects = st.sampled_from(["warning", "rejected", "cancel_refused", "unknown"])
ids = st.sampled_from(["e1.01", "e1.02", "e2.01", "e3", "", ".", "e4.x"])
any_event = st.one_of(
    st.builds(Sent, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
    st.builds(NotSent, st.text(max_size=3)),
    st.builds(Refused, st.text(max_size=3)),
    st.builds(Reported, words, numbers, numbers, numbers, st.none() | st.integers(0, 3), st.none() | st.integers(0, 3)),
    st.builds(lambda *terms: Reported("Submitted", terms=Terms(*terms)), numbers, numbers, numbers),
    st.builds(lambda quantity: ChangeAsked(intent(quantity=quantity)), st.floats(0, 1e6)),
    st.builds(
        lambda exec_id, quantity, price: Executed(execution(exec_id, quantity, price)), ids, st.floats(), st.floats()
    ),
    st.builds(lambda exec_id, amount: CommissionReported(Commission(exec_id, amount, "USD")), ids, st.floats()),
    st.builds(Problem, st.integers(100, 12000), st.text(max_size=3), effects),
    st.builds(CancelRequested, st.integers(0, 9)),
    st.just(LinkLost()),
    st.just(NotFound()),
    st.builds(Resolved, st.text(max_size=3)),
)


@given(st.sampled_from(Status), st.lists(any_event, max_size=30))
@example(
    Status.SENT,
    [
        ChangeAsked(intent(quantity=9.0)),
        LinkLost(),
        Resolved("by hand"),
        Reported("Submitted", terms=Terms(quantity=None, limit_price=1.0, stop_price=None)),
    ],
)
def test_no_event_raises_and_nothing_ended_comes_back_to_life(status, events):
    state = order(status)
    for event in events:
        after = apply(state, event)
        if state.status in ENDED:
            assert after.status in (state.status, Status.FILLED)
        assert math.isfinite(after.filled)
        assert after.filled >= 0
        assert after.average_price is None or math.isfinite(after.average_price)
        assert after.intent.quantity > 0
        assert after.remaining >= 0
        if state.status in ENDED and state.change is None:  # what was asked before may be confirmed after
            assert after.intent is state.intent
        state = after


@given(st.sampled_from(sorted(LIVE)), st.integers(100, 12000), st.text(max_size=5))
def test_no_unlisted_code_ends_a_live_order(status, code, text):
    assert apply(order(status), Problem(code, text, "warning")).status is status


# One promise at a time.


def test_an_order_lives_from_intent_to_fill():
    state = order(Status.NEW)
    state = apply(state, Sent(41, 10, NOW))
    assert (state.status, state.order_id, state.client_id, state.sent_ns) == (Status.SENT, 41, 10, NOW)
    state = apply(state, reported("PreSubmitted", 0.0, perm_id=7, client_id=10))
    assert (state.status, state.perm_id, state.acknowledged_ns) == (Status.WORKING, 7, NOW + 1)
    state = apply(state, Executed(execution("a.01", 4.0, 450.0)))
    assert (state.status, state.filled, state.remaining, state.average_price) == (Status.PARTIAL, 4.0, 6.0, 450.0)
    state = apply(state, Executed(execution("b.01", 6.0, 451.0)))
    assert (state.status, state.remaining, state.average_price) == (Status.FILLED, 0.0, pytest.approx(450.6))


def test_executions_alone_fill_an_order_when_no_status_comes():
    assert apply(order(), Executed(execution(quantity=10.0))).status is Status.FILLED


def test_a_report_of_filled_ends_it_though_its_executions_are_still_to_come():
    state = apply(order(Status.WORKING), reported("Filled", 10.0))
    assert (state.status, state.filled, state.average_price) == (Status.FILLED, 0.0, None)
    assert apply(state, Executed(execution(quantity=10.0))).filled == 10.0


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.REJECTED, Status.NOT_SENT])
def test_the_brokers_word_that_it_filled_outweighs_every_other_end(status):
    assert apply(order(status), reported("Filled", 10.0)).status is Status.FILLED
    assert apply(order(status), reported("Submitted", 0.0)).status is status
    assert apply(order(Status.FILLED), reported("Cancelled", 0.0)).status is Status.FILLED


def test_acknowledged_is_when_the_first_word_came_in_whatever_order_they_are_read():
    first, second = reported("PreSubmitted", ts_ns=NOW + 1), reported("Submitted", ts_ns=NOW + 2)
    for events in ((first, second), (second, first)):
        assert fold(order(), *events).acknowledged_ns == NOW + 1
    assert apply(order(), reported("PendingSubmit")).acknowledged_ns is None


def test_a_report_of_a_part_is_partial_though_the_sum_stays_that_of_executions():
    state = apply(order(), reported("Submitted", 4.0))
    assert (state.status, state.filled) == (Status.PARTIAL, 0.0)
    assert apply(state, reported("Submitted", 0.0)).status is Status.PARTIAL


def test_a_correction_replaces_what_it_corrects():
    state = fold(order(), Executed(execution("a.01", 6.0, 450.0)), Executed(execution("a.02", 6.0, 452.0)))
    assert (state.filled, state.average_price, len(state.executions)) == (6.0, 452.0, 1)
    assert apply(state, Executed(execution("a.01", 6.0, 450.0))) is state


def test_a_busted_fill_counts_no_more():
    state = fold(order(), Executed(execution("a.01", 6.0)), Executed(execution("a.02", 0.0)))
    assert (state.filled, state.average_price, state.status) == (0.0, None, Status.PARTIAL)


def test_a_fill_after_the_cancel_is_counted():
    cancelled = apply(order(Status.WORKING), reported("Cancelled", 0.0))
    part = apply(cancelled, Executed(execution("a.01", 4.0)))
    assert (part.status, part.filled, part.remaining) == (Status.CANCELLED, 4.0, 0.0)
    assert apply(part, Executed(execution("b.01", 6.0))).status is Status.FILLED


@pytest.mark.parametrize("quantity", [math.nan, math.inf, -1.0, 1.7e308])
def test_an_execution_without_a_real_quantity_is_not_counted(quantity):
    state = order(Status.WORKING)
    assert apply(state, Executed(execution(quantity=quantity))) is state


def test_a_fill_of_unknown_price_counts_but_has_no_average():
    state = apply(order(), Executed(execution(quantity=4.0, price=math.nan)))
    assert (state.filled, state.average_price) == (4.0, None)


def test_fills_at_absurd_prices_break_nothing():
    fills = [
        Executed(execution(f"{n}.01", 1.0, price)) for n, price in enumerate([1.7e308, 1.7e308, math.inf, -math.inf])
    ]
    state = fold(order(), *fills)
    assert (state.filled, state.average_price) == (4.0, None)


def test_a_commission_may_come_before_its_fill_and_unknown_is_not_zero():
    state = apply(order(), CommissionReported(Commission("a.01", 1.25, "USD")))
    assert state.commission is None
    state = apply(state, Executed(execution("a.01", 4.0)))
    assert state.commission == 1.25
    state = apply(state, Executed(execution("b.01", 6.0)))
    assert state.commission is None
    assert apply(state, CommissionReported(Commission("b.01", 0.75, "USD"))).commission == 2.0


def test_a_stranger_commission_pays_for_nobody_else():
    state = fold(order(), Executed(execution("a.01", 10.0)), CommissionReported(Commission("z.01", 1.0, "USD")))
    assert state.commission is None


def test_what_never_left_ended_here():
    refused = apply(order(Status.NEW), Refused("too large"))
    assert (refused.status, refused.reason) == (Status.REFUSED, "too large")
    stopped = apply(order(Status.NEW), NotSent("link lost"))
    assert (stopped.status, stopped.reason) == (Status.NOT_SENT, "link lost")
    for ended in (refused, stopped):
        assert apply(ended, Sent(1, 1, NOW)) is ended
    sent = order(Status.SENT)
    assert fold(sent, Refused("no"), NotSent("no")) is sent


def test_a_late_note_of_the_sending_keeps_what_is_known_already():
    state = apply(order(Status.NEW), reported("Submitted", 0.0))
    state = apply(state, Sent(41, 10, NOW))
    assert (state.status, state.order_id) == (Status.WORKING, 41)
    assert apply(state, Sent(42, 10, NOW)) is state


def test_rejected_needs_an_order_that_was_never_acknowledged():
    rejection = Problem(201, "Order rejected - reason: margin", "rejected")
    assert apply(order(Status.SENT), rejection).status is Status.REJECTED
    assert apply(order(Status.INACTIVE, acknowledged_ns=NOW), rejection).status is Status.REJECTED
    for status in (Status.WORKING, Status.PARTIAL):
        live = apply(order(status, acknowledged_ns=NOW), rejection)
        assert (live.status, live.reason) == (Status.UNKNOWN, "Order rejected - reason: margin (IB code 201)")
        assert apply(live, reported("Submitted", 0.0)).reason == ""
        assert apply(live, reported("Cancelled")).reason == "Order rejected - reason: margin (IB code 201)"
    assert apply(order(Status.CANCELLED), rejection).status is Status.CANCELLED
    assert apply(order(Status.CANCELLED), rejection).reason
    filled = order(Status.FILLED)
    assert apply(filled, rejection) is filled


def test_a_cancelled_order_tells_ibs_reason():
    state = fold(order(Status.WORKING), Problem(202, "Order Canceled - reason: x", "warning"), reported("Cancelled"))
    assert (state.status, state.reason) == (Status.CANCELLED, "Order Canceled - reason: x (IB code 202)")


def test_a_refused_cancel_leaves_the_order_live():
    asked = apply(order(Status.WORKING), CancelRequested(NOW))
    assert asked.cancel_requested
    refused = apply(asked, Problem(10148, "too late", "cancel_refused"))
    assert (refused.status, refused.cancel_requested) == (Status.WORKING, False)
    assert apply(refused, Problem(10148, "too late", "cancel_refused")) is refused


def test_a_cancel_asked_elsewhere_shows_too():
    assert apply(order(Status.WORKING), reported("PendingCancel", 0.0)).cancel_requested


def test_an_ended_order_takes_no_cancel():
    ended = order(Status.FILLED)
    assert apply(ended, CancelRequested(NOW)) is ended


def test_inactive_is_neither_live_nor_dead_and_may_work_again():
    held = apply(order(Status.WORKING), reported("Inactive"))
    assert held.status is Status.INACTIVE
    assert held.remaining == 10.0
    assert apply(held, reported("Submitted", 0.0)).status is Status.WORKING
    assert apply(held, Executed(execution("a.01", 4.0))).status is Status.PARTIAL


@pytest.mark.parametrize("status", sorted(LIVE - {Status.UNKNOWN}))
def test_a_lost_link_makes_every_live_order_unknown_at_its_full_remainder(status):
    lost = apply(order(status), LinkLost())
    assert (lost.status, lost.remaining) == (Status.UNKNOWN, 10.0)
    assert str(status) in lost.reason
    assert apply(lost, LinkLost()) is lost


def test_a_lost_link_says_nothing_of_orders_that_are_not_out():
    for status in (Status.NEW, *ENDED):
        state = order(status)
        assert apply(state, LinkLost()) is state


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PendingSubmit", Status.SENT),
        ("PreSubmitted", Status.WORKING),
        ("Inactive", Status.INACTIVE),
        ("Cancelled", Status.CANCELLED),
        ("ApiCancelled", Status.CANCELLED),
        ("Filled", Status.FILLED),
        ("NoSuchWord", Status.UNKNOWN),
    ],
)
def test_only_the_brokers_own_word_resolves_an_unknown_order(word, status):
    unknown = apply(order(Status.WORKING), LinkLost())
    assert apply(unknown, reported(word)).status is status


def test_a_part_filled_while_away_leaves_the_rest_unknown():
    unknown = fold(order(Status.WORKING), LinkLost(), Executed(execution("a.01", 4.0)))
    assert (unknown.status, unknown.remaining) == (Status.UNKNOWN, 6.0)
    assert apply(unknown, Executed(execution("b.01", 6.0))).status is Status.FILLED


def test_not_found_is_unknown_until_the_user_says_why_it_is_closed():
    state = fold(order(Status.SENT), LinkLost(), NotFound())
    assert state.status is Status.UNKNOWN
    assert "not found" in state.reason
    closed = apply(state, Resolved("gateway log shows it never came"))
    assert (closed.status, closed.reason) == (Status.CANCELLED, "closed by hand: gateway log shows it never came")
    assert apply(closed, NotFound()) is closed
    working = order(Status.WORKING)
    assert apply(working, Resolved("why not")) is working


def test_data_that_ib_can_not_resolve_is_unknown():
    state = apply(order(Status.WORKING), Problem(10328, "Connection lost", "unknown"))
    assert (state.status, state.reason) == (Status.UNKNOWN, "Connection lost (IB code 10328)")
    ended = order(Status.CANCELLED)
    assert apply(ended, Problem(10328, "Connection lost", "unknown")) is ended


@given(st.text(max_size=8), st.text(max_size=8))
def test_executions_of_different_orders_never_mix_roots(one, other):
    assume("." not in one + other and one != other and one and other)
    state = fold(order(quantity=100.0), Executed(execution(f"{one}.01")), Executed(execution(f"{other}.01")))
    assert state.filled == 20.0


def test_executions_are_kept_in_the_order_of_their_times():
    late, early = execution("a.01", 1.0, ts_ns=NOW + 5), execution("b.01", 1.0, ts_ns=NOW)
    assert fold(order(), Executed(late), Executed(early)).executions == (early, late)


def test_an_execution_is_an_event_of_its_own_order_even_without_an_id():
    state = fold(order(), Executed(Execution("", "REF", NOW, 1, "BUY", 4.0, 450.0)))
    assert state.filled == 4.0
    assert replace(state, executions=()).commission is None


def changed(quantity=10.0, limit_price=450.10):
    return reported("Submitted", terms=Terms(quantity, limit_price))


def test_a_change_is_one_once_the_broker_says_so_and_until_then_both_count():
    working = fold(order(), reported("Submitted"))
    asked = fold(working, ChangeAsked(intent(quantity=15.0, limit_price=449.0)))
    assert (asked.intent.limit_price, asked.remaining) == (450.10, 15.0)
    assert fold(asked, changed()) == asked, "the old terms, repeated, confirm nothing"
    confirmed = fold(asked, changed(15.0, 449.0))
    assert (confirmed.intent.quantity, confirmed.intent.limit_price, confirmed.change) == (15.0, 449.0, None)


def test_a_smaller_order_counts_in_full_until_the_broker_says_so():
    asked = fold(order(), reported("Submitted"), ChangeAsked(intent(quantity=4.0)))
    assert asked.remaining == 10.0
    assert fold(asked, changed(4.0)).remaining == 4.0


def test_fills_of_the_old_quantity_do_not_end_an_order_whose_larger_one_may_work():
    asked = fold(order(), reported("Submitted"), ChangeAsked(intent(quantity=15.0)))
    filled = fold(asked, Executed(execution(quantity=10.0)))
    assert (filled.status, filled.remaining) == (Status.PARTIAL, 5.0)
    assert fold(filled, reported("Filled", 10.0)).status is Status.FILLED, "the broker took no change"
    confirmed = fold(filled, changed(15.0))
    assert (confirmed.status, confirmed.remaining) == (Status.PARTIAL, 5.0)
    assert fold(confirmed, Executed(execution("0002.01", 5.0))).status is Status.FILLED
    assert fold(filled, Problem(201, "no", "rejected")).status is Status.FILLED


@pytest.mark.parametrize("quantity", [4.0, 10.0, 15.0])
@given(random=st.randoms(use_true_random=False))
def test_a_change_and_its_fills_end_the_same_in_whatever_order_they_are_told(quantity, random):
    asked = fold(order(), reported("Submitted"), ChangeAsked(intent(quantity=quantity, limit_price=449.0)))
    events = [changed(quantity, 449.0), Executed(execution("1.01", 3.0)), Executed(execution("2.01", quantity - 3.0))]
    random.shuffle(events)
    final = fold(asked, *events)
    assert (final.status, final.filled, final.intent.quantity) == (Status.FILLED, quantity, quantity)
    assert final.change is None


def test_a_refused_change_leaves_the_terms_and_makes_the_outcome_unknown_until_the_next_word():
    asked = fold(order(), reported("Submitted"), ChangeAsked(intent(limit_price=449.0)))
    refused = fold(asked, Problem(201, "no", "rejected"))
    assert (refused.status, refused.change, refused.intent.limit_price) == (Status.UNKNOWN, None, 450.10)
    assert fold(refused, changed()).status is Status.WORKING


def test_terms_that_were_changed_elsewhere_are_the_brokers():
    assert fold(order(), reported("Submitted"), changed(3.0, 451.0)).intent == intent(quantity=3.0, limit_price=451.0)


@pytest.mark.parametrize("terms", [Terms(), Terms(0.0, 0.0, 0.0), Terms(math.nan, -1.0), Terms(1.7976931348623157e308)])
def test_terms_that_say_nothing_change_nothing(terms):
    assert fold(order(), reported("Submitted", terms=terms)).intent == intent()


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_ended_order_is_changed_by_nothing(status):
    ended = order(status)
    assert fold(ended, ChangeAsked(intent(quantity=99.0)), changed(99.0)).intent == intent()
