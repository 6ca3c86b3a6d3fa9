"""Traders who are killed (SIGKILL, by their own hand) at one step of an order's way each; a program of its own.

All of them are forks of one process that has read the libraries, on one gateway: a client id and a data directory each.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

from ibtui.broker import order_sender
from ibtui.broker.window import client_of
from ibtui.services.sim_control import do_blocking
from ibtui.trading.brackets import bracket
from ibtui.trading.orders import Order, Status
from tests.conftest import Gateway, until
from tests.console.trader import Trader, trading

FIRST_CLIENT = 50

order_sender.JOURNAL_WAIT = 10.0  # all of them share one disk


def die(*_: object) -> NoReturn:
    """At once: no handler, no flush, no goodbye to the gateway."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


# --- where the blow falls ---


def on_order(trader: Trader, condition: Callable[[Order], object]) -> None:
    """When an order turns so."""
    trader.rig.desk.on_change.append(lambda order: condition(order) and die())


def on_statement(trader: Trader, *beginnings: str) -> None:
    """In the writer's thread, before the last of these statements of one transaction is carried out."""
    left = list(beginnings)

    def look(sql: str) -> None:
        if sql.lstrip().startswith(left[0]):
            left.pop(0)
            if not left:
                die()

    trader.rig.writer._orders._database.connection.set_trace_callback(look)


def on_frame(trader: Trader, method: str, times: int = 1) -> None:
    """When the client's method has sent its frame for the ``times``-th time and the gateway has it."""
    after(client(trader), method, times, lambda: arrived(trader))


def arrived(trader: Trader) -> None:
    """Returns once the gateway has read what was sent: its answer to what is asked later says so.

    The kernel resets the connections of one who is killed, and what a busy gateway had not read is lost then.
    """
    do_blocking(trader.gateway.control_port, "stats", {})


def after(part: Any, method: str, times: int = 1, last: Callable[[], object] = lambda: None) -> None:
    """When a method has done its work for the ``times``-th time, and ``last`` is done too."""
    original, calls = getattr(part, method), [0]

    def counted() -> None:
        calls[0] += 1
        if calls[0] == times:
            last()
            die()

    def call(*arguments: Any) -> Any:
        value = original(*arguments)
        if asyncio.iscoroutine(value):
            return awaited(value)
        counted()
        return value

    async def awaited(value: Awaitable[Any]) -> Any:
        result = await value
        counted()
        return result

    setattr(part, method, call)


# --- the steps ---


async def asked(trader: Trader) -> None:
    on_order(trader, lambda order: order.status is Status.NEW)
    await trader.sent()


async def journal_being_written(trader: Trader) -> None:
    on_statement(trader, "INSERT INTO orders")
    await trader.sent()


async def journal_being_committed(trader: Trader) -> None:
    on_statement(trader, "INSERT INTO orders", "COMMIT")
    await trader.sent()


async def journal_committed(trader: Trader) -> None:
    after(trader.rig.desk._journal, "intend")
    await trader.sent()


async def frame_sent(trader: Trader) -> None:
    on_frame(trader, "placeOrder")
    await trader.sent()


async def acknowledged(trader: Trader) -> None:
    on_order(trader, lambda order: order.status is Status.WORKING)
    await trader.working()


async def filling(trader: Trader) -> None:
    on_order(trader, lambda order: order.filled)
    await trader.sent(1.01)


async def changing(trader: Trader) -> None:
    ref = await trader.working()
    on_frame(trader, "placeOrder")
    await trader.rig.desk.change(ref, trader.spy, quantity=9)


async def cancel_asked(trader: Trader) -> None:
    ref = await trader.working()
    on_order(trader, lambda order: order.cancel_requested)
    await trader.rig.desk.cancel(ref)


async def cancel_sent(trader: Trader) -> None:
    ref = await trader.working()
    on_frame(trader, "cancelOrder")
    await trader.rig.desk.cancel(ref)


async def bracket_half_sent(trader: Trader) -> None:
    on_frame(trader, "placeOrder", times=2)
    desk, parent = trader.rig.desk, trader.intent(1.01)
    bid = trader.rig.market.board.quote(trader.spy.con_id).bid
    legs = bracket(parent, lambda **facts: desk.intent(trader.spy, **facts), round(bid * 1.05, 2), round(bid * 0.95, 2))
    await desk.submit_bracket(legs, trader.spy)


async def halted(trader: Trader) -> None:
    await trader.working()
    await trader.rig.desk.halt("by a test", 0, cancels="opening")
    arrived(trader)
    die()


STEPS: tuple[Callable[[Trader], Awaitable[None]], ...] = (
    asked, journal_being_written, journal_being_committed, journal_committed, frame_sent, acknowledged, filling,
    changing, cancel_asked, cancel_sent, bracket_half_sent, halted,
)  # fmt: skip


def client(trader: Trader) -> Any:
    return client_of(trader.rig.session)


async def trade(step: Callable[[Trader], Awaitable[None]], gateway: Gateway, path: Path, client_id: int) -> None:
    """Trades until the blow."""
    async with trading(gateway, path, client_id=client_id) as trader:
        await step(trader)
        await until(lambda: False, 10, f"the end at: {step.__name__}")


def main(host: str, port: str, control_port: str, directory: str) -> None:
    gateway = Gateway(None, host, int(port), int(control_port))  # type: ignore[arg-type]
    for number, step in enumerate(STEPS):
        if os.fork() == 0:
            asyncio.run(trade(step, gateway, Path(directory) / step.__name__, FIRST_CLIENT + number))
            os._exit(0)
    ends = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in STEPS]
    assert ends == [-signal.SIGKILL] * len(STEPS), ends


if __name__ == "__main__":
    main(*sys.argv[1:])
