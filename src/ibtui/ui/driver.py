"""The terminal: every byte to it goes through a queue that never blocks the loop, every byte from it past the guard."""

import codecs
import os
import select
import selectors
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from ibtui.ui.keyguard import CURSOR_REPORT, KeyGuard
from ibtui.ui.type_ahead import TypeAhead

CLOSE_WAIT = 0.5
"""Seconds that the last bytes may take to leave when the program ends."""

POINTER_SHAPE = "\x1b]22;"
"""Begin of what Textual says of the mouse's pointer with each screen; few terminals know it, and it is no frame."""


class Output(threading.Thread):
    """Writes to the terminal in its own thread. Writing to it never waits.

    The pacer keeps the queue short; a terminal that stops reading holds up this thread and nothing else.

    Attributes:
        written: Bytes that the terminal took.
    """

    def __init__(self, fileno: int, on_error: Callable[[OSError], None]) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._fileno = fileno
        self._on_error = on_error
        self._pending: deque[str] = deque()
        self._wake = threading.Condition()
        self._writing = 0
        self.written = 0
        self._closing = False
        self._broken = False

    @property
    def backlog(self) -> int:
        """Writes that the terminal has not taken yet, the one under way included."""
        return len(self._pending) + self._writing

    def put(self, text: str) -> None:
        """Queues text; dropped once the terminal is gone."""
        with self._wake:
            if not self._broken:
                self._pending.append(text)
            self._wake.notify()

    def close(self, wait: float) -> None:
        """Writes what is left, for at most ``wait`` seconds."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self.join(wait)

    def run(self) -> None:
        """Writes until closed or until the terminal is gone."""
        while True:
            with self._wake:
                self._writing = 0
                while not self._pending and not self._closing:
                    self._wake.wait()
                if not self._pending:
                    return
                self._writing = len(self._pending)
                data = "".join(self._pending).encode("utf-8", "replace")
                self._pending.clear()
            try:
                while data:
                    # A terminal that another program set to not blocking is full for a moment, not gone.
                    with suppress(BlockingIOError):
                        taken = os.write(self._fileno, data)
                        self.written += taken
                        data = data[taken:]
                        continue
                    select.select((), (self._fileno,), ())
            except OSError as error:
                with self._wake:
                    self._broken = True
                    self._pending.clear()
                    self._writing = 0
                self._on_error(error)
                return


class ConsoleDriver(LinuxDriver):
    """Textual's driver with our own output queue and our own reading of the keyboard."""

    def __init__(
        self, app: Any, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._output: Output | None = None
        self._fresh = False
        self.guard = KeyGuard()
        self._typed = TypeAhead(app)
        self.on_answer: Callable[[], None] = lambda: None
        self.on_lost: Callable[[str], None] = lambda cause: None
        app.terminal_ready(self)

    @property
    def backlog(self) -> int:
        """Writes that the terminal has not taken yet."""
        return self._output.backlog if self._output else 0

    @property
    def written(self) -> int:
        """Bytes that the terminal took."""
        return self._output.written if self._output else 0

    def _get_terminal_size(self) -> tuple[int, int]:
        # Textual believes COLUMNS and LINES first, and an environment can be older than the terminal.
        try:
            return os.get_terminal_size(self.fileno)
        except OSError:
            return super()._get_terminal_size()

    def take_frame(self) -> bool:
        """Whether anything was written since the last call."""
        fresh, self._fresh = self._fresh, False
        return fresh

    def write(self, data: str) -> None:
        """Queues data for the terminal; never waits."""
        if self._output is not None and not data.startswith(POINTER_SHAPE):
            self._fresh = True
            self._output.put(data)

    def start_application_mode(self) -> None:
        """Starts the output thread, then what Textual starts."""
        self._output = Output(sys.__stderr__.fileno() if sys.__stderr__ else 2, self._output_failed)
        self._output.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # Textual reads the size inside the signal's handler. One that the next signal interrupted told its old size
        # after the new one, and the screen stayed as it never was (one storm of fifty sizes in ten, seen).
        self._loop.add_signal_handler(signal.SIGWINCH, self._resized)

    def _resized(self) -> None:
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self._app.post_message(events.Resize(size, size))

    def close(self) -> None:
        """Lets the last bytes out, for a bounded time, then ends Textual's threads."""
        if self._output is not None:
            self._output.close(CLOSE_WAIT)
        super().close()

    def end_input(self) -> None:
        """Ends the input thread: a closed terminal would otherwise keep it spinning."""
        self.exit_event.set()

    def run_input_thread(self) -> None:
        """Reads the keyboard until told to stop or until the terminal is gone."""
        parser = XTermParser(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    try:
                        data = os.read(self.fileno, 4096)
                    except BlockingIOError:
                        continue
                    except OSError as error:
                        self._lost(f"the terminal can't be read: {error.strerror}")
                        return
                    if not data:
                        self._lost("the terminal was closed")
                        return
                    now = time.monotonic()
                    text = self.guard.read(decode(data), now)
                    if CURSOR_REPORT.fullmatch(text):  # with every frame; the parser would take half a millisecond
                        self._on_loop(self.on_answer)
                        continue
                    for event in parser.feed(text) if text else ():  # feeding nothing means end of file to it
                        event.time = now  # when it was read, however long the keys before it take
                        self.process_message(event)
                    if self.guard.doubtful == now:
                        # What follows a long paste has waited for all of it to be told.
                        self.guard.doubtful = time.monotonic()
                for event in parser.tick():
                    self.process_message(event)

    def process_message(self, message: Message) -> None:
        """Keeps the answers to our probes to ourselves; everything else is Textual's."""
        if isinstance(message, events.CursorPosition):
            self._on_loop(self.on_answer)
        else:
            super().process_message(message)

    def send_message(self, message: Message) -> None:
        """To the app, in order."""
        self._on_loop(self._typed.put, message)

    def _output_failed(self, error: OSError) -> None:
        self._lost(f"the terminal can't be written: {error.strerror}")

    def _lost(self, cause: str) -> None:
        self._on_loop(self.on_lost, cause)

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)
