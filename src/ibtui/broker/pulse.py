"""Asks one session again and again whether the gateway lives, and judges silence fairly."""

import asyncio
import logging
from collections.abc import Callable

from ibtui.broker.own_time import OwnTime
from ibtui.broker.session import Session
from ibtui.clock import Clock
from ibtui.config import GatewaySettings
from ibtui.errors import RequestTimeoutError

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5
"""Seconds between two looks, while no beat is due, at whether time passed without us."""


async def beat(
    session: Session,
    settings: GatewaySettings,
    clock: Clock,
    answered: Callable[[float, int], None],
    missed: Callable[[str], None],
) -> None:
    """Beats until the session ends.

    A beat that went unanswered while our own loop stood still, or while the machine slept, says nothing of the
    gateway: it is asked again. After such a time the next beat does not wait for its turn.

    Args:
        session: Whom to ask.
        settings: How often, and how long an answer may take.
        clock: The machine's.
        answered: Gets round trip in seconds and the gateway's time in UTC nanoseconds.
        missed: Gets each miss that counts, in words.

    Raises:
        LinkDownError: The session is over.
    """
    while True:
        own = OwnTime(clock)
        try:
            round_trip, market_ns = await session.heartbeat()
        except RequestTimeoutError as error:
            lost = own.lost(settings.heartbeat_wait)
            if lost:
                log.warning("%.1f s went by without this program; the gateway is asked again", lost)
            else:
                missed(str(error))
            continue
        answered(round_trip, market_ns)
        await _rest(settings.heartbeat, clock)


async def _rest(seconds: float, clock: Clock) -> None:
    """Returns when the next beat is due, or at once when time passed without us."""
    left = seconds
    while left > 0:
        own, pause = OwnTime(clock), min(LOOK_EVERY, left)
        await asyncio.sleep(pause)
        left -= pause
        lost = own.lost(pause)
        if lost:
            log.warning("%.1f s went by without this program; the gateway is asked whether it is still there", lost)
            return
