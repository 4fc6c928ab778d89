"""One workspace's database, SQLite or PostgreSQL, as the rest of the house sees it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from crmcore.database.current import bound_engine
from crmcore.database.deadlines import patience
from crmcore.database.sqlite_engine import SqliteEngine
from crmcore.database.transactions import open_transaction
from crmcore.settings import SettingsError

if TYPE_CHECKING:
    from piccolo.conf.apps import AppConfig
    from piccolo.engine.base import Engine


class Database:
    """A database and its transactions.

    ``kind`` is for the few places where the engines' SQL differs. ``statements`` counts the statements run
    (BEGIN and COMMIT are not counted), for tests that hold a route to its budget.
    """

    def __init__(self, kind: Literal["sqlite", "postgres"], engine: Any) -> None:
        self.kind = kind
        self.engine: Engine[Any] = engine
        self._engine = engine

    @classmethod
    def from_url(cls, url: str) -> "Database":
        """Return the database at ``sqlite:///relative/file``, ``sqlite:////absolute/file`` or ``postgres://…``.

        Nothing is opened yet. SQLite takes ``?synchronous=off|normal|full`` (full unless said), PostgreSQL what
        libpq takes and ``?pool=10``. Raises :class:`~crmcore.settings.SettingsError`.
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
        count: int = self._engine.statements
        return count

    async def open(self) -> None:
        """Open the connections; raise :class:`~crmcore.errors.Unavailable` if the database is away."""
        await self._engine.start_connection_pool()

    async def close(self) -> None:
        """Close the connections; what is still running is finished first."""
        await self._engine.close_connection_pool()

    def bound(self) -> AbstractContextManager[None]:
        """Let tables use this database, in this task and the tasks it starts."""
        return bound_engine(self.engine)

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """Open a transaction, or join the one that is open in this task.

        Any exception rolls it back, a cancelled task too. Once a statement or a joined block has failed, it can
        only be rolled back, and ending it normally raises :class:`~crmcore.database.errors.TransactionBroken`.
        """
        transaction: AbstractAsyncContextManager[Any] = self._engine.transaction()
        return transaction

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Open a part of a transaction that may fail and leaves the rest whole; alone, it is a transaction."""
        transaction = open_transaction(self._engine)
        if transaction is None:
            async with self.transaction():
                yield
            return
        point = await transaction.savepoint()
        calls_before = len(transaction.committed_calls)
        try:
            yield
            transaction.must_be_whole()
        except BaseException:
            del transaction.committed_calls[calls_before:]
            await point.rollback_to()
            raise
        await point.release()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run ``call`` once the open transaction has committed, never if it rolls back; without one, now."""
        transaction = open_transaction(self._engine)
        if transaction is None:
            call()
        else:
            transaction.committed_calls.append(call)

    def patience(self, seconds: float) -> AbstractContextManager[None]:
        """Let each statement in this block take up to ``seconds`` instead of 2.5."""
        return patience(seconds)

    async def ping(self) -> None:
        """Ask the database for a sign of life; raise :class:`~crmcore.errors.Unavailable` after a second."""
        with patience(1.0):
            await self._engine.execute("SELECT 1", ())

    async def migrate(
        self, apps: "Sequence[AppConfig]", progress: Callable[[str], None] | None = None
    ) -> list[str]:
        """Run the migrations of ``apps`` that have not run yet, and return their names.

        Dependencies go first, otherwise the order is as given. Each migration is one transaction. Two processes
        may do this at once: one works, the other finds nothing left. Raises
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
    parts = urlsplit(url)
    path = unquote(parts.path)[1:]
    if parts.netloc or not path or path == ":memory:":
        raise SettingsError("database_url: write sqlite:///relative/file or sqlite:////absolute/file")
    synchronous = parse_qs(parts.query).get("synchronous", ["full"])[0]
    if synchronous not in ("off", "normal", "full"):
        raise SettingsError("database_url: synchronous is off, normal or full")
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    return SqliteEngine(file, synchronous=synchronous)


def _postgres(url: str) -> Any:
    try:
        from crmcore.database.postgres_engine import PooledPostgresEngine
    except ModuleNotFoundError as error:
        raise SettingsError("PostgreSQL needs its driver: pip install 'crmcore[postgres]'") from error
    return PooledPostgresEngine(url)
