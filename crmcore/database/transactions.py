"""What the transactions of both engines have in common."""

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Token
from typing import Any, Self

from piccolo.engine.base import validate_savepoint_name

from crmcore.database.changes import written_table
from crmcore.database.errors import TransactionBroken

_log = logging.getLogger(__name__)

_READS = re.compile(r"\s*(SELECT|VALUES|EXPLAIN|SHOW|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
_READS_WITH = re.compile(r"\s*WITH\b(?!.*\b(INSERT|UPDATE|DELETE|REPLACE)\b)", re.IGNORECASE | re.DOTALL)


def only_reads(sql: str) -> bool:
    """Tell whether ``sql`` surely changes nothing; in doubt it does not."""
    return bool(_READS.match(sql) or _READS_WITH.match(sql))


def open_transaction(engine: Any) -> Any:
    """Return the engine's transaction that this task is in, or None.

    A task started inside a transaction inherits it; once that has ended, the task is outside again.
    """
    transaction = engine.current_transaction.get()
    return None if transaction is None or transaction.finished else transaction


class Savepoint:
    """A point within a transaction to which it can be rolled back."""

    def __init__(self, name: str, transaction: "OwnTransaction") -> None:
        self.name = name
        self.transaction = transaction

    async def rollback_to(self) -> None:
        """Undo what happened since; the transaction is whole again."""
        await self.transaction.rollback_to(self.name)

    async def release(self) -> None:
        """Keep what happened since and forget the point."""
        await self.transaction.execute(f"RELEASE SAVEPOINT {self.name}")


class OwnTransaction(ABC):
    """A transaction that ends once, whatever happens, and does not commit half of what it was to do.

    Inside another transaction of the same task it joins that one. A failed statement breaks a PostgreSQL
    transaction, and PostgreSQL answers a later ``COMMIT`` with a quiet rollback; here both engines break alike,
    and committing a broken transaction raises.

    A joined block that fails after it has written breaks the outer transaction too: if somebody caught the
    exception and went on, half of the block's work would be committed with the rest. A block that only read, or
    that refused before it wrote anything, does no harm.
    """

    def __init__(self, engine: Any, allow_nested: bool) -> None:
        self._engine = engine
        self.finished = False
        self.broken_by: BaseException | None = None
        self.writes = 0
        self.committed_calls: list[Callable[[], None]] = []
        self._written: set[str] = set()
        self._points = 0
        self._token: Token[Any] | None = None
        self._outer: Self | None = open_transaction(engine)
        self._before = (0, 0)
        if self._outer is not None and not allow_nested:
            raise TransactionBroken("a transaction is already open here")

    @abstractmethod
    async def begin(self) -> None:
        """Begin."""

    @abstractmethod
    async def commit(self) -> None:
        """Commit, then run what was registered for after the commit."""

    @abstractmethod
    async def rollback(self) -> None:
        """Undo everything."""

    @abstractmethod
    async def execute(self, sql: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction and return its rows."""

    async def __aenter__(self) -> Self:
        if (outer := self._outer) is not None:
            outer.must_be_whole()
            self._before = (outer.writes, len(outer.committed_calls))
            return outer
        await self.begin()
        self._token = self._engine.current_transaction.set(self)
        return self

    async def __aexit__(self, kind: Any, exception: BaseException | None, traceback: Any) -> bool:
        if (outer := self._outer) is not None:
            if exception is not None:
                writes, calls = self._before
                outer.undo_joined(exception, writes, calls)
            return False
        self._engine.current_transaction.reset(self._token)
        if self.finished:
            return False
        if exception is not None:
            await self.rollback()
        elif self.broken_by is not None:
            await self.rollback()
            self.must_be_whole()
        else:
            await self.commit()
        return False

    def undo_joined(self, exception: BaseException, writes: int, calls: int) -> None:
        """Take note that a joined block failed, which found so many writes and calls when it began."""
        del self.committed_calls[calls:]
        if self.writes > writes and self.broken_by is None:
            self.broken_by = exception

    def must_be_whole(self) -> None:
        """Raise :class:`TransactionBroken` unless the transaction may go on."""
        if (cause := self.broken_by) is not None:
            raise TransactionBroken(f"the transaction can only be rolled back after: {cause!r}") from cause

    @contextmanager
    def statement(self, sql: str) -> Iterator[None]:
        """Count the statement that runs in this block; break the transaction if it fails or is cancelled."""
        self.must_be_whole()
        if not only_reads(sql):
            self.writes += 1
            self._written.add(table := written_table(sql))
            self._engine.changes.note(table)
        try:
            yield
        except BaseException as error:
            self.broken_by = error
            raise

    def call_after_commit(self) -> None:
        """Run the registered calls in order; one that fails is logged and does not stop the others."""
        for table in self._written:
            self._engine.changes.note(table)
        calls, self.committed_calls = self.committed_calls, []
        for call in calls:
            try:
                call()
            except Exception:
                _log.exception("a call after commit failed")

    async def savepoint(self, name: str | None = None) -> Savepoint:
        """Set a point to roll back to."""
        self._points += 1
        name = name or f"savepoint_{self._points}"
        validate_savepoint_name(name)
        await self.execute(f"SAVEPOINT {name}")
        return Savepoint(name, self)

    async def rollback_to(self, savepoint_name: str) -> None:
        """Undo what happened since the savepoint; the transaction is whole again."""
        validate_savepoint_name(savepoint_name)
        self.broken_by = None
        await self.execute(f"ROLLBACK TO SAVEPOINT {savepoint_name}")
