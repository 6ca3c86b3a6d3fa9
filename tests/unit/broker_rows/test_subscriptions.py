"""Wanted against granted."""

from ibtui.broker.subscriptions import Feed, Standing, Subscriptions
from ibtui.market.instruments import Instrument

SPY = Instrument(756733, "SPY")
XLK = Instrument(4215230, "XLK")


def test_a_subscription_ends_with_its_last_owner() -> None:
    table = Subscriptions()
    table.want(SPY, Feed.QUOTES, "watchlist")
    table.want(SPY, Feed.QUOTES, "ladder")
    assert table.unwant(SPY.con_id, Feed.QUOTES, "ladder") is None
    ended = table.unwant(SPY.con_id, Feed.QUOTES, "watchlist")
    assert ended is not None
    assert table.all() == []


def test_wanting_twice_asks_once() -> None:
    table = Subscriptions()
    table.granted(table.want(SPY, Feed.TAPE, "a"), 5)
    table.want(SPY, Feed.TAPE, "a")
    assert table.waiting() == []


def test_a_new_session_asks_for_everything_once_in_order() -> None:
    table = Subscriptions()
    for number, instrument in enumerate((SPY, XLK)):
        table.granted(table.want(instrument, Feed.QUOTES, "a"), number)
    refused = table.want(SPY, Feed.DEPTH, "a")
    refused.standing, refused.code, refused.reason = Standing.REFUSED, 309, "no slot"
    table.restart()
    assert [(each.instrument, each.feed) for each in table.waiting()] == [
        (SPY, Feed.QUOTES),
        (XLK, Feed.QUOTES),
        (SPY, Feed.DEPTH),
    ]
    assert table.asked_as(0) is None
    assert refused.reason == ""


def test_a_slot_given_back_goes_to_who_waits_for_one() -> None:
    table = Subscriptions()
    table.granted(table.want(SPY, Feed.DEPTH, "a"), 1)
    refused = table.want(XLK, Feed.DEPTH, "a")
    table.share({Feed.DEPTH: 1})
    assert refused.standing is Standing.WITHOUT
    table.unwant(SPY.con_id, Feed.DEPTH, "a")
    assert table.share({Feed.DEPTH: 1}) == []
    assert table.waiting() == [refused]


def test_a_refusal_for_good_is_not_asked_again_for_a_free_slot() -> None:
    table = Subscriptions()
    table.granted(table.want(SPY, Feed.QUOTES, "a"), 1)
    refused = table.want(XLK, Feed.QUOTES, "a")
    refused.standing, refused.code = Standing.REFUSED, 200
    table.unwant(SPY.con_id, Feed.QUOTES, "a")
    table.share({Feed.QUOTES: 1})
    assert table.waiting() == []


def test_late_messages_of_a_renewed_request_name_nobody() -> None:
    table = Subscriptions()
    subscription = table.want(SPY, Feed.DEPTH, "a")
    table.granted(subscription, 1)
    subscription.renew()
    table.granted(subscription, 2)
    assert table.asked_as(1) is None
    assert table.asked_as(2) is subscription
