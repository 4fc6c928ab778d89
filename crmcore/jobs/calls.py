"""Calls to the workers of other processes: there is something to do. On PostgreSQL, by NOTIFY and LISTEN."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import structlog

if TYPE_CHECKING:
    from crmcore.database.database import Database
    from crmcore.database.postgres_engine import PooledPostgresEngine
    from crmcore.database.postgres_listener import PostgresListener

CHANNEL = "crmcore_jobs"
_GATHERED_S = 0.005
# A notice has at most 8,000 bytes; a lane with its moment has 70.
_MOST_LANES = 100

Hear = Callable[[str, datetime], None]


class Caller:
    """Says after a commit in which lanes there are jobs now. What is said at once is said together.

    NOTIFY within the writer's own transaction would let all commits of the database wait for each other. This one
    follows the commit, on a connection of its own; when it is lost, the workers find the job when they look next.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._due: dict[str, datetime] = {}
        self._calling: asyncio.Task[None] | None = None

    def call(self, plugin: str, run_at: datetime) -> None:
        """Tell the other processes of a job of ``plugin`` that is due at ``run_at``; needs PostgreSQL."""
        if self._database.kind != "postgres":
            return
        engine: PooledPostgresEngine = self._database.engine  # type: ignore[assignment]
        self._due[plugin] = min(run_at, self._due.get(plugin, run_at))
        if self._calling is None or self._calling.done():
            self._calling = engine.say(self._call(engine))

    async def _call(self, engine: "PooledPostgresEngine") -> None:
        while self._due:
            await asyncio.sleep(_GATHERED_S)
            due, self._due = self._due, {}
            while due:
                said = {plugin: due.pop(plugin) for plugin in list(due)[:_MOST_LANES]}
                text = msgspec.json.encode(said).decode()
                try:
                    await engine.notify(CHANNEL, text)
                except Exception as error:
                    structlog.get_logger("crmcore.jobs").info("job_call_lost", error=type(error).__name__)


def listener_of(database: "Database", hear: Hear, hear_all: Callable[[], None]) -> "PostgresListener | None":
    """Return what hears the calls: ``hear`` for each lane, ``hear_all`` when some may have been missed.

    None on SQLite, whose workers look by themselves.
    """
    if database.kind != "postgres":
        return None
    from crmcore.database.postgres_listener import PostgresListener

    def heard(text: str | None) -> None:
        if text is None:
            hear_all()
            return
        for plugin, run_at in msgspec.json.decode(text, type=dict[str, datetime]).items():
            hear(plugin, run_at)

    return PostgresListener(str(database.engine.config["dsn"]), CHANNEL, heard)  # type: ignore[union-attr]
