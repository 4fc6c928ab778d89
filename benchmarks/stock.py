"""Piccolo's own engines, as its documentation sets them up."""

from typing import Any
from urllib.parse import unquote, urlsplit

from piccolo.engine.sqlite import SQLiteEngine


class StockSqlite(SQLiteEngine):
    """Piccolo's own engine, which has no pool to start."""

    async def start_connection_pool(self) -> None: ...

    async def close_connection_pool(self) -> None: ...


def stock_engine(url: str) -> Any:
    """Return Piccolo's own engine for ``url``, as its documentation sets it up."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return StockSqlite(path=unquote(parts.path)[1:])
    from piccolo.engine.postgres import PostgresEngine

    return PostgresEngine(config={"dsn": url})
