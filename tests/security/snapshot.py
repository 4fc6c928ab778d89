"""Whether anything in a database has changed, to the last row."""

import hashlib
import sqlite3
from typing import Any

from crmcore.database.database import Database
from crmcore.search.tables import SearchProgress

_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_%' ORDER BY name"
_POSTGRES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
# Who only reads gets no transaction number.
_COMMITTED = "SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS mark"
# When a session or token was last used is noted whatever the answer; who looks at the audit has it sealed up to now.
PASSING = ("login_session", "token_use", "audit_seal", "sqlite_sequence")


class Snapshot:
    """The database's rows as one sum. Nothing is read while nobody has written."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._seen: tuple[Any, dict[str, str]] = (None, {})
        self._watching = (
            sqlite3.connect(url.removeprefix("sqlite:///")) if database.kind == "sqlite" else None
        )

    def close(self) -> None:
        """Look no longer."""
        if self._watching is not None:
            self._watching.close()

    async def take(self) -> dict[str, str]:
        """Return the sum of all rows of each table."""
        mark = await self._mark()
        if mark == self._seen[0]:
            return self._seen[1]
        sums = {}
        names = await SearchProgress.raw(_POSTGRES if self._database.kind == "postgres" else _SQLITE)
        for name in (row["name"] for row in names):
            if name in PASSING:
                continue
            rows = await SearchProgress.raw(f'SELECT * FROM "{name}"')
            sum = hashlib.sha256()
            for line in sorted(repr(sorted(row.items())) for row in rows):
                sum.update(line.encode())
            sums[name] = sum.hexdigest()
        self._seen = (mark, sums)
        return self._seen[1]

    async def _mark(self) -> Any:
        """Return what differs after every commit of somebody else."""
        if self._watching is None:
            (row,) = await SearchProgress.raw(_COMMITTED)
            return row["mark"]
        return self._watching.execute("PRAGMA data_version").fetchone()[0]
