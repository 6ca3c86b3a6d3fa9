"""What SQLite's errors mean for a writer: wait and try again, give the file up, or give the row up."""

import sqlite3
from enum import Enum


class Fault(Enum):
    """What a failed write calls for."""

    WAIT = "wait"
    """The disk or another program is in the way; the same rows may go in later."""
    DAMAGED = "damaged"
    """The file itself is broken or foreign; nothing more can be written to it."""
    BAD_ROW = "bad row"
    """The rows are at fault, and stay so."""


_WAIT = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_WORDS = {
    sqlite3.SQLITE_BUSY: "is locked by another program; close what has it open",
    sqlite3.SQLITE_LOCKED: "is locked by another program; close what has it open",
    sqlite3.SQLITE_FULL: "can't grow, the disk is full; free some space",
    sqlite3.SQLITE_IOERR: "can't be written, the disk reports an error or a size limit",
    sqlite3.SQLITE_READONLY: "can't be written, it is read-only here or was moved away",
    sqlite3.SQLITE_CANTOPEN: "can't be opened; check that its directory is there and writable",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is not a database",
}


def fault_of(error: Exception) -> Fault:
    """Which of the three an error is.

    Errors that are not SQLite's (an integer of 2^63 or more raises OverflowError, a foreign type ProgrammingError)
    are the rows' fault, but for the operating system's own.
    """
    code = _primary_code(error)
    if code in _WAIT or isinstance(error, OSError | MemoryError):
        return Fault.WAIT
    return Fault.DAMAGED if code in _DAMAGED else Fault.BAD_ROW


def in_words(error: Exception) -> str:
    """What to say after the file's name."""
    return f"{_WORDS.get(_primary_code(error), 'can not be written')} ({error})"


def _primary_code(error: Exception) -> int:
    # Extended codes such as SQLITE_IOERR_WRITE (778) carry the primary one in their low byte.
    return getattr(error, "sqlite_errorcode", -1) & 0xFF
