"""Verbs about how the next clients are met, before they have a session."""

from typing import cast

from ibtui.errors import UsageError
from ibtui.sim.meetings import Greeting, Manner, Moment
from ibtui.sim.verbs.controls import Answer, Controls, bytes_of, count_of, one_of, seconds_of
from ibtui.sim.wire import NEWEST_VERSION

_MOMENTS = ("connect", "hello")


def version(controls: Controls, max: int = NEWEST_VERSION, ms: float = 0.0, count: int | None = None) -> Answer:  # noqa: A002
    """Answers the next ``count`` hellos, or all, as a gateway of at most that server version, ``ms`` late.

    Below 157 the gateway names its version and says no more. Without arguments hellos are answered as usual.
    """
    if not int(max) >= 1:
        raise UsageError("max must be a server version, such as 100")
    left = None if count is None else count_of(count)
    controls.gateway.meetings.answer_hellos(Manner() if left == 0 else Manner(int(max), seconds_of(ms / 1000), left))
    return {"max": int(max), "count": left}


def greet(controls: Controls, hex: str, count: int = 1, at: str = "connect") -> Answer:  # noqa: A002
    """Sends the next ``count`` clients these bytes before all else, or with ``at=hello`` after the version's answer."""
    one_of("at", at, _MOMENTS)
    data, left = bytes_of(hex), count_of(count)
    if left:
        controls.gateway.meetings.greet(Greeting(cast(Moment, at), data, left))
    return {"bytes": len(data), "count": left}


def hangup(controls: Controls, count: int = 1, at: str = "connect") -> Answer:
    """Accepts the next ``count`` clients and closes at once, or with ``at=hello`` when they have said theirs."""
    one_of("at", at, _MOMENTS)
    controls.gateway.meetings.hang_up(cast(Moment, at), count_of(count))
    return {"count": int(count)}
