"""When a frame may be painted: only when the terminal has shown the last one.

With each frame goes a probe, ``ESC[6n``; its answer says that everything before it was read. Without that, frames pile
up in the link's buffers and a key shows seconds later (measured on 256 kbit/s: 3.3 s against 22 ms), or the loop stands
still behind a terminal that stopped reading (6.6 s of an 8 s stall).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from textual.app import App

PROBE = "\x1b[6n"
"""Asks the terminal where its cursor is; answered when everything written before has been read."""

FRAME_RATE = 10.0
"""Frames a second at most."""

TMUX_FRAME_RATE = 5.0
"""The same inside tmux, which answers probes itself: they say nothing about the link behind it."""

SLOWEST_FRAME_RATE = 1.0
"""Frames a second that a slow link is asked to carry, as long as it carries one a second."""

NEAR = 32
"""Answers of which the quickest tells how far away the terminal is."""

PATIENCE = 2.0
"""Seconds to wait for a first answer before the terminal counts as one that never answers."""

LOST_AFTER = 5.0
"""Seconds after which an answer may have been lost on the way, and the probe is sent once more."""

LAST_ANSWER = 0.5
"""Seconds to wait for the last answer when the program ends: later it would land on the shell's prompt."""


class Terminal(Protocol):
    """What the pacer needs of a driver."""

    @property
    def backlog(self) -> int:
        """Writes that the terminal has not taken yet."""

    @property
    def written(self) -> int:
        """Bytes that the terminal took."""

    def take_frame(self) -> bool:
        """Whether anything was written since the last call."""

    def write(self, data: str) -> None:
        """Queues data for the terminal."""


def inside_tmux(environment: Mapping[str, str]) -> bool:
    """Whether the terminal is tmux or screen, which answer probes themselves."""
    return bool(environment.get("TMUX") or environment.get("TERM", "").startswith(("tmux", "screen")))


class FrameGate:
    """Counts probes and answers. No terminal, no Textual: only what may happen when.

    After a frame that a slow link was busy with, the link is left idle for as long: whoever presses a key then does
    not wait behind a frame, and the rate sinks by itself as the link gets slower.

    Attributes:
        outstanding: Probes without an answer.
        round_trip: Seconds of the last answered probe; None before the first.
        skipped: Frames that were due and were not painted.
        measured: Whether answers tell about the link (not inside tmux, not where nothing answers).
    """

    def __init__(self, monotonic: Callable[[], float], *, measured: bool = True) -> None:
        self._monotonic = monotonic
        self._sent: list[float] = []
        self._asked = float("-inf")
        self._next = float("-inf")
        self._lately: deque[float] = deque(maxlen=NEAR)
        self._key_waits = False
        self._answered = False
        self._silent = False
        self._in_tmux = not measured
        self._all_answered = asyncio.Event()
        self._all_answered.set()
        self.round_trip: float | None = None
        self.skipped = 0

    @property
    def outstanding(self) -> int:
        """Probes without an answer."""
        return len(self._sent)

    @property
    def measured(self) -> bool:
        """Whether the round trip says something about the link."""
        return self._answered and not self._in_tmux

    def painted(self) -> bool:
        """A frame was written. Returns whether a probe is to follow it."""
        # With nothing on its way this may have been the regular frame, made before the key was handled.
        self._key_waits &= not self._sent
        if self._silent:
            return False
        self._asked = self._monotonic()
        self._sent.append(self._asked)
        self._all_answered.clear()
        return True

    def ask_again(self, backlog: int) -> bool:
        """Whether a probe is to be sent once more, without a frame; an answer to it is one to all before it.

        An answer can get lost, torn apart on a slow link for one, and without this nothing would ever be painted again
        but what keys ask for. A terminal that stalls answers them all when it reads on.
        """
        now = self._monotonic()
        if not self._answered or not self._sent or backlog or now - self._asked < LOST_AFTER:
            return False
        self._asked = now
        del self._sent[1:]
        return True

    def answered(self) -> None:
        """An answer came; answers come in order, so it is the oldest probe's."""
        self._answered, self._silent = True, False
        if self._sent:
            asked = self._sent.pop(0)
            took = self.round_trip = self._monotonic() - asked
            self._lately.append(took)
            if not self._in_tmux:
                busy = took - min(self._lately)
                self._next = asked + min(took + busy, 1 / SLOWEST_FRAME_RATE)
        if not self._sent:
            self._all_answered.set()

    async def all_answered(self) -> None:
        """Returns once no probe waits for its answer."""
        await self._all_answered.wait()

    def key_pressed(self) -> None:
        """A key may paint one frame ahead of the answers."""
        self._key_waits = True

    def frame_due(self, backlog: int) -> bool:
        """Whether the next regular frame may be painted now; counts it as skipped where not."""
        self._give_up()
        due = backlog == 0 and not self._sent and self._monotonic() >= self._next
        self.skipped += not due
        return due

    def may_paint(self, backlog: int) -> bool:
        """Whether anything may be painted now."""
        self._give_up()
        if self._key_waits:
            return len(self._sent) <= 1
        return backlog == 0 and not self._sent

    def _give_up(self) -> None:
        if not self._answered and self._sent and self._monotonic() - self._sent[0] > PATIENCE:
            self._silent = True
            self._sent.clear()
            self._all_answered.set()


class Pacer:
    """Holds Textual's painting back with ``batch_update`` whenever the gate is shut, and lets go when it opens."""

    def __init__(self, app: "App[None]", gate: FrameGate) -> None:
        self._app = app
        self.gate = gate
        self._hold = ExitStack()
        self._held = False
        self._swallowed = False
        self._ended = False
        self.terminal: Terminal | None = None

    def displayed(self) -> None:
        """Textual has written what it had to write: the probe follows it, and painting is held."""
        if self.terminal is None or self._ended:
            return
        batch = self._app._batch_count > 0
        # A layout that Textual finishes during a batch, ours or its own, takes its paint for done and drops it.
        self._swallowed |= batch
        # What was written during a batch is a bell or a title, not a frame.
        if self.terminal.take_frame() and not batch and self.gate.painted():
            self.terminal.write(PROBE)
            self.terminal.take_frame()
        self.sync()

    def answered(self) -> None:
        """The terminal answered a probe."""
        self.gate.answered()
        self.sync()

    def key_pressed(self) -> None:
        """A key arrived: what it changes may be shown one frame ahead."""
        self.gate.key_pressed()
        self.sync()

    def frame_due(self) -> bool:
        """Whether a regular frame may be made now."""
        if self._ended:
            return False
        if self.terminal is None:
            return True
        due = self.gate.frame_due(self.terminal.backlog)
        if self.gate.ask_again(self.terminal.backlog):
            self.terminal.write(PROBE)
            self.terminal.take_frame()
        self.sync()
        return due

    def sync(self) -> None:
        """Holds or releases painting as the gate says."""
        if self._ended or self.terminal is None:
            return
        free = self.gate.may_paint(self.terminal.backlog)
        if free:
            self._release()
        elif not self._held:
            self._held = True
            self._hold.enter_context(self._app.batch_update())

    def _release(self) -> None:
        """Lets Textual paint, and has it paint again what a batch swallowed."""
        held, self._held = self._held, False
        self._hold.close()
        repaint = self._swallowed and not self._app._batch_count
        if repaint:
            self._swallowed = False
            self._app.screen.refresh()
        if held or repaint:
            # What was asked for during the hold is painted only on the screen's next idle; without this, never.
            self._app.screen.check_idle()

    def end(self) -> None:
        """Stops painting for good: the program or the terminal is going."""
        self._ended = True
        if not self._held:
            self._held = True
            self._hold.enter_context(self._app.batch_update())
