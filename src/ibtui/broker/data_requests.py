"""Market data requests and their cancels as they go to the gateway."""

from typing import TYPE_CHECKING

from ibtui.broker.contracts import to_ib
from ibtui.broker.subscriptions import Feed
from ibtui.broker.window import client_of
from ibtui.market.instruments import Instrument

if TYPE_CHECKING:
    from ibtui.broker.session import Session

REAL_TIME_VOLUME = "233"
"""Generic tick: each trade with the day's volume-weighted average price."""

STATISTICS = "106,165,236"
"""Generic ticks: implied volatility; average volume, and highs and lows of 13, 26 and 52 weeks; shares to borrow."""

_GENERIC_TICKS = {
    "STK": f"{STATISTICS},{REAL_TIME_VOLUME}",
    **dict.fromkeys(("FUT", "OPT", "FOP", "CONTFUT"), REAL_TIME_VOLUME),
}
"""Generic ticks by kind of instrument; kinds without trades of their own refuse the request over them."""


def by_maker(instrument: Instrument) -> bool:
    """Whether its book comes by maker, as SMART books do."""
    return instrument.exchange == "SMART"


def depth_message(instrument: Instrument) -> int:
    """Id of the message that will bring the book."""
    return 13 if by_maker(instrument) else 12


def send_request(session: "Session", feed: Feed, request_id: int, instrument: Instrument, rows: int) -> None:
    """Asks for data. ``rows`` is the depth of a book, in levels a side."""
    client, contract = client_of(session), to_ib(instrument)
    if feed is Feed.QUOTES:
        generic = _GENERIC_TICKS.get(instrument.sec_type, "")
        client.reqMktData(request_id, contract, generic, False, False, None)
    elif feed is Feed.DEPTH:
        client.reqMktDepth(request_id, contract, rows, by_maker(instrument), None)
    else:
        client.reqTickByTickData(request_id, contract, "AllLast", 0, False)


def send_snapshot(session: "Session", request_id: int, instrument: Instrument) -> None:
    """Asks what the instrument is quoted at, once."""
    client_of(session).reqMktData(request_id, to_ib(instrument), "", True, False, None)


def send_cancel(session: "Session", feed: Feed, request_id: int, instrument: Instrument) -> None:
    """Gives a subscription back."""
    client = client_of(session)
    if feed is Feed.QUOTES:
        client.cancelMktData(request_id)
    elif feed is Feed.DEPTH:
        client.cancelMktDepth(request_id, by_maker(instrument))
    else:
        client.cancelTickByTickData(request_id)
