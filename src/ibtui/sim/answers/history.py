"""Answers from the past: bars and where they begin, sessions, prices by volume, ticks."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from functools import partial

from ibtui.market.bars import MINUTE, Bar
from ibtui.sim import data_messages, data_requests
from ibtui.sim.bar_feed import UpdatedBars
from ibtui.sim.client import Client
from ibtui.sim.contract_values import NO_CONTRACT, NO_CONTRACT_TEXT, find
from ibtui.sim.gateway import Gateway
from ibtui.sim.historical_ticks import TicksRequest, find_ticks, parse_ticks_request
from ibtui.sim.history_request import (
    BadHistoryError,
    HistoryRequest,
    bar_values,
    histogram_range,
    parse_request,
    slices,
    zoned,
)
from ibtui.sim.schedule import SCHEDULE, parse_schedule
from ibtui.sim.schema import Values
from ibtui.sim.stats import Subscription
from ibtui.sim.universe import Listing

HISTORY_ERROR = 162
DUPLICATE_REQUEST = 322
OF_TRADES = frozenset({"TRADES", "ADJUSTED_LAST"})

TICK_MESSAGES = {
    "TRADES": data_messages.HISTORICAL_TICKS_LAST,
    "BID_ASK": data_messages.HISTORICAL_TICKS_BID_ASK,
    "MIDPOINT": data_messages.HISTORICAL_TICKS,
}


def historical_data(gateway: Gateway, client: Client, ask: Values) -> None:
    """Bars of a contract up to a time, or the sessions in which it traded."""
    req_id = ask["req_id"]
    if gateway.feeds.holds(client, data_requests.HISTORICAL_DATA.name, req_id):
        client.error(req_id, DUPLICATE_REQUEST, "Duplicate ticker id")
        return
    listing = _listing(gateway, client, ask)
    if listing is None:
        return
    try:
        if ask["what"] == SCHEDULE:
            sessions = parse_schedule(ask, listing, gateway.exchange.now_ns)
            client.send(data_messages.HISTORICAL_SCHEDULE, req_id=req_id, **sessions)
            return
        request = parse_request(ask, listing, gateway.exchange.now_ns)
    except BadHistoryError as error:
        client.error(req_id, error.code, str(error))
        return
    if request.what in OF_TRADES and not listing.traded:
        name = f"{listing.instrument.symbol}/{listing.instrument.sec_type}@{listing.instrument.exchange}"
        text = f"Historical Market Data Service error message:No historical market data for {name} Last"
        client.error(req_id, HISTORY_ERROR, text)
        return
    subscription = Subscription(client.client_id or 0, req_id, listing.con_id, listing.instrument.local_symbol, "bars")
    place = ask["exchange"] or "SMART"
    gateway.later(client, req_id, partial(_send_bars, gateway, client, subscription, request, place))


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
        "bars": [bar_values(bar, request.time_of(bar)) for bar in bars],
    }
    message = data_messages.HISTORICAL_BARS
    client.push(message.encode(client.version, answer), message.number, subscription, rows=len(bars))
    if request.keeps_up_to_date and client.connected:
        feed = UpdatedBars(client, subscription, gateway.exchange, request, bars[-1])
        gateway.feeds.open(data_requests.HISTORICAL_DATA.name, feed)


def cancel_historical_data(gateway: Gateway, client: Client, ask: Values) -> None:
    """Ends bars that keep up to date, or an answer that is not there yet; IB says so with its error 162."""
    req_id = ask["req_id"]
    if gateway.forget(client, req_id) or gateway.feeds.close(client, data_requests.HISTORICAL_DATA.name, req_id):
        text = f"Historical Market Data Service error message:API historical data query cancelled: {req_id}"
        client.error(req_id, HISTORY_ERROR, text)


def head_timestamp(gateway: Gateway, client: Client, ask: Values) -> None:
    """When the history of a contract begins."""
    listing = _listing(gateway, client, ask)
    if listing is None:
        return
    seconds = gateway.exchange.head_timestamp(listing.con_id)
    moment = datetime.fromtimestamp(seconds, UTC)
    text = str(seconds) if ask["format_date"] == 2 else f"{moment:%Y%m%d-%H:%M:%S}"
    client.send(data_messages.HEAD_TIMESTAMP, req_id=ask["req_id"], time=text)


def cancel_head_timestamp(_: Gateway, __: Client, ___: Values) -> None:
    """A head timestamp is answered at once, so its cancel comes too late, which IB passes over in silence."""


def histogram(gateway: Gateway, client: Client, ask: Values) -> None:
    """How much was traded at which price."""
    listing = _listing(gateway, client, ask)
    if listing is None:
        return
    try:
        start_ns, end_ns = histogram_range(ask["period"], gateway.exchange.now_ns, listing.calendar)
    except BadHistoryError as error:
        client.error(ask["req_id"], error.code, str(error))
        return
    req_id, use_rth = ask["req_id"], bool(ask["use_rth"])
    gateway.later(
        client, req_id, partial(_send_histogram, gateway, client, req_id, listing, start_ns, end_ns, use_rth)
    )  # fmt: skip


async def _send_histogram(
    gateway: Gateway, client: Client, req_id: int, listing: Listing, start_ns: int, end_ns: int, use_rth: bool
) -> None:
    """Adds up minutes, each at its average price."""
    scale = round(1 / listing.instrument.min_tick)
    sizes: Counter[int] = Counter()
    for first_ns, last_ns in slices(start_ns, end_ns, MINUTE):
        for bar in gateway.exchange.bars(listing.con_id, MINUTE, first_ns, last_ns, "TRADES", use_rth):
            sizes[round((bar.wap or bar.close) * scale)] += int(bar.volume or 0)
        await asyncio.sleep(0)
    rows = [{"price": ticks / scale, "size": size} for ticks, size in sorted(sizes.items())]
    client.send(data_messages.HISTOGRAM, req_id=req_id, rows=rows)


def cancel_histogram(gateway: Gateway, client: Client, ask: Values) -> None:
    """Gives up a histogram that is not there yet."""
    gateway.forget(client, ask["req_id"])


def historical_ticks(gateway: Gateway, client: Client, ask: Values) -> None:
    """Prints, quotes or midpoints of the past."""
    listing = _listing(gateway, client, ask)
    if listing is None:
        return
    try:
        request = parse_ticks_request(ask, gateway.exchange.now_ns)
    except BadHistoryError as error:
        client.error(ask["req_id"], error.code, str(error))
        return
    gateway.later(client, ask["req_id"], partial(_send_ticks, gateway, client, ask["req_id"], listing, request))


async def _send_ticks(gateway: Gateway, client: Client, req_id: int, listing: Listing, request: TicksRequest) -> None:
    ticks = await find_ticks(gateway.exchange, listing, request)
    client.send(TICK_MESSAGES[request.what], req_id=req_id, ticks=ticks, done=True)


def _listing(gateway: Gateway, client: Client, ask: Values) -> Listing | None:
    """The contract that is meant; where there is none the client is told."""
    listings = find(gateway.exchange.universe, ask)
    if not listings:
        client.error(ask["req_id"], NO_CONTRACT, NO_CONTRACT_TEXT)
        return None
    return listings[0]


ANSWERS = {
    data_requests.HISTORICAL_DATA: historical_data,
    data_requests.CANCEL_HISTORICAL_DATA: cancel_historical_data,
    data_requests.HEAD_TIMESTAMP: head_timestamp,
    data_requests.CANCEL_HEAD_TIMESTAMP: cancel_head_timestamp,
    data_requests.HISTOGRAM: histogram,
    data_requests.CANCEL_HISTOGRAM: cancel_histogram,
    data_requests.HISTORICAL_TICKS: historical_ticks,
}
