"""What has to be asked again in each session, part by part, until the gateway has answered all of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from ibtui.broker.session import Session
from ibtui.errors import IbtuiError

log = logging.getLogger(__name__)

Step = tuple[str, Callable[[], Awaitable[None]]]
"""A sync request: its name, as it is shown when it is missing, and the request."""


class SessionPart(Protocol):
    """What lives in a session and is restored in the next one.

    A part may also have ``data_lost()``: IB came back without our subscriptions (1101), so what they brought is gone;
    it is called before the steps run again. And ``not_connected()``: a try came to nothing.
    """

    def attach(self, session: Session) -> None:
        """Sets taps; the session is accepted, nothing has been asked. No request may be sent here."""

    def steps(self, session: Session) -> Sequence[Step]:
        """The sync requests, in order. They run again when they failed, and after IB was lost and came back."""

    def detach(self) -> None:
        """The session is gone."""


async def run_steps(parts: Sequence[Sequence[Step]], limit: float) -> dict[str, str]:
    """Runs the parts side by side and the steps of each in order.

    Args:
        parts: The steps of each part.
        limit: Seconds that one step may take.

    Returns:
        The name of each step that did not come through, and why.
    """
    results = await asyncio.gather(*(_run_part(steps, limit) for steps in parts))
    return {name: why for result in results for name, why in result.items()}


async def _run_part(steps: Sequence[Step], limit: float) -> dict[str, str]:
    missing: dict[str, str] = {}
    for name, request in steps:
        try:
            async with asyncio.timeout(limit):
                await request()
        except TimeoutError:
            missing[name] = f"no answer in {limit:g} s"
        except (IbtuiError, ConnectionError) as error:
            missing[name] = str(error)
        except Exception as error:
            log.exception("Sync step %s failed", name)
            missing[name] = repr(error)
    return missing
