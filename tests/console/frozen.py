"""A market that stands still at 10:12:30 in New York on 4 March 2026: whatever is drawn of it is always the same."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ibtui.backfill.jobs import Job, Series, State
from ibtui.broker.account import Position
from ibtui.broker.links import Farm, Light
from ibtui.broker.session import Session
from ibtui.broker.status import ConnectionEvent
from ibtui.broker.subscriptions import Feed, Standing
from ibtui.clock import NS, Clock
from ibtui.market.bars import Bar, bar_size
from ibtui.market.instruments import Instrument
from ibtui.market.rows import DepthRow, PrintRow
from ibtui.services.log_buffer import LogLine
from ibtui.storage import history
from ibtui.trading.events import CancelRequested, Executed, LinkLost, Refused, Reported, Sent
from ibtui.trading.orders import Execution, Order
from ibtui.ui.parts import Parts
from tests.console.harness import ASK, BID, CLOSE, LAST, QQQ, SPY, VOLUME, console_parts, feed

NOW_NS = int(datetime(2026, 3, 4, 15, 12, 30, 250_000, UTC).timestamp() * 1000) * 1_000_000
NOW_S = NOW_NS // NS
OPEN, HIGH, LOW, HALTED = 14, 6, 7, 49

TOYOTA = Instrument(
    14016545, "7203", primary_exchange="TSEJ", currency="JPY", min_tick=1, long_name="トヨタ自動車株式会社"
)
TENCENT = Instrument(
    9433387, "700", primary_exchange="SEHK", currency="HKD", min_tick=0.2, long_name="騰訊控股有限公司 Tencent Holdings"
)
ROCKET = Instrument(77, "🚀LAB", primary_exchange="NASDAQ", long_name="Rocket 🚀 & café naïve Ltd 👩‍🚀")
EURO = Instrument(12087792, "EUR", "CASH", "IDEALPRO", min_tick=0.00005, long_name="European Monetary Union Euro")
FUTURE = Instrument(
    551601561,
    "ES",
    "FUT",
    "CME",
    local_symbol="ESH6",
    multiplier=50,
    min_tick=0.25,
    long_name="E-mini S&P 500",
    last_trade_date="20260320",
)
GILEAD = Instrument(270662, "GILD", primary_exchange="NASDAQ", long_name="Gilead Sciences Inc", time_zone="US/Eastern")
WORLD = (TOYOTA, TENCENT, ROCKET, EURO, FUTURE, GILEAD)

_QUOTES = (
    (SPY, 684.11, 684.12, 684.11, 680.33, 61_204_411.0),
    (QQQ, 607.3, 607.32, 607.31, 609.9, 9_120_007.0),
    (TOYOTA, 3_391, 3_392, 3_391, 3_402, 18_442_300.0),
    (TENCENT, 512.4, 512.6, 512.6, 498.2, 7_310_200.0),
    (ROCKET, 71.02, 71.09, 71.05, 71.05, 3_400.0),
    (EURO, 1.16335, 1.1634, None, 1.16125, None),
    (FUTURE, 6_871.25, 6_871.5, 6_871.25, 6_832.75, 402_118.0),
    (GILEAD, 118.4, 118.45, 118.42, 121.02, 2_204_551.0),
)


@dataclass
class Hand:
    """A clock that goes by hand.

    Attributes:
        seconds: How far before the frozen instant it stands.
    """

    seconds: float = 0.0

    def clock(self) -> Clock:
        """As the parts take it."""
        return Clock(lambda: 100_000.0 - self.seconds, lambda: NOW_NS - int(self.seconds * NS))


@asynccontextmanager
async def frozen_parts(directory: Path) -> AsyncIterator[Parts]:
    """Parts in the middle of a busy session, after which nothing moves any more."""
    hand = Hand(900.0)
    lists = {"sectors": None, "benchmarks": [SPY, QQQ], "アジア": list(WORLD)}
    async with console_parts(directory, clock=hand.clock(), lists=lists) as parts:
        parts.market_clock.measured(parts.clock.utc_ns())
        _connect(parts)
        await _store_bars(parts)
        _orders(parts)
        _account(parts)
        _words(parts)
        parts.market.flow(SPY.con_id)
        for seconds in range(60, -1, -1):
            hand.seconds = float(seconds)
            _trade(parts, seconds)
        parts.day_watch.look()
        yield parts


def _connect(parts: Parts) -> None:
    since_ns, since = parts.clock.utc_ns(), parts.clock.monotonic()
    lit = Light("ok", "", since_ns, since)
    parts.supervisor.status = replace(
        parts.supervisor.status,
        state="READY",
        cause="connected to 127.0.0.1:4002",
        since_ns=since_ns,
        since=since,
        gw=lit,
        ib=lit,
        data=lit,
        server_version=178,
        accounts=("DUSIM0001",),
        heartbeat_s=0.0021,
        heartbeat_at=since,
        connected_ns=since_ns,
        connected_at=since,
        farms=(Farm("usfarm", "data", "ok", since_ns), Farm("ushmds", "history", "idle", since_ns)),
    )
    parts.feeds._session = Session(parts.settings.gateway, 1, parts.clock)
    for each in (SPY, QQQ, *WORLD):
        parts.contracts.learn(each)
        parts.feeds.want(each, quotes=True)
    parts.feeds.want(SPY, depth=True, tape=True)
    for subscription in parts.feeds.subscriptions():
        subscription.standing, subscription.asked_at = Standing.GRANTED, since
    refused = next(each for each in parts.feeds.subscriptions() if each.instrument is GILEAD)
    refused.standing, refused.reason, refused.code = Standing.REFUSED, "no market data permission (IB code 354)", 354
    assert refused.feed is Feed.QUOTES


def _trade(parts: Parts, seconds: int) -> None:
    """What came that many seconds before the end."""
    if seconds == 60:
        for instrument, bid, ask, last, close, volume in _QUOTES:
            day = ((LOW, min(bid, close)), (HIGH, max(ask, close)), (CLOSE, close))
            ticks = [(instrument, kind, price, None) for kind, price in day]
            ticks += [(instrument, OPEN, close, None), (instrument, VOLUME, None, volume)]
            ticks += [(instrument, LAST, None if last is None else last - instrument.min_tick, 100)]
            feed(parts, ticks=[*ticks, (instrument, BID, bid, 300), (instrument, ASK, ask, 1200)])
        feed(parts, ticks=[(ROCKET, HALTED, 1, None)], depth=_book())
    sign = -1 if seconds % 3 else 1
    price = round(684.11 + 0.01 * (sign > 0) + 0.01 * (seconds // 20), 2)
    at_ns = parts.clock.utc_ns()
    size = 12_000.0 if seconds == 7 else 100.0 + seconds * 7 % 5 * 100
    conditions, second_ns = "TI" * (seconds % 4 == 0), at_ns // NS * NS
    row: PrintRow = (SPY.con_id, at_ns, 1000 - seconds, second_ns, price, size, "ARCA", conditions, sign, 2, sign, 0, 3)
    last = [(each[0], LAST, each[3], 100) for each in _QUOTES if each[3] is not None] if seconds == 2 else []
    touch: DepthRow = (SPY.con_id, at_ns, 1000 - seconds, 1, 1, 0, 684.11, 300.0 + seconds, "ARCA", 13)
    ticks = [*last, (SPY, BID, 684.11, 300 + seconds), (SPY, ASK, 684.12, 1200)]
    feed(parts, prints=[row], depth=[touch], ticks=ticks)


def _book() -> list[DepthRow]:
    rows: list[DepthRow] = [(SPY.con_id, NOW_NS, 0, 0, 3, 0, None, None, "", 13)]
    for level in range(10):
        rows.append(
            (
                SPY.con_id,
                NOW_NS,
                level * 2 + 1,
                1,
                0,
                level,
                round(684.11 - level / 100, 2),
                300.0 + 410 * level,
                "ARCA",
                13,
            )
        )
        rows.append(
            (
                SPY.con_id,
                NOW_NS,
                level * 2 + 2,
                0,
                0,
                level,
                round(684.12 + level / 100, 2),
                1200.0 + 95 * level,
                "NSDQ",
                13,
            )
        )
    return rows


async def _store_bars(parts: Parts) -> None:
    day = datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    session = int(day) + 14 * 3600 + 30 * 60
    minutes = [
        Bar(at, close - 0.1, close + 0.25, close - 0.3, close, 21_000.0 + at % 7_000, close, 310)
        for at in range(session, NOW_S // 60 * 60, 60)
        for close in [round(681 + (at - session) / 840 + (at // 60 % 7) / 10, 2)]
    ]
    days = [
        Bar(int(day) - back * 86_400, 600.0, 690.0 - back, 590.0, 640.0 + back % 11, 70e6, 640.0, 400_000)
        for back in range(1, 60)
        if datetime.fromtimestamp(day - back * 86_400, UTC).weekday() < 5
    ]
    for bar, bars in (("1 min", minutes), ("1 day", days)):
        await parts.writer.history(*history.bars(SPY.con_id, bar, "TRADES", True, bars))


def _orders(parts: Parts) -> None:
    parts.account.account = "DUSIM0001"
    ledger, created = parts.orders._ledger, parts.clock.utc_ns()

    def order(
        number: int,
        instrument: Instrument,
        action: str,
        quantity: float,
        price: float | None,
        status: str = "Submitted",
    ) -> str:
        intent = parts.orders.intent(instrument, action, quantity, "LMT" if price else "MKT", price)  # type: ignore[arg-type]
        intent = replace(intent, order_ref=f"01KJWB{number:020d}", created_ns=created + number * 41 * NS)
        ledger.add(Order(intent))
        if status:
            ledger.fold(intent.order_ref, Sent(number, 10, intent.created_ns), "sent", "")
            word = Reported(status, 0, quantity, 0, 99 + number, 10, intent.created_ns + 2_000_000)
            ledger.fold(intent.order_ref, word, "reported", "")
        return intent.order_ref

    def fill(number: int, ref: str, instrument: Instrument, side: str, quantity: float, price: float) -> None:
        at_ns = created + number * 41 * NS + NS
        execution = Execution(f"0000e0d5.{number}.01.01", ref, at_ns, instrument.con_id, side, quantity, price, "ARCA")  # type: ignore[arg-type]
        ledger.fold(ref, Executed(execution), "executed", "")

    order(1, SPY, "BUY", 10, 684.05)
    fill(2, order(2, SPY, "BUY", 200, 684.09), SPY, "BUY", 80, 684.09)
    fill(3, order(3, TOYOTA, "SELL", 100, 3_390, "Filled"), TOYOTA, "SELL", 100, 3_391)
    ledger.fold(order(4, ROCKET, "BUY", 5, 70.5), CancelRequested(created + 200 * NS), "cancel", "")
    ledger.fold(order(5, TENCENT, "SELL", 1_000, 514.2), LinkLost(), "lost", "")
    refused = order(6, FUTURE, "BUY", 40, None, "")
    ledger.fold(refused, Refused("notional 13,742,500 over the limit of 50,000 USD"), "refused", "")
    order(7, SPY, "SELL", 10, 684.18)


def _account(parts: Parts) -> None:
    account = parts.account
    account.problem = ""
    account.positions = {
        SPY.con_id: Position(SPY.con_id, "SPY", 80, 684.09, 684.11, 1.6, "USD"),
        TOYOTA.con_id: Position(TOYOTA.con_id, "7203", -100, 3_391.0, 3_391.5, -50.0, "JPY"),
        ROCKET.con_id: Position(ROCKET.con_id, "🚀LAB", 1_250, 70.1175, 71.05, 1_165.63, "USD"),
    }
    account.holdings.listed({each.con_id: each.quantity for each in account.positions.values()}, 0.0)
    values = {
        "NetLiquidation": "1003422.17",
        "AvailableFunds": "871204.5",
        "BuyingPower": "3484818",
        "ExcessLiquidity": "880010.11",
        "InitMarginReq": "132217.67",
        "MaintMarginReq": "120197.88",
        "TotalCashValue": "860110.4",
    }
    account.values = {(key, "USD"): value for key, value in values.items()}
    account.values["CashBalance", "USD"], account.values["CashBalance", "JPY"] = "860110.4", "339100"
    account.values["ExchangeRate", "USD"], account.values["ExchangeRate", "JPY"] = "1.00", "0.0063"
    account.daily_pnl, account.unrealized_pnl, account.realized_pnl = -1_204.55, 1_117.23, -2_321.78


def _words(parts: Parts) -> None:
    at_ns, at = parts.clock.utc_ns(), parts.clock.monotonic()
    parts.events.extend(
        [
            ConnectionEvent(at_ns - 30 * NS, "CONNECTING", "GW", "connecting to 127.0.0.1:4002", at=at - 30),
            ConnectionEvent(
                at_ns - 29 * NS, "SYNCING", "GW", "asking 127.0.0.1:4002 for the state of the account", at=at - 29
            ),
            ConnectionEvent(at_ns - 12 * NS, "SYNCING", "DATA", "market data farm usfarm is broken", 2103, at=at - 12),
            ConnectionEvent(at_ns, "READY", "GW", "connected to 127.0.0.1:4002", at=at),
        ]
    )
    for number, (level, text) in enumerate(
        (
            (20, "Connected to 127.0.0.1:4002 as client 10"),
            (30, "Asking for depth of 騰訊控股 again: a gap"),
            (40, "x" * 300),
        )
    ):
        parts.log.lines.append(LogLine(at_ns + number * NS, level, "ibtui.broker.feeds", text))
        parts.log.total += 1
    minute, daily = bar_size("1 min"), bar_size("1 day")
    parts.backfill.jobs += [
        Job(1, Series(SPY, daily), "full", None, None, at_ns, State.DONE, 4, 4, rows=8_341, started=at),
        Job(
            2,
            Series(TOYOTA, minute),
            "backfill",
            NOW_S - 86_400 * 30,
            NOW_S,
            at_ns,
            State.RUNNING,
            12,
            61,
            rows=4_680,
            started=at,
            eta_s=322.0,
        ),
        Job(
            3,
            Series(GILEAD, minute),
            "tail",
            None,
            None,
            at_ns,
            State.FAILED,
            3,
            3,
            3,
            problem="no permission for historical data (IB code 162)",
        ),
    ]
