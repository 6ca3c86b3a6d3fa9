"""Rows of the backfill screen."""

from typing import TYPE_CHECKING

from ibtui.market.names import brief
from ibtui.ui.text import UNKNOWN, Column, Row, Span, amount, duration

if TYPE_CHECKING:
    from ibtui.backfill.jobs import Job

BAR_CELLS = 11
COLUMNS = (
    Column("SYMBOL", 8),
    Column("BAR", 6),
    Column("MODE", 8),
    Column("STATE", 9),
    Column("PROGRESS", BAR_CELLS + 5),
    Column("BARS", 9, right=True),
    Column("ETA", 8, right=True),
    Column("BARS/S", 7, right=True, rank=1),
    Column("PROBLEM", 7, stretch=True),
)

_TONES = {"done": "good", "failed": "bad", "cancelled": "dim", "running": "accent", "waiting": "warn"}


def job_row(job: "Job", now: float) -> Row:
    """One download.

    Args:
        job: The job.
        now: Monotonic seconds, as ``job.started`` is.
    """
    share = 1.0 if job.state == "done" else job.done / job.total if job.total else 0.0
    elapsed = now - job.started if job.started is not None else 0.0
    rate = job.rows / elapsed if elapsed > 0 and job.state == "running" else None
    return (
        (brief(job.instrument), "title"),
        (job.bar.text, "plain"),
        (str(job.mode), "plain"),
        (str(job.state), _TONES.get(job.state, "plain")),
        progress(share),
        (f"{job.rows:,}", "plain"),
        (duration(job.eta_s) if job.state == "running" else UNKNOWN, "plain"),
        (amount(rate, 0), "plain"),
        (job.problem or "", "warn"),
    )


def progress(share: float) -> Span:
    """A bar with its percentage."""
    share = max(0.0, min(1.0, share))
    full = round(share * BAR_CELLS)
    return "█" * full + "·" * (BAR_CELLS - full) + f" {share:4.0%}", "accent"
