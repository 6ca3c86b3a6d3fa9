"""The same promises against a gateway of the user's own: ``IBTUI_HOST=… IBTUI_PORT=… pytest -m gateway``.

Nothing is sent unless the only account is a paper one, and the one order lies far below the market and is cancelled.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibtui.backfill.jobs import ENDED
from ibtui.backfill.progress import job_document, succeeded
from ibtui.clock import NS
from ibtui.console import Console
from ibtui.market.bars import bar_size
from ibtui.trading.checks import is_paper
from ibtui.trading.orders import Status
from tests.conftest import until
from tests.console.whole import console_on

pytestmark = [
    pytest.mark.gateway,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not {"IBTUI_HOST", "IBTUI_PORT"} <= os.environ.keys(), reason="IBTUI_HOST and IBTUI_PORT name no gateway"
    ),
]

CLIENT_ID = 77
"""Not the console's own, whose orders may be working at that gateway."""

FAR = 0.8
"""Share of the bid at which the order lies."""


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    client_id = int(os.environ.get("IBTUI_CLIENT_ID", CLIENT_ID))
    host, port = os.environ["IBTUI_HOST"], int(os.environ["IBTUI_PORT"])
    async with console_on(tmp_path / "data", host, port, client_id=client_id) as console:
        status = console.supervisor.status
        await until(lambda: console.supervisor.status.state == "READY", 30, f"READY: {status}")
        yield console


async def test_the_connection_is_measured(console: Console) -> None:
    status = console.supervisor.status
    assert status.accounts
    assert status.server_version
    assert status.server_version >= 157
    await until(lambda: console.supervisor.status.heartbeat_s is not None, 10, "a heartbeat")
    await until(lambda: console.account.values, 10, "account values")


async def test_quotes_come_or_their_absence_has_a_reason(console: Console) -> None:
    spy = await console.contracts.resolve("SPY")
    assert (spy.symbol, spy.currency) == ("SPY", "USD")
    console.feeds.want(spy, quotes=True)
    quote = console.market.board.quote(spy.con_id)
    await until(lambda: quote.ticks > 0 or console.feeds.reason(spy.con_id), 30, f"ticks or a reason: {quote}")
    assert quote.ticks > 0 or console.feeds.reason(spy.con_id)


async def test_a_week_of_bars_comes(console: Console) -> None:
    spy = await console.contracts.resolve("SPY")
    week_ago = console.market_clock.now_ns() // NS - 7 * 86400
    job = console.backfill.start(spy, bar_size("1 hour"), mode="full", what="TRADES", start=week_ago, end=None)
    await until(lambda: job.state in ENDED, 60, str(job))
    assert succeeded(job_document(job)), job
    assert job.rows > 0


async def test_a_paper_order_far_from_the_market_works_and_is_cancelled(console: Console) -> None:
    accounts = console.supervisor.status.accounts
    if not all(is_paper(account) for account in accounts) or not console.account.paper:
        pytest.skip("this gateway has an account that is not a paper one: nothing is sent")
    spy = await console.contracts.resolve("SPY")
    console.feeds.want(spy, quotes=True)
    quote = console.market.board.quote(spy.con_id)
    try:
        await until(lambda: quote.bid and console.feeds.mark(spy.con_id) == "LIVE", 20)
    except AssertionError:
        pytest.skip(
            f"no LIVE quote to price an order from: {console.feeds.reason(spy.con_id) or 'the market is closed'}"
        )
    assert quote.bid
    intent = console.orders.intent(spy, "BUY", 1, limit_price=round(quote.bid * FAR, 2))
    sent = await console.orders.submit(intent, spy)
    assert sent.status is Status.SENT, sent.reason
    orders, ref = console.orders.orders, intent.order_ref
    try:
        await until(lambda: orders[ref].status in (Status.WORKING, Status.INACTIVE), 20, str(orders[ref]))
    finally:
        await console.orders.cancel(ref)
        await until(lambda: orders[ref].status is Status.CANCELLED, 20, str(orders[ref]))
    assert orders[ref].filled == 0
