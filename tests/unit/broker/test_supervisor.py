import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from ibtui.broker.session import Session
from ibtui.broker.supervisor import ConnectionEvent, ConnectionStatus, Step, Supervisor
from ibtui.clock import NS, MarketClock
from ibtui.config import GatewaySettings
from ibtui.errors import RequestTimeoutError

from .small_gateway import SmallGateway, VirtualLoop, WallClock, frame, settle, until, virtual, virtual_clock


@dataclass
class Part:
    """Counts what the supervisor does to it; each failing step fails as often as its number says."""

    failing: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def attach(self, session: Session) -> None:
        self.calls.append("attach")
        self.sessions.append(session)

    def steps(self, _session: Session) -> Sequence[Step]:
        return [("positions", self._step("positions")), ("open orders", self._step("open orders"))]

    def detach(self) -> None:
        self.calls.append("detach")

    def data_lost(self) -> None:
        self.calls.append("data lost")

    def _step(self, name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            self.calls.append(name)
            await asyncio.sleep(0.01)
            if self.failing.get(name, 0) > 0:
                self.failing[name] -= 1
                raise RequestTimeoutError("no answer")

        return run


FULL_SYNC = ["positions", "open orders"]


@dataclass
class Stand:
    gateway: SmallGateway
    supervisor: Supervisor
    part: Part
    market_clock: MarketClock
    wall: WallClock
    events: list[ConnectionEvent] = field(default_factory=list)
    seen: list[ConnectionStatus] = field(default_factory=list)

    @property
    def status(self) -> ConnectionStatus:
        return self.supervisor.status

    def states(self) -> list[str]:
        """The state words in order, without repetition."""
        words = [status.state for status in self.seen]
        return [word for number, word in enumerate(words) if number == 0 or word != words[number - 1]]

    async def state(self, word: str) -> None:
        await until(lambda: self.status.state == word)


@asynccontextmanager
async def running(part: Part | None = None, jitter: float = 0.0) -> AsyncIterator[Stand]:
    gateway = await SmallGateway().start()
    settings = GatewaySettings(port=gateway.port)
    wall = WallClock()
    clock = virtual_clock(wall)
    market_clock = MarketClock(clock)
    events: list[ConnectionEvent] = []
    seen: list[ConnectionStatus] = []
    part = part or Part()
    supervisor = Supervisor(
        settings, clock, market_clock, [part], on_event=events.append, on_change=seen.append, jitter=lambda: jitter
    )
    stand = Stand(gateway, supervisor, part, market_clock, wall, events, seen)
    task = asyncio.ensure_future(supervisor.run())
    try:
        yield stand
    finally:
        await supervisor.stop()
        await task
        await gateway.stop()


def now() -> float:
    return asyncio.get_running_loop().time()


@virtual
async def test_it_connects_syncs_and_says_so() -> None:
    async with running() as stand:
        await stand.state("READY")
        assert stand.states() == ["CONNECTING", "SYNCING", "READY"]
        assert stand.part.calls == ["attach", *FULL_SYNC]
        assert (stand.status.accounts, stand.status.server_version) == (("DU100001",), 176)
        assert [light.state for light in (stand.status.gw, stand.status.ib, stand.status.data)] == ["ok", "ok", "ok"]
        assert stand.status.attempt == stand.status.reconnects == 0
        assert stand.supervisor.session is stand.part.sessions[0]
        await settle()
        assert stand.status.heartbeat_s is not None
        assert [event.state for event in stand.events] == ["CONNECTING", "SYNCING", "READY"]


@pytest.mark.no_cover  # two thousand tries: the tracer would triple what they cost
@virtual
async def test_it_never_gives_up_and_has_one_socket_at_most() -> None:
    async with running() as stand:
        await stand.state("READY")
        stand.gateway.refuse()
        stand.gateway.reset()
        await stand.state("DISCONNECTED")
        logging.disable(logging.CRITICAL)  # pytest would keep each record
        try:
            objects = []
            for tries in (200, 2000):
                await until(lambda tries=tries: stand.status.attempt >= tries, 1e5, 10.0)
                stand.seen.clear()
                gc.collect()
                objects.append(len(gc.get_objects()))
        finally:
            logging.disable(logging.NOTSET)
        assert objects[1] - objects[0] < 500, "each try leaves something behind"
        await stand.gateway.start(stand.gateway.port)
        await stand.state("READY")
        assert (stand.status.reconnects, stand.status.attempt) == (1, 0)
        assert stand.gateway.connections == 2
        assert stand.gateway.most_open == 1


@virtual
async def test_pauses_start_short_double_and_stay_under_the_longest() -> None:
    async with running() as stand:
        await stand.state("READY")
        stand.gateway.refuse()
        stand.gateway.fin()
        lost = now()
        await until(lambda: stand.status.attempt == 7)
        tries = [lost, *dict.fromkeys(status.next_try_at for status in stand.seen if status.next_try_at is not None)]
        assert [round(then - before, 1) for before, then in pairwise(tries)][:7] == [1, 2, 4, 8, 10, 10, 10]


@virtual
async def test_jitter_only_shortens() -> None:
    async with running(jitter=0.5) as stand:
        await stand.state("READY")
        stand.gateway.fin()
        await until(lambda: stand.status.next_try_at is not None)
        assert stand.status.next_try_at is not None
        assert 0.85 < stand.status.next_try_at - now() <= 0.9


@virtual
async def test_a_closed_connection_shows_at_once_and_everything_is_restored_once() -> None:
    async with running() as stand:
        await stand.state("READY")
        for lose, words in ((stand.gateway.fin, "closed the connection"), (stand.gateway.reset, "broke")):
            lost = now()
            stand.part.calls.clear()
            lose()
            await stand.state("DISCONNECTED")
            assert now() - lost < 0.1
            assert words in stand.status.cause
            assert stand.supervisor.session is None
            assert stand.status.gw.state == "down"
            assert stand.status.ib.state == stand.status.data.state == "unknown"
            await stand.state("READY")
            assert now() - lost < 1.5
            assert stand.part.calls == ["detach", "attach", *FULL_SYNC]
        assert stand.gateway.most_open == 1
        assert len({id(session.ib) for session in stand.part.sessions}) == 3
        assert [session.number for session in stand.part.sessions] == [1, 2, 3]


@virtual
async def test_silence_is_no_answer_after_one_beat_and_ends_the_session_after_two() -> None:
    async with running() as stand:
        await stand.state("READY")
        stand.gateway.muted = {"49"}
        silent = now()
        await stand.state("NO ANSWER")
        assert now() - silent <= 4.1
        assert stand.status.gw.state == "warn"
        assert stand.supervisor.session is not None
        await stand.state("DISCONNECTED")
        assert now() - silent <= 6.1
        assert "fell silent" in stand.status.cause
        stand.gateway.muted = set()
        await stand.state("READY")
        assert stand.gateway.most_open == 1


@virtual
async def test_one_missed_beat_is_forgiven() -> None:
    async with running() as stand:
        await stand.state("READY")
        stand.gateway.lose = 1
        await asyncio.sleep(10)
        assert stand.states()[-2:] == ["NO ANSWER", "READY"]
        assert stand.gateway.connections == 1
        assert stand.part.calls == ["attach", *FULL_SYNC]


@virtual
async def test_our_own_stall_is_not_held_against_the_gateway() -> None:
    async with running() as stand:
        await stand.state("READY")
        await settle()
        stand.gateway.lose = 1
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        beats = stand.gateway.asked(49)
        await until(lambda: stand.gateway.asked(49) > beats)
        loop.stall(5)
        await asyncio.sleep(10)
        assert "NO ANSWER" not in stand.states()
        assert stand.gateway.connections == 1


@virtual
async def test_a_silent_handshake_is_no_answer_and_then_told_as_what_it_is() -> None:
    gateway = await SmallGateway().start()
    gateway.mode = "silent"
    seen: list[ConnectionStatus] = []
    clock = virtual_clock()
    supervisor = Supervisor(
        GatewaySettings(port=gateway.port),
        clock,
        MarketClock(clock),
        [],
        on_event=lambda _event: None,
        on_change=seen.append,
        jitter=lambda: 0.0,
    )
    task = asyncio.ensure_future(supervisor.run())
    await until(lambda: supervisor.status.state == "NO ANSWER")
    assert now() < 2.1
    await until(lambda: supervisor.status.state == "DISCONNECTED")
    assert "says nothing in 15 s: accept the connection" in supervisor.status.cause
    gateway.mode = "ok"
    await until(lambda: supervisor.status.state == "READY")
    assert "CONNECTING" not in [status.state for status in seen[seen.index(supervisor.status) :]]
    await supervisor.stop()
    await task
    await gateway.stop()


@virtual
async def test_a_missing_answer_is_named_and_asked_for_again_until_it_comes() -> None:
    async with running(Part(failing={"positions": 2})) as stand:
        await stand.state("DEGRADED")
        assert stand.status.missing == ("positions",)
        assert "positions (no answer)" in stand.status.cause
        await stand.state("READY")
        assert stand.part.calls == ["attach", *FULL_SYNC, "positions", "positions"]
        assert stand.states() == ["CONNECTING", "SYNCING", "DEGRADED", "READY"]


@virtual
async def test_try_now_asks_at_once_for_what_is_missing_and_ends_a_pause() -> None:
    async with running(Part(failing={"positions": 4})) as stand:
        await until(lambda: stand.part.calls.count("positions") == 4)
        asked = now()
        stand.supervisor.try_now()
        await stand.state("READY")
        assert now() - asked < 0.1
        stand.gateway.fin()
        await until(lambda: stand.status.next_try_at is not None)
        lost = now()
        stand.supervisor.try_now()
        await stand.state("READY")
        assert now() - lost < 0.1


@virtual
async def test_a_step_that_breaks_is_missing_and_nothing_else_suffers() -> None:
    class Broken(Part):
        def steps(self, _session: Session) -> Sequence[Step]:
            async def bug() -> None:
                raise ZeroDivisionError

            async def endless() -> None:
                await asyncio.Event().wait()

            return [("bug", bug), ("endless", endless)]

        def detach(self) -> None:
            raise ZeroDivisionError

    async with running(Broken()) as stand:
        await stand.state("DEGRADED")
        assert stand.status.missing == ("bug", "endless")
        stand.gateway.fin()
        await stand.state("DISCONNECTED")
        await stand.state("SYNCING")


@virtual
async def test_lost_ib_keeps_the_socket_and_all_is_asked_again_when_it_is_back() -> None:
    async with running() as stand:
        await stand.state("READY")
        stand.part.calls.clear()
        for _ in range(5):
            stand.gateway.system(1100, "Connectivity between IB and Trader Workstation has been lost.")
            await asyncio.sleep(4)
        assert stand.status.state == "IB LOST"
        assert (stand.status.gw.state, stand.status.ib.state, stand.status.data.state) == ("ok", "down", "down")
        assert len([event for event in stand.events if event.state == "IB LOST"]) == 1
        assert stand.supervisor.session is not None
        stand.gateway.system(1102, "Connectivity has been restored - data maintained.")
        await stand.state("READY")
        assert stand.part.calls == FULL_SYNC
        stand.gateway.system(1101, "Connectivity has been restored - data lost.")
        await stand.state("SYNCING")
        await stand.state("READY")
        assert stand.part.calls == [*FULL_SYNC, "data lost", *FULL_SYNC]
        assert stand.gateway.connections == 1
        assert [event.code for event in stand.events if event.link == "IB"] == [1100, 1102]


@virtual
async def test_ib_back_in_the_middle_of_a_sync_asks_for_everything_again() -> None:
    async with running() as stand:
        await until(lambda: stand.part.calls[-1:] == ["positions"])
        stand.gateway.system(1101, "Connectivity has been restored - data lost.")
        await stand.state("READY")
        assert stand.part.calls == ["attach", *FULL_SYNC, "data lost", *FULL_SYNC]


@virtual
async def test_a_farms_loss_dims_the_data_light_and_nothing_else() -> None:
    async with running() as stand:
        await stand.state("READY")
        stand.gateway.system(2103, "Market data farm connection is broken:usfarm")
        await until(lambda: stand.status.data.state == "down")
        assert "market data farm usfarm is down" in stand.status.data.cause
        assert stand.status.state == "READY"
        stand.gateway.system(2104, "Market data farm connection is OK:usfarm")
        await until(lambda: stand.status.data.state == "ok")
        assert [(event.link, event.code) for event in stand.events[-2:]] == [("DATA", 2103), ("DATA", 2104)]
        assert stand.gateway.connections == 1


@virtual
async def test_market_time_is_the_gateways_and_skew_is_its_drift() -> None:
    async with running() as stand:
        await stand.state("READY")
        await settle()
        market = stand.market_clock.now_ns()
        assert market is not None
        assert abs(market / NS - (stand.gateway.time + now())) < 1.1
        assert stand.status.skew_s == 0
        await asyncio.sleep(6)
        assert stand.status.skew_s is not None
        assert abs(stand.status.skew_s) <= 1
        stand.gateway.time += 40
        await asyncio.sleep(4)
        market = stand.market_clock.now_ns()
        assert market is not None
        assert abs(market / NS - (stand.gateway.time + now())) < 1.6
        assert abs(stand.status.skew_s - 40) <= 41
        assert stand.status.skew_s is not None
        assert abs(stand.status.skew_s - 40) <= 1


@virtual
async def test_it_stops_in_no_time_whatever_the_gateway_does() -> None:
    for mode in ("ready", "frozen", "silent", "pausing"):
        gateway = await SmallGateway().start()
        part = Part()
        clock = virtual_clock()
        supervisor = Supervisor(
            GatewaySettings(port=gateway.port),
            clock,
            MarketClock(clock),
            [part],
            on_event=lambda _event: None,
            on_change=lambda _status: None,
            jitter=lambda: 0.0,
        )
        if mode == "silent":
            gateway.mode = "silent"
        if mode == "pausing":
            gateway.refuse()
        task = asyncio.ensure_future(supervisor.run())
        if mode in ("ready", "frozen"):
            await until(lambda: supervisor.status.state == "READY")  # noqa: B023 - used within its turn
        if mode == "frozen":
            gateway.muted = {"49"}
            await until(lambda: supervisor.status.state == "NO ANSWER")  # noqa: B023
        await asyncio.sleep(0.1)
        started = now()
        await supervisor.stop()
        await task
        assert now() - started < 0.1, mode
        assert supervisor.session is None
        assert part.calls[-1:] == (["detach"] if mode in ("ready", "frozen") else [])
        await settle()
        assert not gateway.open
        await gateway.stop()


@virtual
async def test_listeners_that_fail_stop_nothing() -> None:
    gateway = await SmallGateway().start()
    clock = virtual_clock()

    def broken(_argument: object) -> None:
        raise ZeroDivisionError

    supervisor = Supervisor(
        GatewaySettings(port=gateway.port),
        clock,
        MarketClock(clock),
        [],
        on_event=broken,
        on_change=broken,
        jitter=lambda: 0.0,
    )
    task = asyncio.ensure_future(supervisor.run())
    await until(lambda: supervisor.status.state == "READY")
    await supervisor.stop()
    await task
    await gateway.stop()


@virtual
async def test_a_connection_closed_in_the_middle_of_the_sync_is_a_loss_like_any_other() -> None:
    closings = 2

    def close_on_positions(fields: list[str], writer: asyncio.StreamWriter) -> bool:
        nonlocal closings
        if fields[0] == "61" and closings:
            closings -= 1
            writer.close()
        elif fields[0] == "61":
            writer.write(frame(62, 1))
        return fields[0] == "61"

    class Asking(Part):
        def steps(self, session: Session) -> Sequence[Step]:
            async def positions() -> None:
                await session.ask(session.ib.reqPositionsAsync(), "positions")

            return [("positions", positions)]

    async with running(Asking()) as stand:
        stand.gateway.answer = close_on_positions
        await stand.state("DISCONNECTED")
        await stand.state("READY")
        assert stand.gateway.connections == 3
        assert stand.part.calls == ["attach", "detach", "attach", "detach", "attach"]
        assert "DEGRADED" not in stand.states()
