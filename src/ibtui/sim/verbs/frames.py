"""Verbs that mute, delay, duplicate or forge what the gateway sends, and that refuse what it is asked for."""

from typing import Any, cast

from ibtui.errors import UsageError
from ibtui.sim.faults import Asked, How, Rejection, Rule
from ibtui.sim.messages import OUTGOING
from ibtui.sim.verbs.controls import Answer, Controls, bytes_of, count_of, one_of, seconds_of
from ibtui.sim.wire import frame_of

ORDER_REJECTED = "Order rejected - reason:the simulated gateway was told to"


def mute(controls: Controls, message: int, count: int | None = None, id: int | None = None) -> Answer:  # noqa: A002
    """Keeps the next ``count`` outgoing messages of a number back, of one request with ``id``.

    Without ``count`` all, until ``count=0``.
    """
    return _ruled(controls, "mute", message, count, id)


def delay(
    controls: Controls,
    message: int,
    ms: float = 1000.0,
    count: int | None = None,
    id: int | None = None,  # noqa: A002
    until: int | None = None,
) -> Answer:
    """Sends the next ``count`` outgoing messages of a number ``ms`` milliseconds late; what follows them overtakes.

    With ``until`` they go out right after the next message of that number: two messages change their order.
    """
    return _ruled(controls, "delay", message, count, id, ms=ms, until=until)


def duplicate(
    controls: Controls,
    message: int,
    count: int | None = None,
    ms: float = 0.0,
    id: int | None = None,  # noqa: A002
    values: dict[str, Any] | None = None,
) -> Answer:
    """Sends the next ``count`` outgoing messages of a number twice, the second time ``ms`` milliseconds later.

    The second may carry other ``values``, as with ``alter``.
    """
    return _ruled(controls, "duplicate", message, count, id, ms=ms, values=values)


def alter(
    controls: Controls,
    message: int,
    values: dict[str, Any],
    count: int | None = None,
    id: int | None = None,  # noqa: A002
) -> Answer:
    """Sends the next ``count`` outgoing messages of a number with other values in some fields.

    Values are an object by the name of the field, such as ``{"price": -1}``; null is IB's unset.
    """
    return _ruled(controls, "alter", message, count, id, values=values)


def raw(controls: Controls, hex: str = "", fields: list[str] | None = None, client_id: int | None = None) -> Answer:  # noqa: A002
    """Writes bytes on the wire of every client, or of one: as they are, or a frame of these fields."""
    data = bytes_of(hex) + (b"" if fields is None else frame_of([str(each) for each in fields]))
    if not data:
        raise UsageError("raw needs 'hex' or 'fields'")
    chosen = [each for each in controls.gateway.clients if client_id in (None, each.client_id)]
    for client in chosen:
        client.write_raw(data)
    return {"bytes": len(data), "clients": len(chosen)}


def reject(
    controls: Controls, code: int = 201, text: str = ORDER_REJECTED, count: int = 1, request: str = "place"
) -> Answer:
    """Refuses the next ``count`` orders; with ``request`` also ``cancel``, ``data`` (streams) or ``what_if``."""
    one_of("request", request, ("place", "cancel", "data", "what_if"))
    controls.gateway.faults.reject(Rejection(cast(Asked, request), int(code), text, count_of(count)))
    return {"count": int(count)}


def _ruled(
    controls: Controls,
    how: How,
    number: int,
    count: int | None,
    req_id: int | None,
    *,
    ms: float = 0.0,
    until: int | None = None,
    values: dict[str, Any] | None = None,
) -> Answer:
    left = None if count is None else count_of(count)
    changed = _readable(int(number), values or {})
    controls.gateway.faults.add(Rule(how, int(number), left, seconds_of(ms / 1000), req_id, until, changed))
    return {"message": int(number), "count": left}


def _readable(number: int, values: dict[str, Any]) -> dict[str, Any]:
    """The values as the message's fields hold them.

    Raises:
        UsageError: There is no such message or field, or a field can't hold its value.
    """
    if values and number not in OUTGOING:
        raise UsageError(f"no message {number} is sent here")
    known = OUTGOING[number].kinds() if values else {}
    for name, value in values.items():
        if name not in known:
            raise UsageError(f"message {number} has no '{name}'; it has {', '.join(known)}")
        try:
            known[name].text(value)
        except (TypeError, ValueError):
            raise UsageError(f"'{name}' can't be {value!r}") from None
    return values
