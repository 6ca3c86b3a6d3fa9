"""What the board reads of stored data."""

from ibtui.clock import NS
from ibtui.market.bars import Bar
from ibtui.market.day_lines import Span
from ibtui.storage import history
from ibtui.storage.board_queries import daily_bars, last_prices
from ibtui.storage.files import DataDirectory
from tests.unit.storage.conftest import HandClock, running


async def test_the_last_trade_of_each_span_is_found_and_neither_quotes_nor_unknown_prices(
    directory: DataDirectory, hand: HandClock
) -> None:
    start = hand.now_ns
    async with running(directory, hand.clock) as writer:
        ticks = [
            (7, start + 1 * NS, 1, 4, 10.0, 1.0),
            (7, start + 2 * NS, 2, 68, 11.0, 1.0),
            (7, start + 2 * NS, 3, 1, 99.0, 1.0),
            (7, start + 6 * NS, 4, 4, 12.0, 1.0),
            (7, start + 6 * NS, 5, 4, None, None),
            (8, start + 6 * NS, 6, 1, 5.0, 1.0),
        ]
        writer.add(hand.batch(ticks=ticks))
    spans = [Span(at, start + 5 * at * NS, start + 5 * (at + 1) * NS) for at in range(3)]
    assert last_prices(directory, [7, 8], spans) == {7: {0: 11.0, 1: 12.0}}
    assert last_prices(directory, [7], []) == {}


async def test_daily_bars_are_those_of_regular_hours_made_of_what_is_wanted(
    directory: DataDirectory, hand: HandClock
) -> None:
    day, older = Bar(86_400 * 20_000, 1.0, 2.0, 0.5, 1.5, 100.0, 1.2, 9), Bar(86_400 * 19_000, 1.0, 1.0, 1.0, 1.0)
    assert daily_bars(directory, {7: "TRADES"}, 0) == {}
    async with running(directory, hand.clock) as writer:
        for con_id, bar, what, use_rth in ((7, "1 day", "TRADES", True), (7, "1 min", "TRADES", True),
                                           (8, "1 day", "MIDPOINT", True), (9, "1 day", "TRADES", False)):  # fmt: skip
            await writer.history(*history.bars(con_id, bar, what, use_rth, [day, older]))
    wanted = {7: "TRADES", 8: "TRADES", 9: "TRADES"}
    assert daily_bars(directory, wanted, 0) == {7: [older, day]}
    assert daily_bars(directory, wanted | {8: "MIDPOINT"}, day.start) == {7: [day], 8: [day]}
