"""Whatever a client asks for, however little sense it makes, is answered or refused; nobody else notices."""

import logging
from random import Random
from typing import Any

import pytest

from ibtui.sim.requests import INCOMING, START_API
from ibtui.sim.schema import TEXT
from tests.conftest import until
from tests.sim.protocol_rig import bare, gateway
from tests.sim.test_protocol_schema import values_of

LIKELY: dict[str, list[Any]] = {
    "symbol": ["SPY", "ES", "SPX", "EUR", "BTC", ""],
    "sec_type": ["STK", "FUT", "IND", "CASH", "CRYPTO", "OPT", "BAG", ""],
    "exchange": ["SMART", "ARCA", "CME", None],
    "currency": ["USD", ""],
    "con_id": [0, None],
    "strike": [0.0, None, 500.0],
    "right": ["", "C"],
    "last_trade_date": ["", "20260417", "x"],
    "what": ["TRADES", "MIDPOINT", "BID_ASK", "SCHEDULE", "x"],
    "bar_size": ["1 min", "1 day", "5 secs", "x"],
    "duration": ["60 S", "2 D", "1 W", "365 D", ""],
    "end": ["", "20260310 10:00:00", "20060101 00:00:00 UTC", "20300101-00:00:00"],
    "start": ["", "20260310-10:00:00"],
    "kind": ["Last", "BidAsk", "MidPoint", "x"],
    "action": ["BUY", "SELL", None],
    "order_type": ["MKT", "LMT", "STP", "TRAIL", "MOC", "x"],
    "tif": ["DAY", "GTC", "IOC", "GTD", "x"],
    "quantity": [100, 0, -5, None, 1.5, 1e9],
    "limit_price": [None, 1.0, 700.0, 0.0, -1.0, 1e308],
    "scan_code": ["MOST_ACTIVE", "x"],
    "location": ["STK.US", "x"],
    "period": ["1 day", "x"],
    "account": ["DUSIM0001", "", None, "x"],
    "data_type": [1, 2, 3, 4, 9],
    "order_id": [1, 2, None, -1, 2**40],
    "req_id": [1, 2, 3, None, -1, 2**40],
    "rows": [5, 0, -1, None, 10**9],
    "count": [10, 0, None, -3, 10**7],
    "generic_ticks": ["", "165,233", "100", "x"],
}
"""Values that get a request further than chance would."""


@pytest.mark.parametrize(("version", "seed"), [(157, 1), (166, 2), (178, 3)])
async def test_any_request_is_answered_and_breaks_nothing(
    version: int, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    random = Random(seed)
    requests = [each for each in INCOMING.values() if each is not START_API]
    async with gateway(limits=False) as server, bare(server) as raw, bare(server) as other:
        await raw.start(1, version)
        await other.start(2)
        for _ in range(250):
            message = random.choice(requests)
            values = values_of(random, message.layout(version), {})
            for name in sorted(values.keys() & LIKELY.keys()):
                value = random.choice(LIKELY[name])
                if isinstance(value, str) == (message.kinds()[name] is TEXT) or value is None:
                    values[name] = value
            raw.write(message.encode(version, values))
        other.ask("8", "1", "1")
        await other.read_until("9")
        raw.writer.close()
        await until(lambda: len(server.gateway.clients) == 1 and not len(server.gateway.feeds))
        server.gateway.advance()
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


async def test_a_request_without_its_number_is_refused_and_opens_nothing() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        spy = ["0", "SPY", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "", "0"]
        raw.ask("1", "11", "", *spy, "", "0", "0", "")
        assert (await raw.read())[2:4] == ["-1", "320"]
        assert len(server.gateway.feeds) == 0
