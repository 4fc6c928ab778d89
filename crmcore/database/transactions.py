"""What the transactions of both engines have in common."""

import logging
from collections.abc import Callable
from typing import Any

from crmcore.database.errors import TransactionBroken

_log = logging.getLogger(__name__)


class TransactionState:
    """Whether a transaction may still commit, and what is called when it has.

    A failed statement breaks a PostgreSQL transaction, and PostgreSQL answers a later ``COMMIT`` with a quiet
    rollback. Here both engines break alike, and committing a broken transaction raises.
    """

    def __init__(self) -> None:
        self.broken_by: BaseException | None = None
        self.finished = False
        self.committed_calls: list[Callable[[], None]] = []

    def must_be_whole(self) -> None:
        """Raise :class:`TransactionBroken` unless the transaction may go on."""
        if self.broken_by is not None:
            raise TransactionBroken(
                f"the transaction was rolled back after: {self.broken_by!r}"
            ) from self.broken_by

    def call_after_commit(self) -> None:
        """Run the registered calls in order; one that fails is logged and does not stop the others."""
        calls, self.committed_calls = self.committed_calls, []
        for call in calls:
            try:
                call()
            except Exception:
                _log.exception("a call after commit failed")


def open_transaction(engine: Any) -> Any:
    """Return the engine's transaction that this task is in, or None.

    A task started inside a transaction inherits it; when the transaction has ended, the task is outside again.
    """
    transaction = engine.current_transaction.get()
    return None if transaction is None or transaction.finished else transaction
