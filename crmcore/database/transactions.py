"""What the transactions of both engines have in common."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from crmcore.database.errors import TransactionBroken

_log = logging.getLogger(__name__)

_READS = re.compile(r"\s*(SELECT|VALUES|EXPLAIN|SHOW|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
_READS_WITH = re.compile(r"\s*WITH\b(?!.*\b(INSERT|UPDATE|DELETE|REPLACE)\b)", re.IGNORECASE | re.DOTALL)


def only_reads(sql: str) -> bool:
    """Tell whether ``sql`` surely changes nothing; in doubt it does not."""
    return bool(_READS.match(sql) or _READS_WITH.match(sql))


class TransactionState:
    """Whether a transaction may still commit, and what is called when it has.

    A failed statement breaks a PostgreSQL transaction, and PostgreSQL answers a later ``COMMIT`` with a quiet
    rollback. Here both engines break alike, and committing a broken transaction raises.
    """

    def __init__(self) -> None:
        self.broken_by: BaseException | None = None
        self.finished = False
        self.writes = 0
        self.committed_calls: list[Callable[[], None]] = []

    def must_be_whole(self) -> None:
        """Raise :class:`TransactionBroken` unless the transaction may go on."""
        if self.broken_by is not None:
            cause = self.broken_by
            raise TransactionBroken(f"the transaction can only be rolled back after: {cause!r}") from cause

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Break the transaction if the statement in this block fails or is cancelled."""
        try:
            yield
        except BaseException as error:
            self.broken_by = error
            raise

    def call_after_commit(self) -> None:
        """Run the registered calls in order; one that fails is logged and does not stop the others."""
        calls, self.committed_calls = self.committed_calls, []
        for call in calls:
            try:
                call()
            except Exception:
                _log.exception("a call after commit failed")


class Joined:
    """A block that joined the transaction around it.

    When it fails after it has written, half of its work would be committed with the rest if the outer block
    caught the exception and went on, so the outer transaction is broken. A block that only read, or that refused
    before it wrote anything, leaves the outer one whole.
    """

    def __init__(self, outer: TransactionState) -> None:
        outer.must_be_whole()
        self._outer = outer
        self._writes_before = outer.writes
        self._calls_before = len(outer.committed_calls)

    def end(self, exception: BaseException | None) -> None:
        """End the block, with what it raised or None."""
        if exception is None:
            return
        del self._outer.committed_calls[self._calls_before :]
        if self._outer.writes > self._writes_before and self._outer.broken_by is None:
            self._outer.broken_by = exception


def open_transaction(engine: Any) -> Any:
    """Return the engine's transaction that this task is in, or None.

    A task started inside a transaction inherits it; once that has ended, the task is outside again.
    """
    transaction = engine.current_transaction.get()
    return None if transaction is None or transaction.finished else transaction
