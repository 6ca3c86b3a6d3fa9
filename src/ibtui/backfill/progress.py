"""Backfill jobs on a command line: what a job looks like to others, and bars of progress on standard error."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ibtui.backfill.jobs import ENDED, Job, State

LOOK_SECONDS = 0.2
"""Pause between two looks at the jobs."""


def job_document(job: Job) -> dict[str, Any]:
    """A job as plain values."""
    return {
        "id": job.id,
        "symbol": job.instrument.symbol,
        "con_id": job.instrument.con_id,
        "bar": job.bar.text,
        "what": job.series.what,
        "mode": job.mode,
        "state": str(job.state),
        "requests_done": job.done,
        "requests": job.total,
        "requests_failed": job.unsettled,
        "bars": job.rows,
        "eta_s": job.eta_s,
        "problem": job.problem,
    }


async def follow(look: Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]) -> Sequence[Mapping[str, Any]]:
    """Shows the jobs until all have ended, and returns them as they ended.

    Args:
        look: Answers the jobs as they stand, each as :func:`job_document` makes it, always in the same order.
    """
    # Here: the console imports this module before its first paint, and never draws such a bar.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("requests, {task.fields[bars]} bars"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
    )
    with progress:
        lines = [
            progress.add_task(f"{each['symbol']} {each['bar']}", total=None, bars=0, note="") for each in await look()
        ]
        while True:
            jobs = await look()
            for line, job in zip(lines, jobs, strict=True):
                progress.update(
                    line,
                    total=job["requests"] or (None if job["state"] not in ENDED else 1),
                    completed=job["requests_done"] if job["requests"] or job["state"] not in ENDED else 1,
                    bars=job["bars"],
                    note=_note(job),
                )
            if all(job["state"] in ENDED for job in jobs):
                return jobs
            await asyncio.sleep(LOOK_SECONDS)


def succeeded(job: Mapping[str, Any]) -> bool:
    """Whether every request of a job was answered."""
    return job["state"] == State.DONE and not job["requests_failed"]


def _note(job: Mapping[str, Any]) -> str:
    if job["problem"]:
        return str(job["problem"])
    if job["state"] == State.RUNNING and job["eta_s"] is not None:
        return f"{job['eta_s']:.0f} s left"
    return str(job["state"])
