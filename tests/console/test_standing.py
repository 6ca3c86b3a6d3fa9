"""Whether this console may trade at all: by its client id, by the gateway's settings, by what is still unanswered."""

from pathlib import Path

from ibtui.clock import Clock, MarketClock, system_clock
from ibtui.config import RiskSettings
from ibtui.services.order_watch import OrderWatch
from ibtui.trading.orders import Status
from ibtui.trading.unanswered import UNANSWERED_SECONDS
from tests.conftest import Gateway
from tests.console.rig import running
from tests.console.trader import Trader, trading

STATUS, OPEN_ORDER = 3, 5


def watch(trader: Trader, told: list[tuple[str, str]], later: float = 0.0) -> OrderWatch:
    """A watch over the trader's desk whose clock is so many seconds ahead."""
    clock = system_clock()
    ahead = Clock(lambda: clock.monotonic() + later, lambda: clock.utc_ns() + int(later * 1e9))
    rig = trader.rig
    return OrderWatch(
        rig.desk,
        rig.account,
        ahead,
        MarketClock(ahead),
        RiskSettings(),
        lambda: False,
        lambda kind, text: told.append((kind, text)),
    )


async def test_another_client_id_opens_nothing_while_orders_of_the_first_work(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(gateway, tmp_path) as first:
        bought = await first.sent(1.01, 20)
        await first.until(bought, Status.FILLED)
        ref = await first.working()
        # The first leaves its order behind, as a console that quits with "keep" does.
        await first.rig.supervisor.stop()
    told: list[tuple[str, str]] = []
    async with running(tmp_path, gateway.host, gateway.port, client_id=11) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.desk.acknowledge()
        second = Trader(gateway, rig, spy)
        refused = await rig.desk.submit(second.intent(0.98, 11), spy)
        assert refused.status is Status.REFUSED
        assert "client id 10" in refused.reason
        assert "--client-id 10" in refused.reason
        closing = await rig.desk.submit(second.intent(0.99, 20, "SELL"), spy)
        assert closing.status is Status.SENT, closing.reason
        watching = watch(second, told)
        await watching.look()
        await watching.look()
        assert [kind for kind, _ in told] == ["identity"]
        await gateway.control("print", symbol="SPY", price=rig.desk.orders[ref].intent.limit_price - 1, size=100_000)
        await rig.desk.ask_external()
        assert rig.desk.left_behind is None
        again = await rig.desk.submit(second.intent(0.97, 12), spy)
        assert again.status is Status.SENT, again.reason


async def test_a_read_only_gateway_makes_the_console_view_only_until_it_is_switched_off(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with trading(gateway, tmp_path) as trader:
        supervisor = trader.rig.supervisor
        await gateway.control("read_only")
        ref = await trader.sent()
        order = await trader.until(ref, Status.REJECTED)
        assert "Read-Only" in order.reason
        assert supervisor.status.read_only
        refused = await trader.rig.desk.submit(trader.intent(0.98, 11), trader.spy)
        assert refused.status is Status.REFUSED
        assert "VIEW ONLY" in refused.reason
        assert "Read-Only API" in refused.reason
        await gateway.control("read_only", on=False)
        supervisor.reconnect()
        await trader.rig.not_ready()
        await trader.rig.ready()
        await trader.rig.quoted("SPY")
        await trader.working(quantity=12)
        await trader.rig.writer.durable()
        causes = [cause for (cause,) in trader.rig.rows("SELECT cause FROM connection_events")]
    assert sum("Read-Only API" in cause for cause in causes) == 1


async def test_an_order_without_an_answer_is_told_once_and_never_sent_again(gateway: Gateway, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    async with trading(gateway, tmp_path) as trader:
        await gateway.control("mute", message=STATUS)
        await gateway.control("mute", message=OPEN_ORDER)
        ref = await trader.sent()
        await watch(trader, told).look()
        assert told == []
        late = watch(trader, told, UNANSWERED_SECONDS)
        await late.look()
        await late.look()
        assert [kind for kind, _ in told] == ["unanswered"]
        assert "not acknowledged" in told[0][1]
        assert trader.order(ref).status is Status.SENT
        assert [each["placed_count"] for each in await trader.at_gateway(ref)] == [1]
