"""Piccolo on SQLite with kept connections: many readers at once, one writer at a time, no lock errors."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

from piccolo.engine.sqlite import SQLiteEngine, TransactionType
from piccolo.querystring import QueryString

from crmcore.database.changes import Changes, written_table
from crmcore.database.commit_group import CommitGroup
from crmcore.database.compiling import compiled
from crmcore.database.endings import Endings
from crmcore.database.errors import ValueRefused
from crmcore.database.sqlite_errors import shared_errors
from crmcore.database.sqlite_here import ReadsHere
from crmcore.database.sqlite_threads import ConnectionThreads
from crmcore.database.sqlite_transaction import SqliteTransaction
from crmcore.database.sqlite_values import register_values
from crmcore.database.transactions import only_reads, open_transaction
from crmcore.database.writer_gate import WriterGate
from crmcore.telemetry.current import spanned
from crmcore.telemetry.statements import describe_statement

Synchronous = Literal["off", "normal", "full"]
T = TypeVar("T")

_DOCUMENT_COLUMN = re.compile(r'("\w+") JSONB?\b')


class SqliteEngine(SQLiteEngine):
    """A SQLite database in WAL mode behind threads that keep their connections.

    Reads outside a transaction are done at once where they are quick, otherwise on ``readers`` threads; everything
    else goes to the one writer, in turn. Transactions that wait for one another share a commit.
    ``synchronous`` is FULL: what was acknowledged survives a power cut too, for one fsync a commit. NORMAL
    keeps the file whole but may lose the last commits when the power fails.
    """

    def __init__(self, path: Path, *, readers: int = 4, synchronous: Synchronous = "full") -> None:
        super().__init__(path=str(path))
        register_values()
        self.synchronous = synchronous
        self.reader_count = readers
        self.busy_timeout_s = 5.0  # another process may be writing
        self.write_wait_s = 30.0
        self.statements = 0
        self.changes = Changes()
        self.group = CommitGroup()
        self.gate = WriterGate(self._commit_group)
        self._endings = Endings()
        self._readers: ConnectionThreads | None = None
        self._writer: ConnectionThreads | None = None
        self.reads_here: ReadsHere | None = None

    async def check_version(self) -> None:
        """Ask nothing: the version came with Python."""

    async def start_connection_pool(self) -> None:
        """Start the threads and open the database; the file and its folder are made if they are not there."""
        if self._writer is not None:
            return
        await asyncio.to_thread(self._make_file)
        self._writer = ConnectionThreads("sqlite-writer", 1, self._connect_writer)
        self._readers = ConnectionThreads("sqlite-reader", self.reader_count, self._connect_thread)
        self._writer.start()
        self._readers.start()
        self.reads_here = ReadsHere(self._connect_reader)
        try:
            with shared_errors():
                await self._writer.submit(lambda connection: None)
        except BaseException:
            await self.close_connection_pool()
            raise

    async def close_connection_pool(self) -> None:
        """Finish what is queued and close every connection."""
        await self._endings.wait()
        here, self.reads_here = self.reads_here, None
        if here is not None:
            here.close()
        threads = [threads for threads in (self._readers, self._writer) if threads is not None]
        self._readers = self._writer = None
        for each in threads:
            await asyncio.to_thread(each.stop)

    @property
    def writer(self) -> ConnectionThreads:
        """The thread that writes."""
        if self._writer is None:
            raise RuntimeError("the database is not open")
        return self._writer

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> list[dict[str, Any]]:
        """Run a query of Piccolo's and return its rows."""
        sql, arguments = compiled(querystring, "sqlite")
        return await self.execute(sql, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> list[dict[str, Any]]:
        """Run a statement that changes tables.

        A column of the type JSONB has the affinity NUMERIC here, and the document ``0.10`` would come back as
        the number 0.1; as JSONB_TEXT it keeps its text, as on PostgreSQL.
        """
        return await self.execute(_DOCUMENT_COLUMN.sub(r"\1 JSONB_TEXT", ddl), ())

    @spanned("client", describe_statement)
    async def execute(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        """Run one statement where it belongs: in the open transaction, on a reader, or on the writer."""
        self.statements += 1
        transaction: SqliteTransaction | None = open_transaction(self)
        if transaction is not None:
            return await transaction.execute(sql, arguments)
        return await self._outside(sql, lambda connection: self.rows(connection, sql, arguments))

    @spanned("client", describe_statement)
    async def tuples(self, sql: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run one statement as :meth:`execute` does, and return the values of its rows without their names."""
        self.statements += 1
        transaction: SqliteTransaction | None = open_transaction(self)
        if transaction is not None:
            return [tuple(row.values()) for row in await transaction.execute(sql, arguments)]
        return await self._outside(sql, lambda connection: _fetched(connection, sql, arguments)[1])

    async def _outside(self, sql: str, call: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``call``, which runs ``sql``, outside of any transaction."""

        def alone(connection: sqlite3.Connection) -> T:
            self.group.commit(connection)
            return call(connection)

        with shared_errors():
            if self._readers is not None and only_reads(sql):
                here = self.reads_here
                if here is not None and here.possible(sql):
                    await here.breathe()
                    done, rows = here.read(sql, call)
                    if done and rows is not None:
                        return rows
                return await self._readers.submit(call)
            await self.gate.acquire(self.write_wait_s)
            try:
                return await self.writer.submit(alone)
            finally:
                self.changes.note(written_table(sql))
                self.gate.release()

    async def before_migrating(self, seconds: float) -> None:
        """Let the writer wait up to ``seconds`` for another process that migrates the same file."""
        await self.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}", ())

    async def after_migrating(self) -> None:
        """Wait as usual again."""
        await self.execute(f"PRAGMA busy_timeout = {int(self.busy_timeout_s * 1000)}", ())

    async def finish(self, end: Coroutine[Any, Any, None]) -> None:
        """Bring a transaction to its end even if the task that waits for it is cancelled."""
        await self._endings.run(end)

    def rows(
        self, connection: sqlite3.Connection, sql: str, arguments: Sequence[Any]
    ) -> list[dict[str, Any]]:
        """Run one statement on ``connection``, in its thread, and return its rows."""
        names, rows = _fetched(connection, sql, arguments)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _commit_group(self) -> None:
        """Commit what waits for it: nobody comes to write with them."""
        if self._writer is not None and self.group.waits():
            self._writer.submit(self.group.commit, needed=True)

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> SqliteTransaction:
        """Return a transaction; all are immediate, whatever is asked for."""
        return SqliteTransaction(self, allow_nested)

    def transaction_exists(self) -> bool:
        """Tell whether this task is in a transaction."""
        return open_transaction(self) is not None

    def _make_file(self) -> None:
        """Make the folder, and the file for its owner alone; SQLite gives -wal and -shm the same mode."""
        file = Path(self.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Never opened when it is there: closing it would drop the locks of this process's connections. What else
        # is wrong with the place, SQLite says itself.
        with suppress(OSError):
            file.touch(mode=0o600, exist_ok=False)

    def _connect(self, *pragmas: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self.busy_timeout_s,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
            cached_statements=512,
            check_same_thread=False,  # the writer's is lent to the event loop's thread, see ConnectionThreads
        )
        try:
            # LIKE tells cases apart as on PostgreSQL, and can use an index; what people search is case-folded.
            for pragma in (*pragmas, "foreign_keys = ON", "case_sensitive_like = ON", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
            # SQLite's own lower() knows ASCII only; PostgreSQL's knows every alphabet.
            connection.create_function("crm_lower", 1, _lower, deterministic=True)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_writer(self) -> sqlite3.Connection:
        return self._connect(
            "journal_mode = WAL", f"synchronous = {self.synchronous}", "journal_size_limit = 67108864"
        )

    def _connect_reader(self, *pragmas: str) -> sqlite3.Connection:
        return self._connect("query_only = ON", *pragmas)

    def _connect_thread(self) -> sqlite3.Connection:
        """Open the connection of a reader's thread: with a cache of 0.5 MB instead of 2.

        There are several, what runs there is what takes long, and the system has the file in its memory besides.
        """
        return self._connect_reader("cache_size = -512")


def _fetched(
    connection: sqlite3.Connection, sql: str, arguments: Sequence[Any]
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run one statement and return the names of its columns, and its rows."""
    for argument in arguments:
        if isinstance(argument, str) and "\0" in argument:
            raise ValueRefused("a text contains the character NUL")
    cursor = connection.execute(sql, arguments)
    try:
        if cursor.description is None:
            return [], []
        return [column[0] for column in cursor.description], cursor.fetchall()
    finally:
        cursor.close()


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
