"""The user's own alerts in whole consoles, on the real simulated gateway."""

import sqlite3
from pathlib import Path

import pytest

from ibtui.console import Console
from ibtui.errors import UsageError
from ibtui.trading.price_alerts import parse_condition
from tests.conftest import Gateway, until
from tests.console.whole import console_on


def told(console: Console) -> list[str]:
    return [each.text for each in console.alerts.recent if each.kind == "price"]


async def test_an_alert_outlives_a_restart_and_a_loss_and_is_told_once(gateway: Gateway, tmp_path: Path) -> None:
    await gateway.control("market", running=False)
    await gateway.control("price", symbol="SPY", bid=600, ask=600.1, last=600)
    where = tmp_path / "data", gateway.host, gateway.port
    async with console_on(*where) as console:
        spy = await console.contracts.resolve("SPY")
        alerts = console.price_alerts
        above, gone = (alerts.add(spy, parse_condition(f"SPY {words}")) for words in ("> 610", "< 600"))
        alerts.remove(gone.number)
        with pytest.raises(UsageError, match="no alert 2"):
            alerts.remove(gone.number)
        crosses = alerts.add(spy, parse_condition("SPY crosses 605"))

    async with console_on(*where) as console:
        assert console.price_alerts.all == [above, crosses]
        console.feeds.want(spy, quotes=True, owner="somebody else")
        await until(lambda: console.price_alerts.price(above) == 600)
        await gateway.control("drop", how="rst")
        await until(lambda: console.supervisor.status.reconnects == 1)
        await until(lambda: console.feeds.mark(spy.con_id) == "LIVE" and console.price_alerts.price(above) == 600)
        assert told(console) == []
        await gateway.control("price", symbol="SPY", bid=607, ask=607.1, last=607)
        await until(lambda: told(console))
        assert told(console) == ["SPY crosses 605: it is 607 (alert 3)"]
        for price in (611, 600, 612):
            await gateway.control("price", symbol="SPY", bid=price, ask=price + 0.1, last=price)
            await until(lambda price=price: console.market.board.quote(spy.con_id).last == price)
        assert told(console)[1:] == ["SPY > 610: it is 611 (alert 1)"]
        assert console.price_alerts.all == []
        assert [each.owners for each in console.feeds.subscriptions()] == [{"somebody else"}]
        # Nobody is given a number twice, so what was told stays clear.
        assert console.price_alerts.add(spy, parse_condition("SPY > 700")).number == 4

    journal = sqlite3.connect(f"file:{tmp_path / 'data' / 'journal.db'}?mode=ro", uri=True)
    ended = journal.execute("SELECT number, ended_price FROM price_alerts WHERE ended_ns IS NOT NULL ORDER BY number")
    assert ended.fetchall() == [(1, 611.0), (2, None), (3, 607.0)]
    journal.close()


async def test_a_grey_quote_meets_nothing_and_one_that_stands_meets_at_once(gateway: Gateway, tmp_path: Path) -> None:
    await gateway.control("market", running=False)
    await gateway.control("price", symbol="SPY", bid=600, ask=600.1, last=600)
    async with console_on(tmp_path / "data", gateway.host, gateway.port) as console:
        spy = await console.contracts.resolve("SPY")
        console.feeds.want(spy, quotes=True)
        await until(lambda: console.feeds.mark(spy.con_id) == "LIVE" and console.market.board.quote(spy.con_id).last)
        await gateway.control("halt", symbol="SPY")
        await until(lambda: console.feeds.mark(spy.con_id) == "HALTED")
        console.price_alerts.add(spy, parse_condition("SPY < 700"))
        assert told(console) == []
        await gateway.control("resume", symbol="SPY")
        await until(lambda: told(console))
        console.price_alerts.add(spy, parse_condition("SPY < 650"))
        assert told(console) == ["SPY < 700: it is 600 (alert 1)", "SPY < 650: it is 600 (alert 2)"]
