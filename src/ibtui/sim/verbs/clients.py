"""Verbs that lose clients, turn them away or leave them without an answer, and the counts of what went between."""

from ibtui.errors import UsageError
from ibtui.sim.client import numbered
from ibtui.sim.faults import Loss, Trap
from ibtui.sim.verbs.controls import Answer, Controls, one_of, seconds_of


def stats(controls: Controls) -> Answer:
    """What went through the sockets, who is connected, every order."""
    gateway = controls.gateway
    gateway.advance()
    gateway.flush()
    return {
        "market_ns": gateway.clock.now_ns(),
        "speed": gateway.clock.speed,
        "clients": [
            {"client_id": client.client_id, "server_version": client.version, "data_type": client.data_type}
            for client in numbered(gateway.clients)
        ],
        **gateway.stats.as_json(),
        "subscriptions": [
            {
                "client_id": each.client_id,
                "req_id": each.req_id,
                "con_id": each.con_id,
                "symbol": each.symbol,
                "feed": each.feed,
                "sent": each.sent,
            }
            for each in gateway.feeds.subscriptions()
        ],
        "orders": gateway.orders.as_json(),
    }


def drop(
    controls: Controls, how: str = "fin", client_id: int | None = None, on: int | None = None, done: bool = False
) -> Answer:
    """Loses all clients, or one: ``fin`` closes in order, ``rst`` tears down.

    With ``on`` the client that sends the next request of that number, unanswered; ``done`` carries it out first.
    """
    one_of("how", how, ("fin", "rst"))
    loss: Loss = "fin" if how == "fin" else "rst"
    if on is not None:
        controls.gateway.faults.set_trap(Trap(int(on), loss, bool(done)))
        return {"dropped": 0, "on": int(on)}
    chosen = [each for each in controls.gateway.clients if client_id in (None, each.client_id)]
    for client in chosen:
        controls.gateway.lose(client, loss)
    return {"dropped": len(chosen)}


def refuse(controls: Controls, seconds: float = 5.0) -> Answer:
    """Closes the listener for a time, 0 opens it again; who is connected stays."""
    controls.listener.refuse(seconds_of(seconds))
    return {"seconds": seconds}


def wedge(controls: Controls, seconds: float | None = None) -> Answer:
    """Accepts new clients and never answers them: for a time, until ``seconds=0``, or for ever."""
    if seconds is not None and seconds_of(seconds) == 0:
        controls.gateway.unwedge()
    else:
        controls.gateway.wedge(seconds)
    return {"wedged": controls.gateway.wedged}


def freeze(controls: Controls, seconds: float | None = None) -> Answer:
    """Goes silent without closing anything: for a time, until ``seconds=0``, or for ever."""
    if seconds is not None and seconds_of(seconds) == 0:
        controls.gateway.unfreeze()
    else:
        controls.gateway.freeze(seconds)
    return {"frozen": controls.gateway.frozen}


def restart(controls: Controls, seconds: float = 5.0, next_valid_id: int | None = None, in_use: int = 0) -> Answer:
    """The nightly restart.

    All clients are reset, the port refuses for a time, the next ``in_use`` starts are told that the client id is in
    use, order ids begin at ``next_valid_id``, the data farm flaps.
    """
    gateway = controls.gateway
    if next_valid_id is not None and int(next_valid_id) < 1:
        raise UsageError("next_valid_id must be 1 or more")
    for client in list(gateway.clients):
        gateway.lose(client, "rst")
    controls.listener.refuse(seconds_of(seconds))
    gateway.faults.starts_refused = int(in_use)
    if next_valid_id is not None:
        gateway.orders.roll_back(int(next_valid_id))
    gateway.links.flap_at_next_start()
    return {"seconds": seconds, "in_use": int(in_use)}


def stop(controls: Controls) -> Answer:
    """Ends the gateway."""
    controls.stopped.set()
    return {}
