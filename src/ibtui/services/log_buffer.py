"""Logging: a rotating file and a ring of the last lines in memory. The terminal never gets a log line."""

import atexit
import logging
import os
import queue
import re
from collections import deque
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from typing import NamedTuple

RING_LINES = 2000
FILE_BYTES = 5_000_000
FILES_KEPT = 3
DATE_FORMAT = "%Y-%m-%dT%H:%M:%S"

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class LogLine(NamedTuple):
    """One line as screen 9 shows it. ``level`` is logging's number, ``text`` is free of control characters."""

    ts_ns: int
    level: int
    source: str
    text: str


class LogBuffer(logging.Handler):
    """The last lines, newest last, and how many there ever were.

    Attributes:
        lines: At most :data:`RING_LINES`.
        total: Lines ever, so that a reader knows how many are new.
        errors: Lines of level ERROR and above, ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[LogLine] = deque(maxlen=RING_LINES)
        self.total = 0
        self.errors = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Takes one record; called by logging, never raises."""
        try:
            text = clean(record.getMessage())
            if record.exc_info and record.exc_info[1] is not None:
                text += f" ({type(record.exc_info[1]).__name__}: {clean(str(record.exc_info[1]))})"
        except Exception as error:
            # A bad log call must not take its caller down.
            text = f"a log line that can't be formatted: {error!r}"
        self.lines.append(LogLine(int(record.created * 1e9), record.levelno, record.name, text))
        self.total += 1
        self.errors += record.levelno >= logging.ERROR


class Logging:
    """What :func:`set_up` started: the ring in :attr:`buffer`, and the file's thread."""

    def __init__(self, buffer: LogBuffer, listener: QueueListener, handlers: tuple[logging.Handler, ...]) -> None:
        self.buffer = buffer
        self._listener: QueueListener | None = listener
        self._handlers = handlers

    def close(self) -> None:
        """Writes what is queued and ends the file's thread. Harmless when called twice."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
        listener.stop()
        for handler in listener.handlers:
            handler.close()
        atexit.unregister(self.close)


def set_up(file: Path, level: str = "INFO") -> Logging:
    """Sends every log line and warning to ``file`` (0600, rotating, from a thread of its own) and to a ring.

    ib_insync writes positions and account values at INFO, so it is held at WARNING unless ``level`` is DEBUG.
    """
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    to_file = _PrivateRotatingFile(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True)
    to_file.setFormatter(_CleanFormatter("%(asctime)s.%(msecs)03d %(levelname)-7s %(name)s: %(message)s", DATE_FORMAT))
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = QueueListener(waiting, to_file)
    buffer = LogBuffer()
    handlers = (QueueHandler(waiting), buffer)
    root = logging.getLogger()
    for handler in list(root.handlers):
        if type(handler) is logging.StreamHandler:
            root.removeHandler(handler)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level.upper())
    debugging = level.upper() == "DEBUG"
    logging.getLogger("ib_insync").setLevel(logging.DEBUG if debugging else logging.WARNING)
    # Three error lines for each failed try, of which the supervisor tells the cause in one.
    logging.getLogger("ib_insync.client").setLevel(logging.DEBUG if debugging else logging.CRITICAL)
    logging.getLogger("ib_insync.wrapper").addFilter(_is_no_answer_to_a_cancel)
    listener.start()
    started = Logging(buffer, listener, handlers)
    atexit.register(started.close)
    return started


def clean(text: str) -> str:
    """Text from the wire without control characters; line breaks become spaces."""
    return _CONTROL.sub("", text.replace("\r", " ").replace("\n", " "))


def _is_no_answer_to_a_cancel(record: logging.LogRecord) -> bool:
    """IB answers the cancel of a history request with error 162, which is none: the chart was left."""
    return "historical data query cancelled" not in str(record.msg)


class _PrivateRotatingFile(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        private = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(private, "a", encoding=self.encoding)


class _CleanFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        first, *rest = super().format(record).splitlines() or [""]
        return "\n".join([_CONTROL.sub("", first), *("    " + _CONTROL.sub("", line) for line in rest)])
