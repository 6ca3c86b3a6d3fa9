"""Why there is no data, in words that name what to do or when it comes."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ibtui.broker.silence import Facts, Sessions, explain
from ibtui.broker.subscriptions import Feed, Standing, Subscription
from ibtui.clock import NS
from ibtui.market.instruments import Instrument

SPY = Instrument(756733, "SPY")
ZONE = "America/New_York"


def at(day: int, hour: int, minute: int) -> int:
    return int(datetime(2025, 12, day, hour, minute, tzinfo=ZoneInfo(ZONE)).timestamp()) * NS


def granted(feed: Feed = Feed.QUOTES) -> Subscription:
    return Subscription(SPY, feed, {"a"}, standing=Standing.GRANTED, request_id=1)


OPEN = Sessions(True, at(15, 9, 30), at(16, 4, 0), at(16, 9, 30), ZONE)
WELL = Facts(granted(), sessions=OPEN, quiet_s=1.0)
QUIET = replace(WELL, quiet_s=150.0)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (WELL, ""),
        (Facts(None), "not subscribed"),
        (replace(WELL, connected=False), "not connected"),
        (replace(WELL, trouble="market data farm usfarm is down"), "market data farm usfarm is down"),
        (
            replace(WELL, sessions=replace(OPEN, open_now=False, zone="")),
            "market closed; pre-market opens Tue 09:00 UTC",
        ),
        (
            replace(WELL, sessions=replace(OPEN, open_now=False)),
            "market closed; pre-market opens Tue 04:00 EST, regular session Tue 09:30 EST",
        ),
        (
            replace(WELL, sessions=Sessions(False, None, at(16, 9, 30), at(16, 9, 30), ZONE)),
            "market closed; opens Tue 09:30 EST",
        ),
        (replace(WELL, sessions=Sessions(False)), "market closed; its next session is not known yet"),
        (replace(WELL, halted=True), "trading is halted"),
        (QUIET, "silent for 2 min though the market is open"),
        (replace(QUIET, quiet_s=90.0, sessions=Sessions()), "silent for 90 s; its hours are not known"),
        (replace(QUIET, hole=True), "a hole: nothing came since this session opened at Mon 09:30 EST"),
        (replace(QUIET, quiet_s=None), ""),
    ],
)
def test_each_silence_has_its_own_words(facts: Facts, words: str) -> None:
    assert explain(facts).startswith(words)
    assert bool(explain(facts)) == bool(words)


def test_what_ib_said_goes_before_what_we_infer_until_data_overtakes_it() -> None:
    told = granted()
    told.reason = "Another session of this login gets the live data (IB code 10197)"
    assert explain(replace(QUIET, subscription=told)) == told.reason
    assert explain(replace(WELL, subscription=told, overtaken=True)) == ""


@pytest.mark.parametrize("feed", list(Feed))
def test_whoever_has_no_slot_is_told_how_many_there_are_and_what_frees_one(feed: Feed) -> None:
    waiting = Subscription(SPY, feed, {"a"}, standing=Standing.WITHOUT)
    words = explain(replace(WELL, subscription=waiting, slots=3))
    assert words.startswith("no slot: all 3 ")
    assert words.partition("; ")[2]
    waiting.standing = Standing.WAITING
    assert explain(replace(WELL, subscription=waiting)) == "waiting to be asked for"


@pytest.mark.parametrize("feed", list(Feed))
def test_where_other_programs_of_the_login_hold_every_slot_nobody_is_told_to_close_a_book_of_ours(feed: Feed) -> None:
    waiting = Subscription(SPY, feed, {"a"}, standing=Standing.WITHOUT)
    words = explain(replace(WELL, subscription=waiting, slots=0))
    assert words.startswith("no slot: other programs of this login ")
    assert "close" not in words
