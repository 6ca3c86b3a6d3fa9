from dataclasses import replace

from ibtui.clock import NS
from ibtui.market.bars import Bar
from ibtui.market.hours import Session
from ibtui.market.instruments import Instrument
from ibtui.storage import history, queries
from ibtui.storage.files import DataDirectory

from .conftest import HandClock, running

SPY = Instrument(
    756733, "SPY", primary_exchange="ARCA", min_tick=0.01, time_zone="US/Eastern", trading_hours="20260310:CLOSED"
)
CALL = Instrument(9, "AAPL", "OPT", multiplier=100.0, strike=300.0, right="C", last_trade_date="20261218")
BARS = [Bar(60, 1.0, 2.0, 0.5, 1.5, 100.0, 1.2, 7), Bar(120, 1.5, 1.5, 1.5, 1.5, None, None, None)]


async def test_a_contract_comes_back_by_number_and_by_what_was_typed(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.history(*history.upsert_contract(SPY, "spy", 1), *history.upsert_contract(CALL))
        assert queries.contract(directory, 756733) == SPY
        assert queries.contract(directory, 9) == CALL
        assert queries.contract_by_text(directory, "Spy") == SPY
        assert queries.contract_by_text(directory, "AAPL") is None
        newer = replace(SPY, trading_hours="20260311:CLOSED")
        await writer.history(*history.upsert_contract(newer))
    assert queries.contract_by_text(directory, "SPY") == newer
    assert queries.contracts(directory, "OPT") == [CALL]
    assert queries.contracts(directory) == [CALL, newer]


async def test_bars_are_kept_once_and_the_newer_answer_holds(directory: DataDirectory, hand: HandClock) -> None:
    corrected = BARS[0]._replace(close=1.4)
    async with running(directory, hand.clock) as writer:
        await writer.history(*history.bars(1, "1 min", "TRADES", True, BARS))
        await writer.history(*history.bars(1, "1 min", "TRADES", True, [corrected]))
        await writer.history(*history.bars(1, "1 min", "TRADES", False, BARS[:1]))
    assert queries.bars(directory, 1, "1 min", "TRADES", True, 0, 10_000) == [corrected, BARS[1]]
    assert queries.bars(directory, 1, "1 min", "TRADES", True, 60, 120) == [corrected]
    assert queries.bars(directory, 1, "5 mins", "TRADES", True, 0, 10_000) == []
    counts = [(row["use_rth"], row["bars"], row["first"], row["last"]) for row in queries.bar_counts(directory, 1)]
    assert counts == [(0, 1, 60, 60), (1, 2, 60, 120)]


async def test_coverage_answers_what_touches_a_range(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        for asked, (start, end, outcome) in enumerate(((0, 100, "data"), (100, 200, "empty"), (100, 200, "data"))):
            await writer.history(*history.coverage(1, "1 min", "TRADES", True, start, end, outcome, asked))
    found = queries.coverage(directory, 1, "1 min", "TRADES", True, 50, 150)
    assert [(row["start"], row["end"], row["outcome"]) for row in found] == [(0, 100, "data"), (100, 200, "data")]
    assert queries.coverage(directory, 1, "1 min", "TRADES", True, 200, 300) == []


async def test_sessions_between_the_first_and_the_last_are_replaced(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.history(
            *history.trading_hours(1, "trading", [Session(0, 5), Session(10, 15), Session(20, 25)], "a", 1)
        )
        await writer.history(*history.trading_hours(1, "trading", [Session(10, 13), Session(20, 25)], "b", 2))
    assert queries.trading_hours(directory, 1, "trading", 0, 100) == [Session(0, 5), Session(10, 13), Session(20, 25)]
    assert queries.trading_hours(directory, 1, "trading", 13, 20) == []
    assert history.trading_hours(1, "trading", [], "a", 1) == ()


async def test_a_job_stands_as_it_was_last_written(directory: DataDirectory, hand: HandClock) -> None:
    job = {"created_ns": 1, "instrument": SPY, "bar": "1 min", "what": "TRADES", "use_rth": True, "mode": "tail"}
    job |= {"start": None, "end": 100, "total": 4, "problem": None}
    assert queries.highest_job_id(directory) == 0
    async with running(directory, hand.clock) as writer:
        await writer.history(*history.backfill_job(1, **job, updated_ns=1, state="running", done=0, rows=0))
        await writer.history(
            *history.backfill_job(1, **job, updated_ns=2, state="done", done=4, rows=780),
            *history.backfill_request(
                1, start=0, end=100, duration="1 D", sent_ns=1, answered_ns=2, outcome="data", rows=390
            ),
        )
    (found,) = queries.backfill_jobs(directory)
    assert (found["state"], found["done"], found["rows"], found["created_ns"]) == ("done", 4, 780, 1)
    assert queries.highest_job_id(directory) == 1


async def test_positions_are_the_last_known_ones_and_unknown_is_not_flat(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        await writer.history(
            *history.position("DU1", 1, 10, symbol="SPY", quantity=5.0, average_cost=450.0),
            *history.position("DU1", 1, 20, symbol="SPY", quantity=8.0, average_cost=451.0),
            *history.position("DU1", 2, 10, symbol="QQQ", quantity=5.0),
            *history.position("DU1", 2, 20, symbol="QQQ", quantity=0.0),
            *history.position("DU2", 3, 20, symbol="IWM", quantity=None),
            *history.account_value("DU1", "NetLiquidation", "USD", 10, "1000000"),
            *history.account_value("DU1", "NetLiquidation", "USD", 20, "1000001"),
        )
    found = [(row["account"], row["symbol"], row["quantity"]) for row in queries.positions(directory)]
    assert found == [("DU1", "SPY", 8.0), ("DU2", "IWM", None)]
    assert queries.positions(directory, "DU3") == []
    assert [row["value"] for row in queries.account_values(directory, "DU1")] == ["1000001"]


async def test_the_last_values_come_from_the_newest_file_that_has_them(
    directory: DataDirectory, hand: HandClock
) -> None:
    async with running(directory, hand.clock) as writer:
        first = hand.now_ns
        rows = [(1, first, 0, 9, 440.0, None), (1, first, 1, 1, 449.0, 1.0)]
        rows += [(1, first + 1 + i, 2 + i, 2, 450.0 + i, 1.0) for i in range(5_000)]
        rows += [(2, first, 9_000, 68, 7.0, 1.0), (2, first, 9_001, 8, None, 1_234.0)]
        writer.add(hand.batch(ticks=rows))
        hand.now_ns += 86_400 * NS
        writer.add(hand.batch(ticks=[(1, hand.now_ns, 9_999, 1, None, None)]))
    spy, delayed = queries.latest_quotes(directory, [1, 2, 3])
    assert (spy.bid, spy.ask, spy.last, spy.close, spy.ts_ns) == (None, 5_449.0, None, 440.0, hand.now_ns)
    assert (delayed.last, delayed.volume, delayed.bid) == (7.0, 1_234.0, None)


async def test_activity_counts_the_last_minutes_across_midnight(directory: DataDirectory, hand: HandClock) -> None:
    hand.now_ns += 12 * 3600 * NS - 60 * NS
    async with running(directory, hand.clock) as writer:
        old = hand.now_ns - 600 * NS
        writer.add(hand.batch(ticks=[(1, old, 1, 1, 1.0, 1.0), (1, hand.now_ns, 2, 1, 1.0, 1.0)]))
        hand.now_ns += 120 * NS
        prints = [
            (2, hand.now_ns, 4, None, 10.0, 1.0, "N", "", 1, 1, 2, 0, 40),
            (2, hand.now_ns, 5, None, 10.0, 2.0, "Q", "", 1, 1, None, None, None),
        ]
        writer.add(hand.batch(ticks=[(3, hand.now_ns, 3, 1, 1.0, 1.0)], prints=prints))
    found = queries.activity(directory, hand.now_ns + NS)
    # The value carried over midnight is a row too, received in the last five minutes.
    assert (found[1]["ticks"], found[1]["last_prints_ns"]) == (2, None)
    assert (found[2]["prints"], found[2]["ticks"], found[2]["last_prints_ns"]) == (2, 0, hand.now_ns)
    assert found[3]["last_ticks_ns"] == hand.now_ns
    assert [row["venue"] for row in queries.prints(directory, 2)] == ["N", "Q"]
    assert [row["size"] for row in queries.prints(directory, 2, limit=1)] == [2.0]
    assert queries.prints(directory, 2, end_ns=hand.now_ns) == []
    counts = queries.status_counts(directory, hand.now_ns)
    assert (counts["ticks"], counts["prints"], counts["depth"], counts["orders"], counts["bars"]) == (2, 2, 0, 0, 0)
