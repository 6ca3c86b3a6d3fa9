"""Why there is no data: one plain sentence for each case, the first that is true. No I/O."""

from dataclasses import dataclass
from datetime import datetime

from ibtui.broker.subscriptions import Feed, Standing, Subscription
from ibtui.clock import NS
from ibtui.market.hours import find_zone

NAMES = {Feed.QUOTES: "market data lines", Feed.DEPTH: "depth slots", Feed.TAPE: "tick-by-tick slots"}
"""What IB's limits count."""

HOW_TO_GET_A_SLOT = {
    Feed.QUOTES: "take symbols off the lists",
    Feed.DEPTH: "close another book, or :unpin one",
    Feed.TAPE: "close another tape, or :unpin one",
}


@dataclass(frozen=True, slots=True)
class Sessions:
    """What a contract's hours say of now, in UTC nanoseconds of market time; None where they don't.

    Attributes:
        open_now: Whether it trades.
        began_ns: When the session that is on began.
        next_ns: When the next one opens, before the regular hours where there is such a session.
        next_regular_ns: When the next regular one opens.
        zone: The contract's time zone as IB names it.
    """

    open_now: bool | None = None
    began_ns: int | None = None
    next_ns: int | None = None
    next_regular_ns: int | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that may explain a silence.

    Attributes:
        subscription: What was asked for, if anything.
        connected: Whether there is a session with the gateway.
        trouble: What is wrong with the links that bring the data, in words; empty when nothing is.
        overtaken: Whether data came after the last message about the subscription.
        slots: How many of the kind there are.
        sessions: What the contract's hours say.
        halted: Whether trading is halted.
        quiet_s: Seconds since the last frame, or since the request where none came; None where silence means nothing.
        quiet_after: Seconds of silence that need an explanation.
        hole: Whether the session that is on has brought nothing at all.
    """

    subscription: Subscription | None
    connected: bool = True
    trouble: str = ""
    overtaken: bool = False
    slots: int = 0
    sessions: Sessions = Sessions()
    halted: bool = False
    quiet_s: float | None = None
    quiet_after: float = 60.0
    hole: bool = False


def explain(facts: Facts) -> str:
    """Why there is no data, or not what was wanted; empty when all is well."""
    asked = facts.subscription
    if asked is None:
        return "not subscribed"
    if not facts.connected:
        return "not connected"
    if facts.trouble:
        return facts.trouble
    if asked.reason and not facts.overtaken:
        return asked.reason
    if asked.standing is Standing.WITHOUT and not facts.slots:
        return f"no slot: other programs of this login hold its {NAMES[asked.feed]}; asked for again every minute"
    if asked.standing is Standing.WITHOUT:
        return f"no slot: all {facts.slots} {NAMES[asked.feed]} are in use; {HOW_TO_GET_A_SLOT[asked.feed]}"
    if asked.standing is Standing.WAITING:
        return "waiting to be asked for"
    if facts.sessions.open_now is False:
        return _closed(facts.sessions)
    if facts.halted:
        return "trading is halted"
    return _silent(facts)


def clock_time(at_ns: int, zone: str) -> str:
    """Day and time of a moment in the contract's own zone, as ``Mon 09:30 EST``; UTC where the zone is unknown."""
    return f"{datetime.fromtimestamp(at_ns // NS, find_zone(zone) or find_zone('UTC')):%a %H:%M %Z}"


def _closed(sessions: Sessions) -> str:
    opens, regular = sessions.next_ns, sessions.next_regular_ns
    if opens is None:
        return "market closed; its next session is not known yet"
    if regular is None or regular <= opens:
        return f"market closed; opens {clock_time(opens, sessions.zone)}"
    return (
        f"market closed; pre-market opens {clock_time(opens, sessions.zone)}, "
        f"regular session {clock_time(regular, sessions.zone)}"
    )


def _silent(facts: Facts) -> str:
    quiet = facts.quiet_s
    if quiet is None or quiet <= facts.quiet_after:
        return ""
    if facts.hole:
        began = facts.sessions.began_ns
        opened = "" if began is None else f" at {clock_time(began, facts.sessions.zone)}"
        return f"a hole: nothing came since this session opened{opened}"
    minutes = f"{quiet / 60:.0f} min" if quiet >= 120 else f"{quiet:.0f} s"
    market = "the market is open" if facts.sessions.open_now else "its hours are not known"
    return f"silent for {minutes} though {market}" if facts.sessions.open_now else f"silent for {minutes}; {market}"
