"""What READY means: each list answered, or DEGRADED by its name, and what then may still be sent."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from ibtui.broker.account import Account
from ibtui.broker.order_guards import Asked, OrderGuards, Surroundings
from ibtui.broker.order_ledger import OrderLedger
from ibtui.broker.order_messages import OrderMessages
from ibtui.broker.session import Session
from ibtui.broker.status import obstacle_to_orders
from ibtui.broker.supervisor import Supervisor
from ibtui.broker.sync import Step
from ibtui.clock import Clock, MarketClock
from ibtui.config import GatewaySettings, RiskSettings
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.rows import Batch
from ibtui.market.state import MarketState
from ibtui.storage.files import open_directory
from ibtui.storage.journal import Journal
from ibtui.storage.writer import Writer
from ibtui.trading.breaker import Breaker
from ibtui.trading.orders import Action, OrderIntent

from .small_gateway import SmallGateway, frame, until, virtual, virtual_clock

SPY = Instrument(756733, "SPY")
POSITION = frame(61, 3, "DU100001", SPY.con_id, "SPY", "STK", "", 0, "", "", "", "USD", "SPY", "SPY", 100, 450)

# request id on the wire -> what ends its answer
ENDS = {"61": frame(62, 1), "16": frame(53, 1), "99": frame(102), "7": frame(55, 1, 3), "6": frame(54, 1, "DU100001")}


class Orders:
    """The desk's three lists, asked for as the desk asks."""

    def __init__(self, ledger: OrderLedger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self.messages: OrderMessages | None = None

    def attach(self, session: Session) -> None:
        self.messages = OrderMessages(session, self._ledger, Breaker(), self._clock, lambda *_: None, lambda *_: None)

    def steps(self, _session: Session) -> list[Step]:
        assert self.messages is not None
        asks = self.messages
        return [
            ("open orders", asks.ask_open_orders),
            ("completed orders", asks.ask_completed_orders),
            ("executions", asks.ask_executions),
        ]

    def detach(self) -> None:
        self.messages = None


class Funded(Account):
    """An account whose money is never what blocks an order."""

    base_currency, available, day_profit = "USD", 1e6, 0.0


def answering(fields: list[str], writer: asyncio.StreamWriter) -> bool:
    if fields[0] == "7":
        writer.write(frame(55, 1, fields[2]))
    elif fields[0] in ENDS:
        writer.write((POSITION if fields[0] == "61" else b"") + ENDS[fields[0]])
    return fields[0] in ENDS


@pytest.mark.parametrize(
    ("muted", "name", "opens", "reduces"),
    [
        ("61", "positions", False, False),
        ("16", "open orders", False, False),
        ("99", "completed orders", True, True),
        ("7", "executions", False, True),
        ("6", "account values", False, True),
    ],
)
def test_a_list_that_does_not_come_is_named_and_blocks_what_stands_on_it(
    muted: str, name: str, opens: bool, reduces: bool, tmp_path: Path
) -> None:
    @virtual
    async def test() -> None:
        gateway = await SmallGateway().start()
        gateway.answer, gateway.muted = answering, {muted}
        clock, market = virtual_clock(), MarketState()
        with open_directory(tmp_path) as directory:
            ledger = OrderLedger(Journal(Writer(directory, clock), clock), clock)
            account, orders = Funded("", clock, lambda *_: None), Orders(ledger, clock)
            supervisor = Supervisor(
                GatewaySettings(port=gateway.port),
                clock,
                MarketClock(clock),
                [account, orders],
                on_event=lambda _: None,
                on_change=lambda _: None,
                jitter=lambda: 0.0,
            )

            def obstacle(reduces: bool) -> str | None:
                return obstacle_to_orders(supervisor.status, reduces=reduces)

            hours = SimpleNamespace(open_now=lambda _: True, next_open=lambda _: None)
            around = Surroundings(market, lambda _: Mark.LIVE, hours, account, obstacle, lambda _: SPY, lambda _: None)
            guards = OrderGuards(RiskSettings(), clock, around, ledger)

            def problem(action: Action) -> str | None:
                ticks = [(SPY.con_id, 1, number, number, 450.0, 100.0) for number in (1, 2)]
                market.apply(Batch(1, clock.monotonic(), ticks), 1)
                ref = "1" * 20
                intent = OrderIntent(
                    ref, clock.utc_ns(), SPY.con_id, "SPY", account.account, action, "LMT", 10, limit_price=450.0
                )
                listed = orders.messages is not None and orders.messages.open_listed
                return guards.judge(supervisor.session, listed, Asked(intent, SPY)).problem

            task = asyncio.ensure_future(supervisor.run())
            await until(lambda: supervisor.status.state == "SYNCING")
            assert problem("SELL") is not None
            await until(lambda: supervisor.status.state == "DEGRADED")
            assert supervisor.status.missing == (name,)
            assert supervisor.status.cause == f"missing: {name} ({name}: the gateway did not answer in 10 s)"
            assert (problem("BUY") is None, problem("SELL") is None) == (opens, reduces), problem("SELL")
            gateway.muted = set()
            supervisor.try_now()
            await until(lambda: supervisor.status.state == "READY")
            assert problem("BUY") is problem("SELL") is None
            await supervisor.stop()
            await task
        await gateway.stop()

    test()
