"""Runs ``ibtui`` as a child that the kernel ends with its parent.

``python -m ibtui.services.leash PARENT_PID ARGUMENTS…`` is ``ibtui ARGUMENTS…`` on a leash. The pipe on standard input
ends a child that reads it; this ends one that doesn't, on Linux.
"""

import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From ``linux/prctl.h``: the signal that the kernel sends when the thread that made this process ends."""


def die_with_parent(parent: int) -> None:
    """Asks the kernel to kill this process when its parent ends; ends it at once if the parent is gone already."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    die_with_parent(int(sys.argv.pop(1)))
    runpy.run_module("ibtui", run_name="__main__", alter_sys=True)
