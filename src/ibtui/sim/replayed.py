"""``--replay``: an exchange whose market is a recorded one. It lists what was recorded and starts when that begins."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ibtui.clock import NS
from ibtui.market.instruments import Instrument
from ibtui.sim.exchange import Exchange
from ibtui.sim.night_calendars import CRYPTO, FOREX, FUTURES, REGULAR_ONLY
from ibtui.sim.recorded import RecordedSource, first_known_ns
from ibtui.sim.recording import Recording
from ibtui.sim.trading_days import SHARES, Calendar
from ibtui.sim.universe import MARKET_RULE, MARKET_RULES, Listing, Universe, default_universe

CALENDARS: dict[str, Calendar] = {
    "FUT": FUTURES, "CASH": FOREX, "CRYPTO": CRYPTO, "IND": REGULAR_ONLY, "OPT": REGULAR_ONLY,
}  # fmt: skip
"""Hours by type of contract; those not named here have the hours of US shares."""


def replayed_exchange(path: Path, account: str, start_ns: int | None, rate: float) -> Exchange:
    """An exchange that replays a data directory from a market time, or from where the recording begins.

    Raises:
        UsageError: Nothing was recorded there.
    """
    recording = Recording(path)
    begins = recording.start_ns if start_ns is None else start_ns
    universe = Universe(tuple(_listings(recording)))
    return Exchange(0, account, begins, (), rate, universe=universe, source=RecordedSource(recording))


def _listings(recording: Recording) -> Sequence[Listing]:
    known = list(default_universe(today=datetime.fromtimestamp(recording.start_ns / NS, UTC).date()))
    shares = next(each for each in known if each.instrument.sec_type == "STK")
    by_symbol = {(each.instrument.symbol, each.instrument.sec_type): each for each in reversed(known)}
    return [
        _listing(recording, each, by_symbol.get((each.symbol, each.sec_type), _plain(shares, each)))
        for each in recording.instruments
    ]


def _plain(share: Listing, instrument: Instrument) -> Listing:
    """Facts of a contract that the catalogue hasn't got: those that any of its type has."""
    rule = next(
        (rule for rule, rows in MARKET_RULES.items() if rows[0][1] == instrument.min_tick), MARKET_RULE
    )  # fmt: skip
    is_share = instrument.sec_type == "STK"
    return replace(
        share,
        stock_type="COMMON" if is_share else "",
        industry="",
        category="",
        subcategory="",
        market_name=instrument.trading_class or instrument.symbol,
        valid_exchanges=share.valid_exchanges if is_share else instrument.exchange,
        market_rule_ids=share.market_rule_ids if is_share else str(rule),
        calendar=CALENDARS.get(instrument.sec_type, SHARES),
        lot=100 if is_share else 1,
    )


def _listing(recording: Recording, instrument: Instrument, like: Listing) -> Listing:
    first_ns = first_known_ns(recording, instrument.con_id)
    trades = recording.trades(instrument.con_id, recording.start_ns, recording.start_ns + 3600 * NS)
    price = trades[0].price if trades else recording.close_before(instrument.con_id, recording.end_ns)
    return replace(
        like,
        instrument=instrument,
        price=price or like.price,
        listed=datetime.fromtimestamp(first_ns / NS, UTC).date(),
        underlying=None,
    )
