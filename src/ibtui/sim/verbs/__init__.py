"""The control verbs: one table, put together from one file for each subject."""

import inspect

from ibtui.sim.verbs import clients, fills, frames, links, market, meetings
from ibtui.sim.verbs.controls import Answer, Controls, Verb


def verbs(_: Controls) -> Answer:
    """Tells every verb, with the keys that it takes."""
    return {"verbs": {name: list(inspect.signature(verb).parameters)[1:] for name, verb in VERBS.items()}}


VERBS: dict[str, Verb] = {
    verb.__name__.rstrip("_"): verb
    for verb in (
        clients.stats, clients.drop, clients.refuse, clients.wedge, clients.freeze, clients.restart,
        meetings.version, meetings.greet, meetings.hangup,
        links.upstream, links.farm, links.compete, links.permission, links.read_only, links.message,
        frames.reject, frames.mute, frames.delay, frames.duplicate, frames.alter, frames.raw,
        market.price, market.print_, market.halt, market.resume, market.depth_reset, market.market, market.clock,
        fills.correct, links.accounts, verbs, clients.stop,
    )
}  # fmt: skip
"""Every verb by its name; a verb's parameters are the keys it takes."""
