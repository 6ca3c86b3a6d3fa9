"""Why a gateway can't be used, one sentence for each cause, each with what to do."""

import errno
import re
import socket
from enum import IntEnum

from ibtui.broker.codes import lookup


class Stage(IntEnum):
    """How far a connect got. Each needs the one before it."""

    REACHING = 0
    ACCEPTED = 1
    VERSION = 2
    HALF_READY = 3
    READY = 4


OLDEST_SERVER_VERSION = 157
"""The oldest server version that ib_insync 0.9.86 speaks (``Client.MinClientVersion``): TWS and Gateway 972."""

CLIENT_ID_IN_USE = 326


def not_reached(endpoint: str, error: BaseException) -> str:
    """Why no TCP connection came about."""
    if isinstance(error, ConnectionRefusedError) or _all_refused(str(error)):
        return (
            f"{endpoint} refused the connection: nothing listens there. Start TWS or IB Gateway, or check its API port"
        )
    if isinstance(error, socket.gaierror):
        return f"{endpoint}: unknown host name. Check [gateway] host"
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return f"{endpoint} can't be reached from here: no route. Check the network"
    words = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return f"can't connect to {endpoint}: {words or type(error).__name__}"


def _all_refused(text: str) -> bool:
    """Whether asyncio's "Multiple exceptions", one for each address of a host name, are all refusals."""
    codes = re.findall(r"\[Errno (\d+)\]", text)
    return bool(codes) and set(codes) == {str(errno.ECONNREFUSED)}


def silent(endpoint: str, stage: Stage, seconds: float) -> str:
    """Why a connect that ran out of time did not come through."""
    waited = f"in {seconds:g} s"
    return {
        Stage.REACHING: f"{endpoint} does not answer {waited}. Check host, network and firewall",
        Stage.ACCEPTED: f"{endpoint} accepts connections but says nothing {waited}: accept the connection in its "
        "window, or add this machine to its Trusted IPs. If neither helps, restart the gateway",
        Stage.VERSION: f"{endpoint} named its version and then nothing {waited}: is it still logging in?",
        Stage.HALF_READY: f"{endpoint} is half ready, accounts or first order id are missing {waited}: is it still "
        "logging in?",
        Stage.READY: f"{endpoint} was ready too late, after {seconds:g} s",
    }[stage]


WEDGED_AFTER = 3
"""Tries in a row without a word after which only a restart helps: a gateway in this state answers nobody."""


def wedged(endpoint: str, tries: int) -> str:
    """The gateway has accepted connections and said nothing several times in a row."""
    return f"{endpoint} accepts connections but does not answer, {tries} times in a row: restart the gateway"


def senseless(endpoint: str) -> str:
    """Something answered that speaks another protocol."""
    return f"what answers at {endpoint} does not speak the TWS API. Check [gateway] host and port"


def awaited(endpoint: str, stage: Stage) -> str:
    """What a handshake that takes long is waiting for."""
    return {
        Stage.REACHING: f"connecting to {endpoint}",
        Stage.ACCEPTED: f"{endpoint} accepted the connection and does not answer yet",
        Stage.VERSION: f"{endpoint} named its version; its accounts are awaited",
        Stage.HALF_READY: f"{endpoint} is half ready; accounts or first order id are awaited",
        Stage.READY: f"{endpoint} is ready",
    }[stage]


def closed(endpoint: str, stage: Stage, problem: tuple[int, str] | None, client_id: int) -> str:
    """Why the gateway closed a connection before it was ready; ``problem`` is the last error it sent, code and text."""
    if problem and problem[0] == CLIENT_ID_IN_USE:
        return (
            f"client id {client_id} is in use at {endpoint} (IB code 326): end the other program, or give this one "
            "another client id. After a gateway restart it is freed by itself"
        )
    if problem:
        return f"{endpoint} closed the connection: {lookup(problem[0]).sentence(problem[1])}"
    if stage <= Stage.ACCEPTED:
        return (
            f"{endpoint} accepts and closes at once: add this machine to the gateway's Trusted IPs; behind a tunnel "
            "or container the gateway itself is down"
        )
    return (
        f"{endpoint} closed the connection before it was ready: is client id {client_id} in use, or is it still "
        "logging in?"
    )


def too_old(endpoint: str, version: int) -> str:
    """The gateway speaks a protocol older than ours."""
    return (
        f"{endpoint} is too old: server version {version}, at least {OLDEST_SERVER_VERSION} is needed. "
        "Install TWS or IB Gateway 972 or newer"
    )


def port_changed(endpoint: str, text: str) -> str:
    """The gateway closed its API port and says in ``text`` where it listens now. Nothing is switched by itself."""
    said = text.rstrip(". ")
    return f"{endpoint} is no longer the gateway's port: {said} (IB code 1300). Set [gateway] port to the new one"
