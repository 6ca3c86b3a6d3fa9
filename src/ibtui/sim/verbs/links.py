"""Verbs about the links upstream of the gateway, what it says of itself, and whose accounts it has."""

import asyncio
from typing import cast

from ibtui.sim.client import SYSTEM
from ibtui.sim.gateway import account_names
from ibtui.sim.links import FarmState, Upstream, farm_message
from ibtui.sim.verbs.controls import Answer, Controls, count_of, listing_of, one_of, seconds_of


def upstream(controls: Controls, state: str, keep_orders: bool = True) -> Answer:
    """Loses the link to IB (1100) or restores it with the data streams kept (1102) or lost (1101).

    Orders sent meanwhile go on when it is back, or are lost with ``keep_orders=false`` given at the loss.
    """
    one_of("state", state, ("lost", "restored", "restored_data_lost"))
    controls.gateway.set_upstream(cast(Upstream, state), bool(keep_orders))
    return {"state": state}


def farm(controls: Controls, name: str = "usfarm", state: str = "broken") -> Answer:
    """Breaks a data farm, brings it back or calls it inactive: 2103 to 2108, 2157 and 2158 by its name.

    Without usfarm no quotes come, without ushmds no history.
    """
    one_of("state", state, ("broken", "ok", "inactive"))
    controls.gateway.links.set_farm(str(name), cast(FarmState, state))
    return {"code": farm_message(str(name), cast(FarmState, state))[0]}


def compete(controls: Controls, on: bool = True) -> Answer:
    """Has another session of the same user take the market data: every line is told so (10197) and stays silent."""
    return {"lines": controls.gateway.compete(bool(on))}


def permission(controls: Controls, live: bool = True, symbol: str | None = None) -> Answer:
    """Takes the right to live market data with ``live=false``, of one symbol or of all, or gives it back.

    Who then asks for data is refused (354), or shown delayed data (10167) after asking for market data type 3 or 4.
    """
    con_id = None if symbol is None else listing_of(controls, symbol).con_id
    controls.gateway.permissions.permit(bool(live), con_id)
    return {"live": bool(live)}


def read_only(controls: Controls, on: bool = True) -> Answer:
    """Switches the gateway's "Read-Only API" on: what asks about orders is refused (321), or off again."""
    controls.gateway.permissions.read_only = bool(on)
    return {"on": bool(on)}


def message(
    controls: Controls,
    code: int,
    text: str = "",
    id: int = SYSTEM,  # noqa: A002
    count: int = 1,
    ms: float = 0.0,
) -> Answer:
    """Sends IB's message number 4 to every client, ``count`` times, ``ms`` milliseconds apart."""
    gateway = controls.gateway

    def tell() -> None:
        gateway.tell_all(int(code), text, int(id))
        gateway.flush()

    times, apart = count_of(count), seconds_of(ms / 1000)
    for turn in range(times):
        if apart and turn:
            asyncio.get_running_loop().call_later(turn * apart, tell)
        else:
            tell()
    return {"count": times}


def accounts(controls: Controls, ids: str | list[str]) -> Answer:
    """Names the managed accounts from now on, comma-separated; a new one begins with its start's cash."""
    names = account_names(ids if isinstance(ids, str) else ",".join(map(str, ids)))
    controls.gateway.manage(names)
    return {"ids": list(names)}
