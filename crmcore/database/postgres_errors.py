"""PostgreSQL's errors, in the words that both engines share."""

import re

import asyncpg
from asyncpg import exceptions as pg

from crmcore.database.errors import (
    Duplicate,
    ForeignKeyBroken,
    RefusedByDatabase,
    TransactionBroken,
    ValueMissing,
    ValueRefused,
)
from crmcore.errors import Unavailable

_KEY = re.compile(r"Key \((?P<columns>.+?)\)=\(")

# A server that is away, restarting, full, too busy, or that gave up on a statement, a lock or an idle transaction.
_PASSING = (
    OSError,  # includes TimeoutError
    pg.PostgresConnectionError,
    pg.OperatorInterventionError,
    pg.InsufficientResourcesError,
    pg.TransactionRollbackError,  # deadlock, serialization failure
    pg.LockNotAvailableError,
    pg.IdleInTransactionSessionTimeoutError,
    pg.InvalidAuthorizationSpecificationError,
    pg.InvalidCatalogNameError,
    pg.PostgresSystemError,
    pg.InternalClientError,
)


def translated(error: BaseException) -> BaseException:
    """Return the shared error for ``error``, or ``error`` itself when it is a fault of the program."""
    if isinstance(error, pg.IntegrityConstraintViolationError):
        return _integrity(error)
    if isinstance(error, pg.InFailedSQLTransactionError):
        return TransactionBroken(str(error))
    if isinstance(error, _PASSING) or _connection_is_gone(error):
        return Unavailable(headers={"Retry-After": "1"})
    if isinstance(error, pg.DataError | UnicodeEncodeError | OverflowError):
        return ValueRefused(str(error))
    return error


def _connection_is_gone(error: BaseException) -> bool:
    # asyncpg has one class for misuse and for a connection that was closed under us.
    return isinstance(error, asyncpg.InterfaceError) and "clos" in str(error)


def connection_failed(error: BaseException) -> bool:
    """Tell whether ``error`` came from the connection and not from the statement."""
    return isinstance(error, OSError | pg.PostgresConnectionError | pg.OperatorInterventionError) or (
        _connection_is_gone(error)
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
