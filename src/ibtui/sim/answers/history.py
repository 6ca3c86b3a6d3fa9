"""Answers from the past: bars, and where they begin."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from ibtui.market.bars import Bar
from ibtui.sim import messages, requests
from ibtui.sim.client import Client
from ibtui.sim.contract_values import NO_CONTRACT, NO_CONTRACT_TEXT, find
from ibtui.sim.history_request import BadHistoryError, HistoryRequest, bar_time, parse_request, zoned
from ibtui.sim.schema import Values
from ibtui.sim.stats import Subscription

if TYPE_CHECKING:
    from ibtui.sim.gateway import Gateway

HISTORY_ERROR = 162
NO_MEANING = -1
"""IB's volume, average and count of bars that are made of quotes."""


def historical_data(gateway: Gateway, client: Client, ask: Values) -> None:
    """Bars of a contract up to a time."""
    listings = find(gateway.exchange.universe, ask)
    if not listings:
        client.error(ask["req_id"], NO_CONTRACT, NO_CONTRACT_TEXT)
        return
    try:
        request = parse_request(ask, gateway.exchange.now_ns)
    except BadHistoryError as error:
        client.error(ask["req_id"], error.code, str(error))
        return
    instrument = listings[0].instrument
    subscription = Subscription(client.client_id or 0, ask["req_id"], instrument.con_id, instrument.symbol, "bars")
    place = ask["exchange"] or "SMART"
    gateway.later(client, ask["req_id"], partial(_send_bars, gateway, client, subscription, request, place))


async def _send_bars(
    gateway: Gateway, client: Client, subscription: Subscription, request: HistoryRequest, place: str
) -> None:
    """Computes the bars slice by slice, letting everybody else go on in between, and sends them."""
    bars: list[Bar] = []
    for start_ns, end_ns in request.slices():
        bars += gateway.exchange.bars(
            subscription.con_id, request.size.seconds, start_ns, end_ns, request.what, request.use_rth
        )
        await asyncio.sleep(0)
    if not bars:
        what = f"{subscription.symbol}@{place} {request.what.title()}"
        text = f"Historical Market Data Service error message:HMDS query returned no data: {what}"
        client.error(subscription.req_id, HISTORY_ERROR, text)
        return
    answer = {
        "req_id": subscription.req_id,
        "start": zoned(request.start_ns),
        "end": zoned(request.end_ns),
        "bars": [_bar_values(bar, request) for bar in bars],
    }
    message = messages.HISTORICAL_BARS
    client.push(message.encode(client.version, answer), message.number, subscription, rows=len(bars))


def cancel_historical_data(gateway: Gateway, client: Client, ask: Values) -> None:
    """Gives up an answer that is not there yet; IB says so with its error 162."""
    if gateway.forget(client, ask["req_id"]):
        text = f"Historical Market Data Service error message:API historical data query cancelled: {ask['req_id']}"
        client.error(ask["req_id"], HISTORY_ERROR, text)


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


def cancel_head_timestamp(_: Gateway, __: Client, ___: Values) -> None:
    """A head timestamp is answered at once, so its cancel comes too late, which IB passes over in silence."""


def _bar_values(bar: Bar, request: HistoryRequest) -> Values:
    return {
        "time": bar_time(bar.start, daily=request.size.daily, format_date=request.format_date),
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
    requests.CANCEL_HISTORICAL_DATA: cancel_historical_data,
    requests.HEAD_TIMESTAMP: head_timestamp,
    requests.CANCEL_HEAD_TIMESTAMP: cancel_head_timestamp,
}
