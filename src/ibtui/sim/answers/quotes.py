"""Answers that open and end streams of market data: top of book, depth, tick by tick, real-time bars."""

from functools import partial

from ibtui.sim import data_requests, messages, requests
from ibtui.sim.bar_feed import RealTimeBars
from ibtui.sim.client import SYSTEM, Client
from ibtui.sim.contract_values import NO_CONTRACT, NO_CONTRACT_TEXT, find, venue
from ibtui.sim.delayed_quotes import LATE_NS, DelayedQuotes
from ibtui.sim.depth_feed import DepthFeed
from ibtui.sim.exchange import Exchange
from ibtui.sim.feeds import Feed as MarketFeed
from ibtui.sim.gateway import Gateway
from ibtui.sim.generic_ticks import numbers, refusal
from ibtui.sim.option_quotes import OptionQuotes
from ibtui.sim.permissions import DELAYED_SHOWN, NO_DEPTH, NO_TICK_BY_TICK, NOT_SUBSCRIBED
from ibtui.sim.quote_feed import QuoteFeed
from ibtui.sim.schema import Message, Values
from ibtui.sim.shown_book import DEPTH_ROWS
from ibtui.sim.stats import Feed, Subscription
from ibtui.sim.tape_feed import KINDS, PRINTS, TapeFeed
from ibtui.sim.universe import Listing

DUPLICATE_TICKER, DUPLICATE_REQUEST = 102, 322
NO_TICKER, NO_SUCH_DEPTH = 300, 310
STATISTICS = "165"
BAD_VALUE = 321
NO_DEEP_DATA = 10092
BAD_TICK_TYPE = 10189

BAR_DATA = frozenset({"TRADES", "MIDPOINT", "BID", "ASK"})
LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4


def market_data_type(_: Gateway, client: Client, ask: Values) -> None:
    """Remembers which data the client would take where live data is not to be had."""
    if ask["data_type"] not in (LIVE, FROZEN, DELAYED, DELAYED_FROZEN):
        client.error(SYSTEM, BAD_VALUE, f"Error validating request.-'{ask['data_type']}' is no market data type")
        return
    client.data_type = ask["data_type"]


def market_data(gateway: Gateway, client: Client, ask: Values) -> None:
    """Streams the top of the book, or sends it once."""
    listing = _opened(gateway, client, ask, requests.MARKET_DATA, DUPLICATE_TICKER, "Duplicate ticker ID.")
    if listing is None:
        return
    wrong = refusal(ask["generic_ticks"] or "", listing.instrument.sec_type)
    if wrong is not None:
        client.error(ask["req_id"], BAD_VALUE, wrong)
        return
    live = gateway.permissions.live(listing.con_id)
    if not live and client.data_type not in (DELAYED, DELAYED_FROZEN):
        client.error(ask["req_id"], *NOT_SUBSCRIBED)
        return
    if not live:
        client.error(ask["req_id"], *DELAYED_SHOWN)
    feed = _quotes(gateway, client, ask, listing) if live else _delayed_quotes(gateway, client, ask, listing)
    if ask["snapshot"] or ask["regulatory_snapshot"]:
        feed.open()
        client.send(messages.SNAPSHOT_END, req_id=ask["req_id"])
    else:
        gateway.feeds.open(requests.MARKET_DATA.name, feed)


def _quotes(gateway: Gateway, client: Client, ask: Values, listing: Listing) -> MarketFeed:
    """The quote as it is now."""
    exchange, con_id = gateway.exchange, listing.con_id
    frozen = client.data_type in (FROZEN, DELAYED_FROZEN) and not exchange.is_open(con_id)
    exchange.watch(con_id)
    running = exchange.running_minute(con_id)
    feed = QuoteFeed(
        client,
        _subscription(client, ask, listing, "ticks"),
        exchange.top(con_id),
        listing,
        data_type=FROZEN if frozen else LIVE,
        generic=ask["generic_ticks"] or "",
        last_ns=running.prints[-1].time_ns if running is not None and running.prints else None,
        weeks=_weeks(exchange, listing, ask["generic_ticks"] or ""),
    )
    exchange.unwatch(con_id)
    if listing.underlying is None:
        return feed
    below = listing.underlying.con_id
    return OptionQuotes(feed, listing, partial(exchange.top, con_id), partial(exchange.worth, below), exchange.now_ns)


def _delayed_quotes(gateway: Gateway, client: Client, ask: Values, listing: Listing) -> MarketFeed:
    """The quote as it was a quarter of an hour ago."""
    exchange, con_id = gateway.exchange, listing.con_id
    frozen = client.data_type == DELAYED_FROZEN and not exchange.is_open(con_id)
    market = partial(exchange.market_at, con_id)
    feed = QuoteFeed(
        client,
        _subscription(client, ask, listing, "ticks"),
        market(exchange.now_ns - LATE_NS).top(),
        listing,
        data_type=DELAYED_FROZEN if frozen else DELAYED,
        generic=ask["generic_ticks"] or "",
    )
    return DelayedQuotes(feed, market, exchange.now_ns)


def _weeks(exchange: Exchange, listing: Listing, generic: str) -> list[tuple[float, float]]:
    """Lowest and highest price of 13, 26 and 52 weeks, where a share's were asked for."""
    if STATISTICS not in numbers(generic) or listing.instrument.sec_type != "STK":
        return []
    return exchange.extremes(listing.con_id, (63, 126, 252))


def cancel_market_data(gateway: Gateway, client: Client, ask: Values) -> None:
    """Ends a stream of quotes."""
    if not gateway.feeds.close(client, requests.MARKET_DATA.name, ask["req_id"]):
        client.error(ask["req_id"], NO_TICKER, f"Can't find EId with tickerId:{ask['req_id']}")


def depth(gateway: Gateway, client: Client, ask: Values) -> None:
    """Streams the book: of all venues with their names (SMART), or one venue's own."""
    listing = _opened(gateway, client, ask, requests.DEPTH, DUPLICATE_REQUEST, "Duplicate ticker id")
    if listing is None:
        return
    if not gateway.permissions.live(listing.con_id):
        client.error(ask["req_id"], *NO_DEPTH)
        return
    smart, place = bool(ask["smart"]), venue(ask["exchange"]) or "SMART"
    if (place == "SMART" and not smart) or listing.instrument.sec_type == "IND":  # nobody quotes an index
        client.error(
            ask["req_id"],
            NO_DEEP_DATA,
            "Deep market data is not supported for this combination of security type/exchange",
        )
        return
    exchange, con_id = gateway.exchange, listing.con_id
    exchange.watch(con_id)
    feed = DepthFeed(
        client,
        _subscription(client, ask, listing, "depth"),
        exchange.book(con_id, DEPTH_ROWS),
        rows=min(DEPTH_ROWS, max(1, ask["rows"] or 1)),
        smart=smart,
        shows=lambda level: place in ("SMART", level.maker),
    )
    gateway.feeds.open(requests.DEPTH.name, feed)
    exchange.unwatch(con_id)


def cancel_depth(gateway: Gateway, client: Client, ask: Values) -> None:
    """Ends a stream of depth."""
    if not gateway.feeds.close(client, requests.DEPTH.name, ask["req_id"]):
        client.error(
            ask["req_id"], NO_SUCH_DEPTH, f"Can't find the subscribed market depth with tickerId:{ask['req_id']}"
        )


def tick_by_tick(gateway: Gateway, client: Client, ask: Values) -> None:
    """Streams every print or every quote."""
    kind = KINDS.get(ask["kind"] or "")
    if kind is None:
        client.error(
            ask["req_id"], BAD_TICK_TYPE, f"Failed to request tick-by-tick data.Unknown tick type {ask['kind']}"
        )
        return
    listing = _opened(gateway, client, ask, requests.TICK_BY_TICK, DUPLICATE_REQUEST, "Duplicate ticker id")
    if listing is None:
        return
    if not gateway.permissions.live(listing.con_id):
        client.error(ask["req_id"], *NO_TICK_BY_TICK)
        return
    exchange, con_id = gateway.exchange, listing.con_id
    exchange.watch(con_id)
    feed = TapeFeed(
        client,
        _subscription(client, ask, listing, "prints" if kind in PRINTS else "quotes"),
        exchange.top(con_id),
        exchange.now_ns,
        kind=kind,
        ignore_size=bool(ask["ignore_size"]),
    )
    gateway.feeds.open(requests.TICK_BY_TICK.name, feed)
    exchange.unwatch(con_id)


def cancel_tick_by_tick(gateway: Gateway, client: Client, ask: Values) -> None:
    """Ends a stream of ticks."""
    if not gateway.feeds.close(client, requests.TICK_BY_TICK.name, ask["req_id"]):
        client.error(ask["req_id"], NO_TICKER, f"Can't find EId with tickerId:{ask['req_id']}")


def _opened(
    gateway: Gateway, client: Client, ask: Values, request: Message, duplicate_code: int, duplicate_text: str
) -> Listing | None:
    if gateway.feeds.holds(client, request.name, ask["req_id"]):
        client.error(ask["req_id"], duplicate_code, duplicate_text)
        return None
    listings = find(gateway.exchange.universe, ask)
    if not listings:
        client.error(ask["req_id"], NO_CONTRACT, NO_CONTRACT_TEXT)
        return None
    rejection = gateway.faults.rejection("data")
    if rejection is not None:
        client.error(ask["req_id"], *rejection)
        return None
    return listings[0]


def _subscription(client: Client, ask: Values, listing: Listing, feed: Feed) -> Subscription:
    return Subscription(client.client_id or 0, ask["req_id"], listing.con_id, listing.instrument.local_symbol, feed)


def real_time_bars(gateway: Gateway, client: Client, ask: Values) -> None:
    """Streams a bar every five seconds."""
    if ask["what"] not in BAR_DATA:
        client.error(ask["req_id"], BAD_VALUE, f"Error validating request.-'bX' : cause - '{ask['what']}' is no data")
        return
    listing = _opened(
        gateway, client, ask, data_requests.REAL_TIME_BARS, DUPLICATE_REQUEST, "Duplicate ticker id"
    )  # fmt: skip
    if listing is None:
        return
    exchange = gateway.exchange
    feed = RealTimeBars(
        client,
        _subscription(client, ask, listing, "bars"),
        exchange,
        exchange.now_ns,
        ask["what"],
        bool(ask["use_rth"]),
    )
    gateway.feeds.open(data_requests.REAL_TIME_BARS.name, feed)


def cancel_real_time_bars(gateway: Gateway, client: Client, ask: Values) -> None:
    """Ends a stream of bars."""
    if not gateway.feeds.close(client, data_requests.REAL_TIME_BARS.name, ask["req_id"]):
        client.error(ask["req_id"], NO_TICKER, f"Can't find EId with tickerId:{ask['req_id']}")


ANSWERS = {
    requests.MARKET_DATA_TYPE: market_data_type,
    requests.MARKET_DATA: market_data,
    requests.CANCEL_MARKET_DATA: cancel_market_data,
    requests.DEPTH: depth,
    requests.CANCEL_DEPTH: cancel_depth,
    requests.TICK_BY_TICK: tick_by_tick,
    requests.CANCEL_TICK_BY_TICK: cancel_tick_by_tick,
    data_requests.REAL_TIME_BARS: real_time_bars,
    data_requests.CANCEL_REAL_TIME_BARS: cancel_real_time_bars,
}
