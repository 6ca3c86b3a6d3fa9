"""What this program takes of the machine, as the kernel counts it: reading that never waits for a disk."""

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """Bytes of memory in use (where the system tells only the highest ever, that) and open files; None is unknown."""

    memory_bytes: int | None
    files: int | None


def process_use() -> ProcessUse:
    """As of now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return ProcessUse(pages * os.sysconf("SC_PAGESIZE"), len(os.listdir("/proc/self/fd")))  # noqa: PTH208
    except (OSError, ValueError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return ProcessUse(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, None)
