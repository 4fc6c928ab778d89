"""Transactions that follow one another at once share one commit, and its one fsync."""

import asyncio
import sqlite3
from time import monotonic
from typing import Any

from crmcore.database.unavailable import not_answering

# A group is committed when nobody waits to write, or when it has so many transactions or is so old.
MAX_MEMBERS = 32
MAX_AGE_S = 0.02


class CommitGroup:
    """The transactions that are done and wait for the commit that makes them durable, all or none.

    The first begins; those that come while it ends are savepoints in the same transaction of SQLite's, so that one
    that fails takes back what is its own. Nobody hears that a transaction is committed before it is. Every method
    that takes the connection is called where the connection is at home, one call at a time.
    """

    def __init__(self) -> None:
        self._members: list[asyncio.Future[None]] = []
        self._began_at = 0.0
        self._promised = False

    def promise(self) -> None:
        """Say that a transaction is about to leave: a commit has to follow."""
        self._promised = True

    def waits(self) -> bool:
        """Tell whether a commit has to follow."""
        return self._promised

    def full(self) -> bool:
        """Tell whether it is time to commit, whoever waits."""
        waiting = len(self._members)
        return waiting >= MAX_MEMBERS or (waiting > 0 and monotonic() - self._began_at > MAX_AGE_S)

    def enter(
        self, connection: sqlite3.Connection, *, timeout_ms: int | None = None, alone: bool = False
    ) -> bool:
        """Begin a transaction; tell whether it is a part of one that others wait for.

        ``alone`` commits what is waiting first. With ``timeout_ms`` the file's lock is waited for as long at most.
        Raises what SQLite raises.
        """
        if self._members and not connection.in_transaction:  # disk full, I/O error, interrupted
            self._tell(not_answering())
        if timeout_ms is None and (alone or self.full()):
            self.commit(connection)
        if self._members:
            connection.execute("SAVEPOINT crm_member")
            return True
        if timeout_ms is None:
            connection.execute("BEGIN IMMEDIATE")
        else:
            ((usual,),) = connection.execute("PRAGMA busy_timeout").fetchall()
            connection.execute(f"PRAGMA busy_timeout = {timeout_ms}")
            try:
                connection.execute("BEGIN IMMEDIATE")
            finally:
                connection.execute(f"PRAGMA busy_timeout = {usual}")
        self._began_at = monotonic()
        return False

    def leave(self, connection: sqlite3.Connection, part: bool, member: "asyncio.Future[None]") -> None:
        """End a transaction that is to be committed; ``member`` hears of the commit."""
        try:
            if not connection.in_transaction:
                raise not_answering()
            if part:
                connection.execute("RELEASE SAVEPOINT crm_member")
        except BaseException as error:
            _deliver(member, error)
            return
        self._members.append(member)

    @staticmethod
    def undo(connection: sqlite3.Connection, part: bool | None) -> None:
        """Take back what a transaction did; what the others wait for stays.

        ``part`` is None for one that was cancelled before it had begun: nothing of what is there is its own.
        """
        if part is None or not connection.in_transaction:
            return
        if part:
            connection.execute("ROLLBACK TO SAVEPOINT crm_member")
            connection.execute("RELEASE SAVEPOINT crm_member")
        else:
            connection.execute("ROLLBACK")

    def commit(self, connection: sqlite3.Connection) -> None:
        """Commit what is waiting and tell everybody; without members nothing happens."""
        self._promised = False
        if not self._members:
            return
        try:
            if not connection.in_transaction:
                raise not_answering()
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._tell(error)
        else:
            self._tell(None)

    def _tell(self, error: BaseException | None) -> None:
        members, self._members = self._members, []
        for member in members:
            _deliver(member, error)


def _deliver(member: "asyncio.Future[None]", error: BaseException | None) -> None:
    try:
        member.get_loop().call_soon_threadsafe(_settle, member, error)
    except RuntimeError:  # the event loop is closed: nobody is left to tell
        return


def _settle(member: Any, error: BaseException | None) -> None:
    if member.done():
        return
    if error is None:
        member.set_result(None)
    else:
        member.set_exception(error)
