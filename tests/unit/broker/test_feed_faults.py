"""What goes wrong with market data on the way from IB, each symbol on its own."""

import asyncio
from bisect import bisect_right

import pytest

from ibtui.broker.outgoing import RESERVED
from ibtui.broker.subscriptions import Feed, Standing
from ibtui.broker.window import budget
from ibtui.market.book import CLEAR
from ibtui.market.instruments import Instrument
from ibtui.services.alert_watch import feed_troubles
from ibtui.services.conditions import Conditions
from ibtui.services.loop_lag import LoopLag
from ibtui.services.record import Recording

from .feeds_rig import DEPTH, QUOTES, TAPE, Rig, feeding, stock
from .small_gateway import VirtualLoop, frame, settle, until, virtual, virtual_clock

SYMBOLS = [stock(number) for number in range(101, 116)]
A, B, C, *_ = SYMBOLS


async def wanted(rig: Rig, *instruments: Instrument, depth: bool = False, tape: bool = False) -> None:
    """Ready, with quotes of them all asked for and ticking."""
    await rig.ready()
    for each in instruments:
        rig.feeds.want(each, quotes=True, depth=depth, tape=tape)
    await until(lambda: rig.feeds.granted() == rig.feeds.wanted())
    await until(lambda: len(rig.asked(QUOTES)) == len(instruments))
    for each in instruments:
        rig.tick(rig.id_of(QUOTES, each))
    await settle()


def once_each(rig: Rig, kind: str, since: int) -> dict[str, int]:
    return {con_id: len(ids) for con_id, ids in rig.asked(kind, since).items()}


@virtual
async def test_what_one_read_brings_is_one_batch_in_its_order_whatever_else_is_in_it() -> None:
    async with feeding() as rig:
        await wanted(rig, A, B, depth=True)
        quotes, book, before = rig.id_of(QUOTES, A), rig.id_of(DEPTH, B), len(rig.batches)
        size, level = frame(2, 6, quotes, 0, 300), frame(13, 1, book, 0, "ARCA", 0, 1, 10.0, 100, 1)
        rig.gateway.raw(size + frame(4, 2, -1, 2104, "farm is OK", "") + level + frame(49, 1, 1_700_000_000) + size)
        await settle()
        (batch,) = rig.batches[before:]
        assert (len(batch.ticks), len(batch.depth)) == (2, 1)
        assert batch.ticks[0][2] < batch.depth[0][2] < batch.ticks[1][2]
        assert rig.market.board.quote(A.con_id).bid_size == 300
        assert [each.price for each in rig.market.book(B.con_id).bids] == [10.0]


# --- the link comes back ---


@virtual
async def test_after_data_lost_everything_is_asked_for_once_under_new_ids_and_the_old_ones_mean_nothing() -> None:
    async with feeding() as rig:
        await wanted(rig, A, B, depth=True, tape=True)
        since, old = len(rig.gateway.requests), rig.id_of(QUOTES, A)
        rig.gateway.system(1101, "Connectivity restored - data lost")
        await until(lambda: sum(len(rig.asked(kind, since)) for kind in (QUOTES, DEPTH, TAPE)) == 6)
        await asyncio.sleep(5)
        for kind in (QUOTES, DEPTH, TAPE):
            assert once_each(rig, kind, since) == {"101": 1, "102": 1}
        assert rig.id_of(QUOTES, A) != old
        assert rig.feeds.mark(A.con_id) == "STALE"
        rig.tick(old, 99.0)
        await settle()
        assert (rig.market.board.quote(A.con_id).bid, rig.feeds.mark(A.con_id)) == (10.0, "STALE")
        rig.tick(rig.id_of(QUOTES, A), 11.0)
        await settle()
        assert (rig.market.board.quote(A.con_id).bid, rig.feeds.mark(A.con_id)) == (11.0, "LIVE")


@virtual
async def test_after_data_kept_only_what_stays_silent_is_asked_for_again() -> None:
    async with feeding() as rig:
        await wanted(rig, *SYMBOLS)
        await asyncio.sleep(20)
        since = len(rig.gateway.requests)
        rig.gateway.system(1102, "Connectivity restored - data maintained")
        await asyncio.sleep(10)
        for each in SYMBOLS:
            if each is not B:
                rig.tick(rig.id_of(QUOTES, each))
        await asyncio.sleep(15)
        assert rig.asked(QUOTES, since) == {}
        await until(lambda: rig.asked(QUOTES, since), 10)
        await asyncio.sleep(60)
        assert once_each(rig, QUOTES, since) == {"102": 1}
        assert "nothing came in 30 s" in rig.reason(B)
        rig.tick(rig.id_of(QUOTES, B))
        await settle()
        assert (rig.reason(B), [what for what, _ in rig.gaps]) == ("", ["quotes S102"])


@virtual
async def test_after_a_farms_return_each_symbols_flow_is_checked() -> None:
    async with feeding() as rig:
        await wanted(rig, A, B)
        await asyncio.sleep(20)
        rig.gateway.system(2103, "Market data farm connection is broken:usfarm")
        await settle()
        assert rig.reason(A) == "market data farm usfarm is down"
        since = len(rig.gateway.requests)
        rig.gateway.system(2104, "Market data farm connection is OK:usfarm")
        await asyncio.sleep(10)
        rig.tick(rig.id_of(QUOTES, A))
        await until(lambda: rig.asked(QUOTES, since), 30)
        assert once_each(rig, QUOTES, since) == {"102": 1}


@pytest.mark.parametrize(("lost", "back"), [(1100, 1102), (2103, 2104)])
def test_a_quote_from_before_an_outage_is_stale_until_it_comes_again(lost: int, back: int) -> None:
    @virtual
    async def test() -> None:
        async with feeding() as rig:
            await wanted(rig, A)
            await until(lambda: rig.feeds.mark(A.con_id) == "LIVE")
            rig.gateway.system(lost, "lost:usfarm")
            await until(lambda: rig.feeds.mark(A.con_id) == "STALE")
            rig.gateway.system(back, "back:usfarm")
            await until(lambda: rig.supervisor.status.data.state == "ok")
            await settle()
            assert rig.feeds.mark(A.con_id) == "STALE"
            rig.tick(rig.id_of(QUOTES, A), 10.01)
            await until(lambda: rig.feeds.mark(A.con_id) == "LIVE")

    test()


@virtual
async def test_a_hundred_subscriptions_come_back_once_each_and_under_45_messages_a_second() -> None:
    async with feeding() as rig:
        await wanted(rig, *(stock(number) for number in range(1, 101)))
        session = rig.supervisor.session
        rig.gateway.reset()
        await until(lambda: rig.supervisor.session not in (None, session))
        since, times = len(rig.gateway.requests), []
        session = rig.supervisor.session
        assert session is not None
        throttled: list[bool] = []
        session.ib.client.throttleStart += lambda: throttled.append(True)

        def noted(fields: list[str], _writer: object) -> bool:
            times.append(asyncio.get_running_loop().time())
            return False

        rig.gateway.answer = noted
        await until(lambda: len(rig.asked(QUOTES, since)) == 100)
        await asyncio.sleep(5)
        assert set(once_each(rig, QUOTES, since).values()) == {1}
        busiest = max(bisect_right(times, at + 1.0) - number for number, at in enumerate(times))
        assert busiest < 45
        assert not throttled


# --- one symbol's trouble ---


@virtual
async def test_one_symbol_refused_or_broken_never_touches_the_others_of_fifteen() -> None:
    async with feeding() as rig:
        await wanted(rig, *SYMBOLS)
        before = {each.con_id: rig.market.board.quote(each.con_id).ticks for each in SYMBOLS}
        since = len(rig.gateway.requests)
        rig.refuse(rig.id_of(QUOTES, A), 200, "No security definition has been found")
        rig.gateway.send(1, 6, rig.id_of(QUOTES, B), 1, "no price", 100, 0)
        for each in SYMBOLS[2:]:
            rig.tick(rig.id_of(QUOTES, each))
        await settle()
        for each in SYMBOLS[2:]:
            assert rig.market.board.quote(each.con_id).ticks == before[each.con_id] + 1
            assert (rig.feeds.mark(each.con_id), rig.reason(each)) == ("LIVE", "")
        assert "200" in rig.reason(A)
        await asyncio.sleep(120)
        assert rig.asked(QUOTES, since) == {}


@virtual
async def test_a_quote_of_an_earlier_session_is_stale_until_its_own_tick_comes() -> None:
    async with feeding() as rig:
        await wanted(rig, A, B)
        rig.gateway.reset()
        await until(lambda: rig.supervisor.status.state == "DISCONNECTED")
        assert (rig.feeds.mark(A.con_id), rig.reason(A)) == ("STALE", "not connected")
        assert rig.market.board.quote(A.con_id).bid == 10.0
        await until(lambda: rig.feeds.granted() == 2)
        await settle()
        assert rig.feeds.mark(A.con_id) == "STALE"
        rig.tick(rig.id_of(QUOTES, A), 12.0)
        await settle()
        assert (rig.feeds.mark(A.con_id), rig.feeds.mark(B.con_id)) == ("LIVE", "STALE")


TWO_DAYS = "20231114:0400-20231114:{};20231115:0400-20231115:2000"
REGULAR = "20231114:0930-20231114:1600;20231115:0930-20231115:1600"


@virtual
async def test_a_closed_market_names_its_next_sessions_and_is_not_asked_again_for_its_silence() -> None:
    closed, trading = stock(101, TWO_DAYS.format("1700"), REGULAR), stock(102, TWO_DAYS.format("2000"), REGULAR)
    async with feeding() as rig:
        await wanted(rig, closed, trading)
        assert (rig.feeds.mark(closed.con_id), rig.feeds.mark(trading.con_id)) == ("CLOSED", "LIVE")
        assert rig.reason(closed) == ("market closed; pre-market opens Wed 04:00 EST, regular session Wed 09:30 EST")
        assert rig.reason(trading) == ""
        since = len(rig.gateway.requests)
        rig.gateway.system(1102, "Connectivity restored - data maintained")
        await asyncio.sleep(90)
        assert once_each(rig, QUOTES, since) == {"102": 1}


@virtual
async def test_a_session_without_a_tick_is_a_hole_and_one_that_fell_silent_is_not() -> None:
    silent, empty = (stock(number, TWO_DAYS.format("2000"), REGULAR) for number in (101, 102))
    async with feeding() as rig:
        await rig.ready()
        for each in (silent, empty):
            rig.feeds.want(each, quotes=True)
        await until(lambda: len(rig.asked(QUOTES)) == 2)
        rig.tick(rig.id_of(QUOTES, silent))
        await asyncio.sleep(130)
        assert rig.reason(empty) == "a hole: nothing came since this session opened at Tue 04:00 EST"
        assert rig.reason(silent) == "silent for 2 min though the market is open"
        assert rig.feeds.mark(silent.con_id) == rig.feeds.mark(empty.con_id) == "STALE"


@virtual
async def test_without_permission_data_falls_back_to_delayed_and_live_is_asked_for_again_later() -> None:
    async with feeding() as rig:
        await wanted(rig, A, B)
        since = len(rig.gateway.requests)
        rig.refuse(rig.id_of(QUOTES, A), 10089, "Requested market data requires additional subscription")
        await until(lambda: rig.asked(QUOTES, since))
        assert [fields for fields in rig.gateway.requests[since:] if fields[0] == "59"] == [["59", "1", "3"]]
        assert once_each(rig, QUOTES, since) == {"101": 1}
        rig.refuse(rig.id_of(QUOTES, A), 10167, "Displaying delayed market data")
        rig.gateway.send(58, 1, rig.id_of(QUOTES, A), 3)
        rig.tick(rig.id_of(QUOTES, A), kind=66)
        await settle()
        assert (rig.feeds.mark(A.con_id), rig.feeds.mark(B.con_id)) == ("DELAYED", "LIVE")
        assert "10167" in rig.reason(A)
        await asyncio.sleep(1000)
        assert once_each(rig, QUOTES, since) == {"101": 2}
        rig.gateway.send(58, 1, rig.id_of(QUOTES, A), 1)
        rig.tick(rig.id_of(QUOTES, A))
        await settle()
        assert (rig.feeds.mark(A.con_id), rig.reason(A)) == ("LIVE", "")
        await asyncio.sleep(1000)
        assert once_each(rig, QUOTES, since) == {"101": 2}


@virtual
async def test_a_competing_session_makes_quotes_stale_until_ticks_return_and_asks_again() -> None:
    async with feeding() as rig:
        await wanted(rig, A, B)
        since = len(rig.gateway.requests)
        for _ in range(20):
            rig.refuse(rig.id_of(QUOTES, A), 10197, "No market data during competing live session")
        await settle()
        assert (rig.feeds.mark(A.con_id), rig.feeds.mark(B.con_id)) == ("STALE", "LIVE")
        assert "Another session" in rig.reason(A)
        await asyncio.sleep(65)
        assert once_each(rig, QUOTES, since) == {"101": 1}
        rig.tick(rig.id_of(QUOTES, A))
        await settle()
        assert (rig.feeds.mark(A.con_id), rig.reason(A)) == ("LIVE", "")
        await asyncio.sleep(200)
        assert once_each(rig, QUOTES, since) == {"101": 1}
        assert len(rig.gaps) == 1


@virtual
async def test_a_burst_about_a_competing_session_is_one_alert() -> None:
    async with feeding() as rig:
        await wanted(rig, *SYMBOLS)
        told: list[str] = []
        conditions = Conditions(lambda _kind, text: told.append(text))
        for _ in range(30):
            for each in SYMBOLS:
                rig.refuse(rig.id_of(QUOTES, each), 10197, "No market data during competing live session")
            await asyncio.sleep(1)
            conditions.look(dict(feed_troubles(rig.feeds, "live")), asyncio.get_running_loop().time())
        assert len(told) == 1
        assert "Another session of this login gets the live data" in told[0]


# --- slots ---


@virtual
async def test_what_is_on_the_screen_gets_the_slot_of_what_was_shown_longest_ago_and_a_pin_keeps_its_own() -> None:
    async with feeding() as rig:
        await rig.ready()
        rig.feeds.pin(A)
        for each in SYMBOLS[1:4]:
            rig.feeds.show(Feed.DEPTH, each)
            await asyncio.sleep(1)
        assert rig.feeds.standing(A.con_id, Feed.DEPTH) is Standing.GRANTED
        assert [fields[2] for fields in rig.gateway.requests if fields[0] == "11"] == [rig.asked(DEPTH)["102"][0]]
        assert rig.reason(B, Feed.DEPTH) == "not subscribed"
        assert rig.feeds.slots()["depth"] == (3, 3)
        rig.feeds.show(Feed.DEPTH, C)
        await asyncio.sleep(1)
        assert len(rig.asked(DEPTH)["103"]) == 1
        assert rig.feeds.unpin(A)
        assert not rig.feeds.unpin(A)


@virtual
async def test_a_recording_gets_slots_in_the_order_of_its_arguments_and_lends_its_last_to_the_screen() -> None:
    async with feeding() as rig:
        await rig.ready()
        for each in SYMBOLS[:4]:
            rig.feeds.want(each, depth=True, owner="recording 1")
        await asyncio.sleep(1)
        assert list(rig.asked(DEPTH)) == ["101", "102", "103"]
        assert rig.reason(SYMBOLS[3], Feed.DEPTH).startswith("no slot: all 3 depth slots are in use")
        rig.feeds.show(Feed.DEPTH, SYMBOLS[9])
        await asyncio.sleep(1)
        assert rig.feeds.standing(C.con_id, Feed.DEPTH) is Standing.WITHOUT
        assert rig.feeds.standing(SYMBOLS[9].con_id, Feed.DEPTH) is Standing.GRANTED
        rig.feeds.show(Feed.DEPTH, None)
        await asyncio.sleep(1)
        assert rig.feeds.standing(C.con_id, Feed.DEPTH) is Standing.GRANTED
        assert rig.feeds.standing(SYMBOLS[9].con_id, Feed.DEPTH) is None


@virtual
async def test_a_recording_that_rotates_gives_every_symbol_its_turn_and_fills_every_slot() -> None:
    async with feeding() as rig:
        await rig.ready()
        recording = Recording(1, SYMBOLS[:5], rig.feeds)
        assert recording.notice == "No depth for S104, S105: all 3 depth slots are in use."
        turns = []
        for _ in range(5):
            await asyncio.sleep(1)
            held = [each.con_id for each in SYMBOLS if rig.feeds.standing(each.con_id, Feed.DEPTH) is Standing.GRANTED]
            assert len(held) == 3
            turns += held
            recording.rotate()
        assert sorted(turns) == sorted([each.con_id for each in SYMBOLS[:5]] * 3)
        await asyncio.sleep(1)
        assert set(rig.asked(TAPE)) == {"101", "102", "103", "104", "105"}
        assert {len(ids) for ids in rig.asked(TAPE).values()} == {1}
        recording.end()
        assert rig.feeds.wanted() == 0


@virtual
async def test_a_slot_that_ib_refuses_is_told_and_tried_again_when_one_is_given_back_or_after_a_minute() -> None:
    async with feeding() as rig:
        await wanted(rig, A, B, C, tape=True)
        rig.refuse(rig.id_of(TAPE, C), 10190, "Max number of tick-by-tick requests has been reached")
        await settle()
        assert "10190" in rig.reason(C, Feed.TAPE)
        assert (rig.feeds.limits()[Feed.TAPE], rig.feeds.slots()["tape"]) == (2, (2, 3))
        since = len(rig.gateway.requests)
        rig.feeds.unwant(A, tape=True)
        await until(lambda: rig.asked(TAPE, since))
        assert once_each(rig, TAPE, since) == {"103": 1}
        rig.refuse(rig.id_of(TAPE, C), 10190, "Max number of tick-by-tick requests has been reached")
        await asyncio.sleep(70)
        assert once_each(rig, TAPE, since) == {"103": 2}


@virtual
async def test_what_concerns_only_an_ended_request_changes_nothing() -> None:
    async with feeding() as rig:
        await wanted(rig, A, B, depth=True)
        ended = rig.id_of(DEPTH, B)
        rig.feeds.unwant(B, depth=True)
        await asyncio.sleep(1)
        since = len(rig.gateway.requests)
        for code in (300, 310, 366):
            rig.refuse(ended, code, "Can't find the subscription")
        await asyncio.sleep(10)
        assert (rig.feeds.mark(A.con_id), rig.reason(A), rig.reason(A, Feed.DEPTH)) == ("LIVE", "", "")
        assert rig.supervisor.status.state == "READY"
        assert not [fields for fields in rig.gateway.requests[since:] if fields[0] != "49"]


# --- books ---


async def with_book(rig: Rig) -> int:
    """A book of two levels a side; returns its request id."""
    await wanted(rig, A, depth=True)
    request_id = rig.id_of(DEPTH, A)
    for position in (0, 1):
        rig.level(request_id, 1, position, 10.0 - position)
        rig.level(request_id, 0, position, 11.0 + position)
    await settle()
    assert len(rig.market.book(A.con_id).bids) == 2
    return request_id


@virtual
async def test_a_halt_that_drops_the_book_has_it_asked_for_again() -> None:
    async with feeding() as rig:
        request_id = await with_book(rig)
        rig.refuse(request_id, 316, "Market depth data has been HALTED. Please re-subscribe")
        await settle()
        assert rig.market.book(A.con_id).bids == []
        assert "316" in rig.reason(A, Feed.DEPTH)
        await until(lambda: len(rig.asked(DEPTH)["101"]) == 2, 10)
        rig.level(request_id, 1, 0, 5.0)  # what was still under way
        rig.level(rig.id_of(DEPTH, A), 1, 0, 10.0)
        await settle()
        assert [level.price for level in rig.market.book(A.con_id).bids] == [10.0]
        assert rig.reason(A, Feed.DEPTH) == ""
        assert [row[4] for row in rig.depth_rows(A)].count(CLEAR) == 2


@virtual
async def test_a_row_that_does_not_fit_discards_the_book_and_asks_for_it_again() -> None:
    async with feeding() as rig:
        request_id = await with_book(rig)
        rig.level(request_id, 1, 5, 9.0, operation=1)
        await settle()
        assert rig.market.book(A.con_id).bids == []
        assert "could not be right" in rig.reason(A, Feed.DEPTH)
        await until(lambda: len(rig.asked(DEPTH)["101"]) == 2, 10)
        assert rig.feeds.mark(A.con_id) == "LIVE"


@virtual
async def test_a_book_that_stays_crossed_is_discarded_and_one_that_is_so_for_a_moment_is_not() -> None:
    async with feeding() as rig:
        request_id = await with_book(rig)
        rig.level(request_id, 1, 0, 11.5)
        await asyncio.sleep(0.5)
        rig.level(request_id, 1, 0, 0, operation=2)
        await asyncio.sleep(10)
        assert len(rig.asked(DEPTH)["101"]) == 1
        rig.level(request_id, 1, 0, 11.5)
        await until(lambda: len(rig.asked(DEPTH)["101"]) == 2, 20)
        assert [row[4] for row in rig.depth_rows(A)][-1] == CLEAR


@virtual
async def test_a_book_that_lost_its_touch_to_the_quote_is_discarded_and_one_that_follows_it_is_not() -> None:
    async with feeding() as rig:
        request_id = await with_book(rig)
        rig.tick(rig.id_of(QUOTES, A), 10.0)
        await asyncio.sleep(20)
        rig.tick(rig.id_of(QUOTES, A), 9.9)
        await asyncio.sleep(2)
        rig.level(request_id, 1, 0, 9.9, operation=1)
        await asyncio.sleep(20)
        assert len(rig.asked(DEPTH)["101"]) == 1
        rig.tick(rig.id_of(QUOTES, A), 9.8)
        await until(lambda: len(rig.asked(DEPTH)["101"]) == 2, 20)
        assert "best bid 9.9 differs from the quote's 9.8" in rig.reason(A, Feed.DEPTH)


@virtual
async def test_a_book_that_breaks_again_and_again_is_asked_for_less_and_less_often() -> None:
    async with feeding() as rig:
        await with_book(rig)
        began, times = asyncio.get_running_loop().time(), []
        for count in range(2, 5):
            rig.level(rig.id_of(DEPTH, A), 1, 7, 9.0, operation=1)
            await until(lambda count=count: len(rig.asked(DEPTH)["101"]) == count, 90)
            times.append(asyncio.get_running_loop().time() - began)
        pauses = [after - before for before, after in zip([0.0, *times], times, strict=False)]
        assert [round(pause / 5) for pause in pauses] == [1, 2, 4]


@virtual
async def test_our_own_stall_of_over_five_seconds_has_every_book_asked_for_again() -> None:
    async with feeding() as rig:
        await with_book(rig)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        gauge = LoopLag(virtual_clock(), rig.feeds.lagged)
        measuring = asyncio.ensure_future(gauge.run())
        await asyncio.sleep(1)
        loop.call_soon(loop.stall, 4.0)
        await asyncio.sleep(1)
        assert len(rig.asked(DEPTH)["101"]) == 1
        loop.call_soon(loop.stall, 6.0)
        await until(lambda: len(rig.asked(DEPTH)["101"]) == 2, 15)
        measuring.cancel()
        assert [row[4] for row in rig.depth_rows(A)][-1] == CLEAR
        assert len(rig.asked(QUOTES)["101"]) == 1
        rig.level(rig.id_of(DEPTH, A), 1, 0, 10.0)
        await settle()
        assert [what for what, reason in rig.gaps if "stood still" in reason] == ["depth S101"]


# --- tapes, and the pace ---


@virtual
async def test_a_tape_that_a_bust_broke_off_is_asked_for_again_and_the_gap_is_told_and_kept() -> None:
    async with feeding() as rig:
        await wanted(rig, A, tape=True)
        rig.trade(rig.id_of(TAPE, A))
        await settle()
        rig.refuse(rig.id_of(TAPE, A), 10225, "Bust event occurred, current subscription is deactivated.")
        await settle()
        assert "10225" in rig.reason(A, Feed.TAPE)
        await until(lambda: len(rig.asked(TAPE)["101"]) == 2, 10)
        assert rig.gaps == []
        rig.trade(rig.id_of(TAPE, A))
        await settle()
        assert [what for what, reason in rig.gaps if "10225" in reason] == ["tape S101"]
        assert rig.reason(A, Feed.TAPE) == ""


@virtual
async def test_too_many_messages_halve_the_pace_for_a_minute_in_the_next_session_too() -> None:
    async with feeding() as rig:
        await rig.ready()
        rig.gateway.system(100, "Max rate of messages per second has been exceeded")
        await settle()
        session = rig.supervisor.session
        assert session is not None
        assert budget(session) == 22
        rig.gateway.reset()
        await until(lambda: rig.supervisor.session not in (None, session))
        session = rig.supervisor.session
        assert session is not None
        since = len(rig.gateway.requests)
        for number in range(1, 101):
            rig.feeds.want(stock(number), quotes=True)
        await asyncio.sleep(3)
        assert 0 < len(rig.asked(QUOTES, since)) <= 4 * (22 - RESERVED)
        await asyncio.sleep(60)
        assert budget(session) == 45
        assert len(rig.asked(QUOTES, since)) == 100
