"""A backfill job: what is wanted and how far it is."""

from dataclasses import dataclass
from enum import StrEnum

from ibtui.backfill.planner import Mode
from ibtui.market.bars import BarSize
from ibtui.market.instruments import Instrument


class State(StrEnum):
    """The words of the screen and of ``backfill_jobs.state``. WAITING says for what in the job's problem."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED = frozenset({State.DONE, State.CANCELLED, State.FAILED})
"""States that a job does not leave."""


@dataclass(frozen=True, slots=True)
class Series:
    """Which bars: one row of the key of ``bars`` without its start.

    Attributes:
        what: IB's word, such as ``TRADES``.
        use_rth: Regular hours only.
    """

    instrument: Instrument
    bar: BarSize
    what: str = "TRADES"
    use_rth: bool = True

    @property
    def key(self) -> tuple[int, str, str, bool]:
        """As the storage functions take it."""
        return self.instrument.con_id, self.bar.text, self.what, self.use_rth


@dataclass(slots=True, eq=False)
class Job:
    """One job, changed by the runner alone.

    Attributes:
        start: First second wanted, UTC; None for what the mode means.
        end: The second after the last one wanted, UTC; None for what the mode means.
        created_ns: UTC nanoseconds.
        done: Requests that ended, however.
        total: Requests of the plan; 0 until it is made.
        unsettled: Requests that were refused or not answered.
        rows: Bars stored.
        started: Monotonic seconds when its first request was made; None before.
        eta_s: Seconds until it is done at the pace so far; None when unknown.
        problem: What it waits for, or what went wrong, in plain words.
    """

    id: int
    series: Series
    mode: Mode
    start: int | None
    end: int | None
    created_ns: int
    state: State = State.QUEUED
    done: int = 0
    total: int = 0
    unsettled: int = 0
    rows: int = 0
    started: float | None = None
    eta_s: float | None = None
    problem: str = ""

    @property
    def instrument(self) -> Instrument:
        """Whose bars."""
        return self.series.instrument

    @property
    def bar(self) -> BarSize:
        """Of which size."""
        return self.series.bar
