"""Copying: by OSC 52 to the terminal, which carries over SSH; inside tmux by its own buffer, for tmux drops OSC 52."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping

WAIT = 3.0
"""Seconds that tmux may take."""

WAYS = (("load-buffer", "-w", "-"), ("load-buffer", "-"))
"""What tmux is asked for: its buffer and the clipboard of the terminal around it; before tmux 3.2 the buffer alone."""


def has_own_buffer(environment: Mapping[str, str]) -> bool:
    """Whether the terminal is a tmux that can be asked."""
    return bool(environment.get("TMUX"))


async def copy_by_tmux(text: str, program: str = "tmux") -> str | None:
    """Puts the text into tmux's buffer, in a child process; what went wrong, or None."""
    problem = ""
    for way in WAYS:
        try:
            child = await asyncio.create_subprocess_exec(program, *way, stdin=PIPE, stdout=DEVNULL, stderr=PIPE)
        except OSError as error:
            return f"tmux can't be started ({error.strerror})"
        try:
            async with asyncio.timeout(WAIT):
                _, words = await child.communicate(text.encode("utf-8", "replace"))
        except TimeoutError:
            child.kill()
            await child.wait()
            return f"tmux did not take it within {WAIT:g} s"
        if child.returncode == 0:
            return None
        problem = words.decode("utf-8", "replace").strip()
    return f"tmux refused it ({problem})"
