"""PostgreSQL's errors, in the words that both engines share."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg import exceptions as pg

from crmcore.database.errors import (
    Duplicate,
    ForeignKeyBroken,
    RefusedByDatabase,
    TransactionBroken,
    ValueMissing,
    ValueRefused,
)
from crmcore.database.unavailable import disk_full, not_answering

_KEY = re.compile(r"Key \((?P<columns>.+?)\)=\(")

_LOST = (
    OSError,  # TimeoutError too
    pg.PostgresConnectionError,
    pg.OperatorInterventionError,
    # A connection that was idle when the server said goodbye: asyncpg takes the goodbye for an operation in progress.
    pg.InternalClientError,
)
# A server that is too busy, that refuses us for now, or that gave up on a statement, a lock or a transaction.
_PASSING = (
    *_LOST,
    pg.InsufficientResourcesError,
    pg.TransactionRollbackError,  # deadlock, serialization failure
    pg.LockNotAvailableError,
    pg.IdleInTransactionSessionTimeoutError,
    pg.InvalidAuthorizationSpecificationError,
    pg.InvalidCatalogNameError,
    pg.InvalidCachedStatementError,  # somebody migrated beside us; the next try prepares anew
    pg.PostgresSystemError,
)


def translated(error: BaseException) -> BaseException:
    """Return the shared error for ``error``, or ``error`` itself when it is a fault of the program."""
    if isinstance(error, pg.IntegrityConstraintViolationError):
        return _integrity(error)
    if isinstance(error, pg.InFailedSQLTransactionError):
        return TransactionBroken(str(error))
    if isinstance(error, pg.DiskFullError):
        return disk_full()
    if isinstance(error, _PASSING) or _is_closed(error):
        return not_answering()
    if isinstance(error, pg.DataError | UnicodeEncodeError | OverflowError):
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


def connection_lost(error: BaseException) -> bool:
    """Tell whether the connection, and not the statement, is at fault, so that it must not be used again.

    A statement that took too long is none: asyncpg has it cancelled, and the pool cuts a connection that does
    not come back from that.
    """
    if isinstance(error, TimeoutError | pg.QueryCanceledError):
        return False
    return isinstance(error, _LOST) or _is_closed(error)


def _is_closed(error: BaseException) -> bool:
    # asyncpg has one class for misuse and for a connection that was closed under us; its pool has taken such a one
    # back when the transaction that lost it asks again.
    return (
        isinstance(error, pg.InterfaceError)
        and re.search("clos|released back to the pool", str(error)) is not None
    )


def _integrity(error: pg.IntegrityConstraintViolationError) -> RefusedByDatabase:
    table = error.table_name or ""
    constraint = error.constraint_name or ""
    if isinstance(error, pg.UniqueViolationError):
        found = _KEY.search(error.detail or "")
        columns = tuple(part.strip().strip('"') for part in found["columns"].split(",")) if found else ()
        return Duplicate(str(error), table=table, columns=columns, constraint=constraint)
    if isinstance(error, pg.ForeignKeyViolationError):
        return ForeignKeyBroken(str(error), table=table, constraint=constraint)
    if isinstance(error, pg.NotNullViolationError):
        columns = (error.column_name,) if error.column_name else ()
        return ValueMissing(str(error), table=table, columns=columns)
    return RefusedByDatabase(str(error), table=table, constraint=constraint)
