"""Answers from the past: bars, and where they begin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ibtui.errors import UsageError
from ibtui.market.bars import BAR_SIZES, Bar, bar_size
from ibtui.sim import messages, requests
from ibtui.sim.client import Client
from ibtui.sim.contract_values import NO_CONTRACT, NO_CONTRACT_TEXT, find
from ibtui.sim.history_request import WHAT, BadHistoryError, bar_time, parse_time, start_of, zoned
from ibtui.sim.schema import Values
from ibtui.sim.stats import Subscription

if TYPE_CHECKING:
    from ibtui.sim.gateway import Gateway

HISTORY_ERROR = 162
BAD_VALUE = 321
BAD_END = 10314
NO_MEANING = -1
"""IB's volume, average and count of bars that are made of quotes."""


def historical_data(gateway: Gateway, client: Client, ask: Values) -> None:
    """Bars of a contract up to a time."""
    req_id = ask["req_id"]
    listings = find(gateway.exchange.universe, ask)
    if not listings:
        client.error(req_id, NO_CONTRACT, NO_CONTRACT_TEXT)
        return
    listing, what = listings[0], ask["what"] or ""
    if ask["keep_up_to_date"]:
        client.error(req_id, BAD_VALUE, "Error validating request.-'bd' : cause - Up-to-date bars are not offered here")
        return
    try:
        size = bar_size(ask["bar_size"] or "")
    except UsageError:
        legal = ", ".join(each.text for each in BAR_SIZES)
        cause = f"Historical data bar size setting is invalid. Legal ones are: {legal}"
        client.error(req_id, BAD_VALUE, f"Error validating request.-'bd' : cause - {cause}")
        return
    if what not in WHAT:
        client.error(req_id, BAD_VALUE, f"Error validating request.-'bd' : cause - '{what}' is no data to show")
        return
    try:
        end_ns = parse_time(ask["end"], gateway.exchange.now_ns)
    except BadHistoryError as error:
        client.error(req_id, BAD_END, f"End Date/Time: The date, time, or time-zone entered is invalid. {error}")
        return
    try:
        start_ns = start_of(end_ns, ask["duration"])
    except BadHistoryError as error:
        client.error(req_id, BAD_VALUE, f"Error validating request.-'bd' : cause - {error}")
        return
    bars = gateway.exchange.bars(listing.con_id, size.seconds, start_ns, end_ns, what, bool(ask["use_rth"]))
    if not bars:
        text = f"HMDS query returned no data: {listing.instrument.symbol}@{ask['exchange'] or 'SMART'} {what.title()}"
        client.error(req_id, HISTORY_ERROR, f"Historical Market Data Service error message:{text}")
        return
    answer = {
        "req_id": req_id,
        "start": zoned(start_ns),
        "end": zoned(end_ns),
        "bars": [_bar_values(bar, size.daily, ask["format_date"]) for bar in bars],
    }
    client.push(
        messages.HISTORICAL_BARS.encode(client.version, answer),
        messages.HISTORICAL_BARS.number,
        Subscription(client.client_id or 0, req_id, listing.con_id, listing.instrument.symbol, "bars"),
        rows=len(bars),
    )


def head_timestamp(gateway: Gateway, client: Client, ask: Values) -> None:
    """When the history of a contract begins."""
    listings = find(gateway.exchange.universe, ask)
    if not listings:
        client.error(ask["req_id"], NO_CONTRACT, NO_CONTRACT_TEXT)
        return
    seconds = gateway.exchange.head_timestamp(listings[0].con_id)
    moment = datetime.fromtimestamp(seconds, UTC)
    text = str(seconds) if ask["format_date"] == 2 else f"{moment:%Y%m%d-%H:%M:%S}"
    client.send(messages.HEAD_TIMESTAMP, req_id=ask["req_id"], time=text)


def nothing_to_cancel(_: Gateway, __: Client, ___: Values) -> None:
    """History is answered at once, so a cancel always comes too late, which IB passes over in silence."""


def _bar_values(bar: Bar, daily: bool, format_date: int | None) -> Values:
    return {
        "time": bar_time(bar.start, daily=daily, format_date=format_date),
        "open": bar.open,
        "high": bar.high,
        "low": bar.low,
        "close": bar.close,
        "volume": NO_MEANING if bar.volume is None else bar.volume,
        "wap": NO_MEANING if bar.wap is None else bar.wap,
        "count": NO_MEANING if bar.count is None else bar.count,
    }


ANSWERS = {
    requests.HISTORICAL_DATA: historical_data,
    requests.CANCEL_HISTORICAL_DATA: nothing_to_cancel,
    requests.HEAD_TIMESTAMP: head_timestamp,
    requests.CANCEL_HEAD_TIMESTAMP: nothing_to_cancel,
}
