"""SQLite's errors, in the words that both engines share."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from crmcore.database.errors import Duplicate, ForeignKeyBroken, RefusedByDatabase, ValueMissing, ValueRefused
from crmcore.database.unavailable import disk_full, not_answering

_UNIQUE = re.compile(r"UNIQUE constraint failed: (?P<columns>.+)")
_NOT_NULL = re.compile(r"NOT NULL constraint failed: (?P<columns>.+)")

# Primary result codes, https://sqlite.org/rescode.html
_FULL = 13
# BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CANTOPEN, PROTOCOL
_PASSING = frozenset({5, 6, 7, 8, 9, 10, 14, 15})


def translated(error: BaseException) -> BaseException:
    """Return the shared error for ``error``, or ``error`` itself when it is a fault of the program."""
    if isinstance(error, sqlite3.IntegrityError):
        return _integrity(error)
    if isinstance(error, sqlite3.OperationalError):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == _FULL:
            return disk_full()
        return not_answering() if code in _PASSING else error
    if isinstance(error, OverflowError | UnicodeEncodeError | sqlite3.DataError):
        return ValueRefused(str(error))
    return error


@contextmanager
def shared_errors() -> Iterator[None]:
    """Raise what goes wrong in this block in the words that both engines share."""
    try:
        yield
    except BaseException as error:
        shared = translated(error)
        if shared is error:
            raise
        raise shared from error


def _integrity(error: sqlite3.IntegrityError) -> RefusedByDatabase:
    text = str(error)
    if found := _UNIQUE.search(text):
        table, columns = _names(found["columns"])
        return Duplicate(text, table=table, columns=columns)
    if found := _NOT_NULL.search(text):
        table, columns = _names(found["columns"])
        return ValueMissing(text, table=table, columns=columns)
    if "FOREIGN KEY" in text:
        return ForeignKeyBroken(text)
    return RefusedByDatabase(text)


def _names(listed: str) -> tuple[str, tuple[str, ...]]:
    """Split ``contact_point.kind, contact_point.normalized``; an index on expressions is named instead."""
    if "." not in listed:
        return "", ()
    pairs = [part.strip().rsplit(".", 1) for part in listed.split(",")]
    return pairs[0][0], tuple(pair[-1] for pair in pairs)
