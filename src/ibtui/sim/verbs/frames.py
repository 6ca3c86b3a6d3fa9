"""Verbs that mute, delay, duplicate or forge what the gateway sends, and that refuse what it is asked for."""

from typing import cast

from ibtui.errors import UsageError
from ibtui.sim.faults import Asked, How, Rejection, Rule
from ibtui.sim.verbs.controls import Answer, Controls, one_of, seconds_of

ORDER_REJECTED = "Order rejected - reason:the simulated gateway was told to"


def mute(controls: Controls, message: int, count: int | None = None, id: int | None = None) -> Answer:  # noqa: A002
    """Keeps the next ``count`` outgoing messages of a number back, of one request with ``id``.

    Without ``count`` all, until ``count=0``.
    """
    return _ruled(controls, "mute", message, count, 0.0, id)


def delay(
    controls: Controls,
    message: int,
    ms: float = 1000.0,
    count: int | None = None,
    id: int | None = None,  # noqa: A002
) -> Answer:
    """Sends the next ``count`` outgoing messages of a number ``ms`` milliseconds late; what follows them overtakes."""
    return _ruled(controls, "delay", message, count, ms, id)


def duplicate(
    controls: Controls,
    message: int,
    count: int | None = None,
    ms: float = 0.0,
    id: int | None = None,  # noqa: A002
) -> Answer:
    """Sends the next ``count`` outgoing messages of a number twice, the second time ``ms`` milliseconds later."""
    return _ruled(controls, "duplicate", message, count, ms, id)


def raw(controls: Controls, hex: str, client_id: int | None = None) -> Answer:  # noqa: A002
    """Writes bytes on the wire of every client, or of one."""
    try:
        data = bytes.fromhex(hex)
    except (ValueError, TypeError):
        raise UsageError("hex must be pairs of hexadecimal digits") from None
    chosen = [each for each in controls.gateway.clients if client_id in (None, each.client_id)]
    for client in chosen:
        client.write_raw(data)
    return {"bytes": len(data), "clients": len(chosen)}


def reject(
    controls: Controls, code: int = 201, text: str = ORDER_REJECTED, count: int = 1, request: str = "place"
) -> Answer:
    """Refuses the next ``count`` orders, or cancels with ``request=cancel``, with that code and text."""
    one_of("request", request, ("place", "cancel"))
    if int(count) < 0:
        raise UsageError("count must be 0 or more")
    controls.gateway.faults.reject(Rejection(cast(Asked, request), int(code), text, int(count)))
    return {"count": int(count)}


def _ruled(controls: Controls, how: How, number: int, count: int | None, ms: float, req_id: int | None) -> Answer:
    if count is not None and int(count) < 0:
        raise UsageError("count must be 0 or more")
    rule = Rule(how, int(number), None if count is None else int(count), seconds_of(ms / 1000), req_id)
    controls.gateway.faults.add(rule)
    return {"message": rule.number, "count": rule.count}
