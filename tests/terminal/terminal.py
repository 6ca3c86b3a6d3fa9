"""The installed program on a real pseudo terminal, read through a terminal emulator."""

import math
import os
import re
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pexpect
import pyte

PROGRAM = str(Path(sys.executable).with_name("ibtui"))

# pyte 0.8 prints these instead of swallowing them: mode queries and kitty's keyboard protocol.
UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[\?[0-9;]*\$p|\x1b\[[><=][0-9;]*u|\x1b\[\?u")
CURSOR_REQUEST = b"\x1b[6n"


CARRIED_EVERY = 0.004
"""Seconds between two pieces that a slow link brings."""


class Terminal:
    """A terminal with ``ibtui`` running in it; answers cursor position requests as a terminal does.

    Attributes:
        raw: Every byte that it has shown.
        link: Bytes a second that the link to it carries. What the program writes beyond that waits in the link's
            buffers, as it does behind sshd: the program is not held up by it.
        answers: Whether requests for the cursor's position are answered; those that were not are when it is set again.
        emulated: Whether what comes is drawn; a measurement does without: the emulator is slower than any terminal.
    """

    def __init__(
        self,
        *arguments: str,
        columns: int = 120,
        lines: int = 40,
        environment: dict[str, str] | None = None,
        program: str = PROGRAM,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._lock = threading.Lock()
        self.raw = bytearray()
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        variables.pop("TMUX", None)
        self.child = pexpect.spawn(
            program, list(arguments), dimensions=(lines, columns), env=variables, timeout=30, echo=False
        )
        self.child.delaybeforesend = None
        self.link = math.inf
        self.answers = True
        self.emulated = True
        self._reading = threading.Event()
        self._reading.set()
        self._over, self._end = socket.socketpair()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        terminal, waiting, asked, last = self.child.child_fd, bytearray(), 0, time.monotonic()
        with suppress(OSError, ValueError):  # the terminal is closed under the reader
            while True:
                self._reading.wait()
                idle = not waiting and (self.answers or not asked)
                ready, _, _ = select.select((terminal, self._over), (), (), 1.0 if idle else CARRIED_EVERY)
                if self._over in ready:
                    return
                if ready:
                    waiting += os.read(terminal, 65536)
                last, before = time.monotonic(), last
                carried = len(waiting) if self.link == math.inf else max(1, int(self.link * min(0.1, last - before)))
                asked += self._show(bytes(waiting[:carried]))
                del waiting[:carried]
                while self.answers and asked:
                    row, column = self.screen.cursor.y + 1, self.screen.cursor.x + 1
                    os.write(terminal, b"\x1b[%d;%dR" % (row, column))
                    asked -= 1

    def _show(self, data: bytes) -> int:
        """Shows what came; how often it asks where the cursor is."""
        if not data:
            return 0
        before = max(0, len(self.raw) - len(CURSOR_REQUEST) + 1)
        self.raw += data
        if self.emulated:
            with self._lock:
                self._stream.feed(UNKNOWN_TO_PYTE.sub(b"", data))
        return self.raw.count(CURSOR_REQUEST, before)

    @property
    def frames(self) -> int:
        """Frames that were shown: each has a request for the cursor's position behind it."""
        return self.raw.count(CURSOR_REQUEST)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Stops reading, as a terminal behind a link that hangs; the program's writes soon block."""
        self._reading.clear()
        try:
            yield
        finally:
            self._reading.set()

    def resize(self, columns: int, lines: int) -> None:
        """Another size, told to the program as the kernel does."""
        with self._lock:
            self.screen.resize(lines, columns)
        self.child.setwinsize(lines, columns)

    def text(self) -> str:
        """The screen as it stands."""
        with self._lock:
            return "\n".join(self.screen.display)

    def colours(self, characters: str, lines: range) -> set[tuple[str, str]]:
        """The characters that stand on these lines, each with its colour."""
        with self._lock:
            cells = [cell for at in lines for cell in self.screen.buffer[at].values()]
        return {(cell.data, cell.fg) for cell in cells if cell.data in characters}

    def press(self, keys: str) -> None:
        """Types keys, each in a write of its own."""
        for key in re.findall(r"\x1b\[.|.", keys, re.DOTALL):
            self.child.send(key)
            time.sleep(0.03)

    def type_line(self, text: str) -> None:
        """Types a line and enter, as one who types fast."""
        self.press(text + "\r")

    def press_until(
        self, key: str, condition: Callable[[str], object], seconds: float = 15.0, again: float = math.inf
    ) -> str:
        """Presses a key, and ``again`` after so many seconds, until the screen satisfies a condition."""
        deadline = time.monotonic() + seconds
        while True:
            self.press(key)
            try:
                return self.until(condition, min(again, deadline - time.monotonic()))
            except AssertionError:
                if time.monotonic() > deadline:
                    raise

    def hang_up(self) -> None:
        """Closes the terminal under the program, as a dropped link does."""
        self._end_reader()
        self.child.ptyproc.fileobj.close()

    def until(self, wanted: str | Callable[[str], object], seconds: float = 15.0) -> str:
        """Waits until the screen shows a text (or satisfies a condition) and returns the screen.

        A terminal has no event to wait for: its screen is read until it shows what is wanted.
        """
        shown = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        deadline = time.monotonic() + seconds
        while not shown(text := self.text()):
            if time.monotonic() > deadline or not (self.child.isalive() or shown(self.text())):
                raise AssertionError(f"not on the screen within {seconds} s: {wanted}\n{text}")
            time.sleep(0.02)
        return text

    def wait(self, seconds: float = 10.0) -> int:
        """Waits for the program's end and returns its exit code."""
        deadline = time.monotonic() + seconds
        while self.child.isalive():
            if time.monotonic() > deadline:
                raise AssertionError(f"still running after {seconds} s\n{self.text()}")
            time.sleep(0.02)
        self._reading.set()
        self._reader.join(5.0)  # until it has read what there is
        self._end_reader()
        self.child.ptyproc.delayafterclose = 0.0  # pexpect's wait for what has ended
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else 128 + (self.child.signalstatus or 0)

    def press_until_ended(self, key: str, seconds: float = 15.0) -> int:
        """Presses a key again and again, as people do; one that falls into the switch to raw mode is lost."""
        deadline = time.monotonic() + seconds
        while self.child.isalive() and time.monotonic() < deadline:
            self.child.send(key)
            pressed = time.monotonic()
            while self.child.isalive() and time.monotonic() - pressed < 2:
                time.sleep(0.02)
        return self.wait(0.1)

    def _end_reader(self) -> None:
        """Before the terminal is closed: the next one that is opened may get its number, and is not to be read here."""
        if self._reader.is_alive():
            self._reading.set()
            self._end.send(b"x")
            self._reader.join()
        self._over.close()
        self._end.close()

    def close(self) -> None:
        """Ends the program if it still runs; a machine that is full takes its time over what was killed."""
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
        if not self.child.closed:
            self.wait()
