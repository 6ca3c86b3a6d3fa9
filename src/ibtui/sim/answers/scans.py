"""Answers of the market scanner."""

import asyncio
from functools import partial

from ibtui.clock import NS
from ibtui.sim import data_messages, data_requests
from ibtui.sim.client import Client
from ibtui.sim.contract_values import contract_values
from ibtui.sim.gateway import Gateway
from ibtui.sim.scanner import LOCATIONS, MOST_ROWS, SCANS, parameters, scan
from ibtui.sim.schema import Values
from ibtui.sim.trading_days import MINUTE_NS

SCANNER_ERROR = 162
REPEAT_NS = 30 * NS
"""Market time between two lists, as IB sends them."""
_LOOK_SECONDS = 0.25
"""How often a scanner looks whether its time has come."""


def scanner(gateway: Gateway, client: Client, ask: Values) -> None:
    """Lists contracts by what a scan sorts by, now and every half minute."""
    code, location = ask["scan_code"] or "", ask["location"] or ""
    wrong = f"scan code {code}" if code not in SCANS else f"location {location}" if location not in LOCATIONS else None
    if wrong is not None:
        text = f"Historical Market Data Service error message:No scanner subscription for {wrong}"
        client.error(ask["req_id"], SCANNER_ERROR, text)
        return
    gateway.later(client, ask["req_id"], partial(_scan, gateway, client, ask, code, location))


async def _scan(gateway: Gateway, client: Client, ask: Values, code: str, location: str) -> None:
    exchange = gateway.exchange
    rows = ask["rows"] if (ask["rows"] or 0) > 0 else MOST_ROWS
    while True:
        now_ns = exchange.now_ns
        found = await scan(
            exchange.universe,
            exchange.source,
            now_ns // MINUTE_NS,
            code,
            location,
            ask["above_price"] or 0.0,
            ask["below_price"] or float("inf"),
        )
        listed = [
            {
                **contract_values(listing.instrument),
                "rank": rank,
                "market_name": listing.market_name,
            }
            for rank, listing in enumerate(found[:rows])
        ]
        client.send(data_messages.SCANNER_DATA, req_id=ask["req_id"], rows=listed)
        client.flush()
        while exchange.now_ns < now_ns + REPEAT_NS:  # noqa: ASYNC110 - market time has no event to wait for
            await asyncio.sleep(_LOOK_SECONDS)


def cancel_scanner(gateway: Gateway, client: Client, ask: Values) -> None:
    """Ends a scan; IB says so with its error 162."""
    if gateway.forget(client, ask["req_id"]):
        text = f"Historical Market Data Service error message:API scanner subscription cancelled: {ask['req_id']}"
        client.error(ask["req_id"], SCANNER_ERROR, text)


def scanner_parameters(_: Gateway, client: Client, __: Values) -> None:
    """What can be scanned for."""
    client.send(data_messages.SCANNER_PARAMETERS, xml=parameters())


ANSWERS = {
    data_requests.SCANNER: scanner,
    data_requests.CANCEL_SCANNER: cancel_scanner,
    data_requests.SCANNER_PARAMETERS: scanner_parameters,
}
