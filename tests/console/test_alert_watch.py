"""What must be told is told from where it happens: feeds, margin, breaker, writer, the machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from ibtui.broker.account import Account
from ibtui.clock import Clock
from ibtui.config import Settings
from ibtui.services.alert_watch import (
    FEED_AFTER,
    AlertWatch,
    breaker_trouble,
    machine_troubles,
    margin_trouble,
    writer_troubles,
)
from ibtui.services.conditions import ENDS_AFTER
from ibtui.services.loop_lag import LoopLag
from ibtui.storage.writer import WriterStatus
from ibtui.trading.breaker import FAILURES, PAUSE, Breaker
from ibtui.trading.differences import Difference
from tests.conftest import Gateway, until
from tests.console.rig import running

WELL = WriterStatus(0, 0, 0.0, 0, None, None)


async def test_a_symbol_that_goes_and_comes_back_is_told_from_the_wire(gateway: Gateway, tmp_path: Path) -> None:
    now = [0.0]
    told: list[tuple[str, str]] = []
    differences: list[Difference] = []
    async with running(tmp_path / "data", gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        watch = AlertWatch(
            Settings(),
            Clock(lambda: now[0], lambda: 0),
            lambda kind, text: told.append((kind, text)),
            status=lambda: rig.supervisor.status,
            feeds=rig.feeds,
            account=rig.account,
            breaker=rig.desk.breaker,
            differences=lambda: differences,
            writer=lambda: rig.writer.status,
            loop_lag=LoopLag(Clock(lambda: 0.0, lambda: 0)),
            directory=tmp_path,
            least_free=0,
        )

        async def look(after: float) -> list[tuple[str, str]]:
            now[0] += after
            before = len(told)
            await watch.look()
            return told[before:]

        assert await look(1) == []
        await gateway.control("halt", symbol="SPY")
        await until(lambda: rig.feeds.mark(spy.con_id) == "HALTED")
        assert await look(1) == []
        assert await look(FEED_AFTER) == [("feed lost", "SPY: trading is HALTED")]
        await gateway.control("resume", symbol="SPY")
        await until(lambda: rig.feeds.mark(spy.con_id) == "LIVE")
        assert await look(1) == []
        assert await look(ENDS_AFTER) == [("feed back", "SPY: quotes are LIVE again")]

        # While the link itself is lost its own alert says so, and no symbol is told.
        await gateway.control("drop", how="rst")
        await rig.not_ready()
        await look(1)
        assert await look(FEED_AFTER) == []

        # What the reconciliation finds moved is told once, fills are told by their orders.
        differences += [
            Difference("moved", "SPY is 5, was 0, without fills of ours"),
            Difference("filled", "BUY 1 SPY"),
        ]
        assert await look(1) == [("position", "SPY is 5, was 0, without fills of ours")]
        assert await look(1) == []


def account(**values: str) -> Account:
    found = Account("", Clock(lambda: 0.0, lambda: 0), lambda *statements: None)
    found.values = {(name, "USD"): text for name, text in values.items()}
    found.holdings.listed({}, 0.0)
    return found


@pytest.mark.parametrize(
    "values",
    [{"Cushion": "0.073", "ExcessLiquidity": "7300"}, {"ExcessLiquidity": "7300", "NetLiquidation": "100000"}],
    ids=["as IB says it", "worked out"],
)
def test_a_thin_margin_cushion_is_told_with_its_figures(values: dict[str, str]) -> None:
    ((_, trouble),) = margin_trouble(account(**values), 10)
    assert (trouble.kind, trouble.what) == ("margin", "margin cushion under 10 %")
    assert trouble.detail.startswith("7.3%, excess liquidity 7,300")
    assert list(margin_trouble(account(**values), 0)) == []


def test_an_unknown_or_old_cushion_is_no_alarm() -> None:
    assert list(margin_trouble(account(NetLiquidation="0"), 10)) == []
    lost = account(Cushion="0.01")
    lost.holdings.forget()
    assert list(margin_trouble(lost, 10)) == []


def test_an_open_breaker_is_told_until_it_closes() -> None:
    breaker = Breaker()
    assert list(breaker_trouble(breaker, 0)) == []
    for number in range(FAILURES):
        breaker.failure(f"cause {number}", 0)
    ((_, opened),) = breaker_trouble(breaker, 1)
    ((_, probing),) = breaker_trouble(breaker, PAUSE + 1)
    assert opened == probing
    assert (opened.detail, probing.detail) == ("for 29 s, then one order probes", "one order probes")
    breaker.take(PAUSE + 1)
    breaker.success(PAUSE + 2)
    assert list(breaker_trouble(breaker, PAUSE + 2)) == []


@pytest.mark.parametrize(
    ("writing", "kind", "words"),
    [
        (replace(WELL, problem="the disk is full"), "writer", "the disk is full"),
        (replace(WELL, problem="full", journal_problem="full"), "journal", "new orders are blocked"),
        (replace(WELL, shed=1200), "shed", "given up"),
    ],
)
def test_what_the_writer_can_not_do_is_told(writing: WriterStatus, kind: str, words: str) -> None:
    ((_, trouble),) = writer_troubles(writing, 0)
    assert trouble.kind == kind
    assert words in trouble.what
    assert list(writer_troubles(replace(WELL, shed=1200), 1200)) == []


def test_a_late_loop_a_wrong_clock_and_a_full_disk_are_told() -> None:
    assert list(machine_troubles(1.0, None, None, 10)) == []
    assert list(machine_troubles(1.0, -0.5, 10, 10)) == []
    found = dict(machine_troubles(400.0, -45.0, 9, 10))
    assert set(found) == {"loop lag", "clock skew", "disk"}
    assert found["clock skew"].detail == "-45 s"
