"""What lacks of two years of one contract's minutes, from hours to requests, with every session full of holes."""

import time
from datetime import UTC, datetime

from ibtui.backfill.calendar import trading
from ibtui.backfill.ledger import Coverage, Range
from ibtui.backfill.planner import plan
from ibtui.market.bars import DAY, bar_size
from ibtui.market.instruments import Instrument
from tests.benchmarks.report import Figure, show

MINUTE = bar_size("1 min")
SPY = Instrument(756733, "SPY", time_zone="US/Eastern")
NOW = int(datetime(2026, 11, 20, 22, tzinfo=UTC).timestamp())
TWO_YEARS = Range(NOW - 730 * DAY, NOW)
HOLE = 3_600
"""Seconds from one hole of ten minutes to the next."""


def test_plan() -> None:
    sessions = trading(SPY, MINUTE, True, TWO_YEARS) or ()
    have = [
        Coverage(start, start + HOLE - 600, "data") for each in sessions for start in range(each.start, each.end, HOLE)
    ]
    took = []
    for _ in range(10):
        began = time.process_time()
        requests = plan(TWO_YEARS, have, MINUTE, NOW, trading=trading(SPY, MINUTE, True, TWO_YEARS))
        took.append(1000 * (time.process_time() - began))
    what = f"2 years of 1-min bars, {len(have)} pieces stored, plan the {len(requests)} requests, ms"
    show([Figure(what, min(took), 100, 50)])
