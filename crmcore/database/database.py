"""One workspace's database, SQLite or PostgreSQL, as the rest of the house sees it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from crmcore.database.changes import Changes
from crmcore.database.current import bound_engine
from crmcore.database.deadlines import patience
from crmcore.database.sqlite_engine import SqliteEngine, Synchronous
from crmcore.database.transactions import open_transaction
from crmcore.errors import Unavailable
from crmcore.settings import SettingsError

if TYPE_CHECKING:
    from piccolo.conf.apps import AppConfig

    from crmcore.database.postgres_engine import PooledPostgresEngine


class Database:
    """A database and its transactions.

    ``kind`` is for the few places where the engines' SQL differs. ``statements`` counts the statements run
    (BEGIN and COMMIT are not counted), for tests that hold a route to its budget.
    """

    def __init__(
        self, kind: Literal["sqlite", "postgres"], engine: "SqliteEngine | PooledPostgresEngine"
    ) -> None:
        self.kind = kind
        self.engine = engine

    @classmethod
    def from_url(cls, url: str) -> "Database":
        """Return the database at ``sqlite:///relative/file``, ``sqlite:////absolute/file`` or ``postgres://…``.

        Nothing is opened yet. SQLite takes ``?synchronous=off|normal|full`` (full unless said), PostgreSQL
        what libpq takes and ``?pool=10``. Raises :class:`~crmcore.settings.SettingsError`.
        """
        scheme = url.partition(":")[0]
        if scheme == "sqlite":
            return cls("sqlite", _sqlite(url))
        if scheme in ("postgres", "postgresql"):
            return cls("postgres", _postgres(url))
        raise SettingsError(
            f"database_url: “{scheme}:” is not a database; use sqlite:///file or postgres://…"
        )

    @property
    def statements(self) -> int:
        """How many statements were run since the database was made."""
        return self.engine.statements

    @property
    def changes(self) -> Changes:
        """Which tables were written to."""
        return self.engine.changes

    async def open(self) -> None:
        """Open the connections; raise :class:`~crmcore.errors.Unavailable` if the database is away."""
        await self.engine.start_connection_pool()

    async def close(self) -> None:
        """Close the connections; what is still running is finished first."""
        await self.engine.close_connection_pool()

    def bound(self) -> AbstractContextManager[None]:
        """Let tables use this database, in this task and the tasks it starts."""
        return bound_engine(self.engine)

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """Open a transaction, or join the one that is open in this task.

        Any exception rolls it back, and so does a cancelled task. When a statement fails, or a joined block
        that has written, the transaction can only be rolled back: going on with it raises
        :class:`~crmcore.database.errors.TransactionBroken`. What may fail goes into :meth:`savepoint`.
        """
        return self.engine.transaction()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Open a part of a transaction that may fail and leaves the rest whole.

        Outside a transaction it is one.
        """
        transaction = open_transaction(self.engine)
        if transaction is None:
            async with self.transaction():
                yield
            return
        point = await transaction.savepoint()
        calls_before, writes_before = len(transaction.committed_calls), transaction.writes
        try:
            yield
            transaction.must_be_whole()
        except BaseException as error:
            del transaction.committed_calls[calls_before:]
            try:
                await point.rollback_to()
            except Unavailable:
                # Everything is rolled back already, or the server is gone: what went wrong first says why.
                if isinstance(error, Unavailable):
                    raise error from None
                raise
            transaction.writes = writes_before
            raise
        await point.release()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run ``call`` once the open transaction has committed, never if it rolls back; without one, now."""
        transaction = open_transaction(self.engine)
        if transaction is None:
            call()
        else:
            transaction.committed_calls.append(call)

    def patience(self, seconds: float) -> AbstractContextManager[None]:
        """Let each statement in this block take up to ``seconds`` instead of 30.

        A request wants an answer within 3 s also when the server hangs, so it runs with 2.5.
        """
        return patience(seconds)

    async def ping(self) -> None:
        """Ask the database for a sign of life; raise :class:`~crmcore.errors.Unavailable` after a second."""
        with patience(1.0):
            await self.engine.execute("SELECT 1", ())

    async def migrate(
        self, apps: "Sequence[AppConfig]", progress: Callable[[str], None] | None = None
    ) -> list[str]:
        """Run the migrations of ``apps`` that have not run yet, and return their names.

        Dependencies go first, otherwise the order is as given. Each migration is one transaction. Two
        processes may do this at once: one works, the other finds nothing left. Raises
        :class:`~crmcore.database.errors.MigrationFailed`; what ran before stays.
        """
        from crmcore.database.migrating import Migrating

        with self.bound():
            return await Migrating(self, apps).run(progress)

    async def pending_migrations(self, apps: "Sequence[AppConfig]") -> list[str]:
        """Return the names of the migrations of ``apps`` that have not run yet, in the order they would."""
        from crmcore.database.migrating import Migrating

        with self.bound():
            return await Migrating(self, apps).pending()


def _sqlite(url: str) -> SqliteEngine:
    path, _, options = url.removeprefix("sqlite:///").partition("?")
    if not url.startswith("sqlite:///") or not path or ":memory:" in path:
        raise SettingsError("database_url: write sqlite:///relative/file or sqlite:////absolute/file")
    for synchronous in get_args(Synchronous):
        if options in ("", f"synchronous={synchronous}"):
            return SqliteEngine(Path(path), synchronous=synchronous if options else "full")
    raise SettingsError(f"database_url: “?{options}” is not known; there is ?synchronous=off, normal or full")


def _postgres(url: str) -> "PooledPostgresEngine":
    try:
        from crmcore.database.postgres_engine import PooledPostgresEngine
    except ModuleNotFoundError as error:
        raise SettingsError("PostgreSQL needs its driver: pip install 'crmcore[postgres]'") from error
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    try:
        (size,) = map(int, options.pop("pool", ["10"]))
    except ValueError:
        size = 0
    if not 0 < size <= 1000:
        raise SettingsError("database_url: pool is a number of connections, such as ?pool=10")
    return PooledPostgresEngine(
        urlunsplit(parts._replace(query=urlencode(options, doseq=True))), max_size=size
    )
