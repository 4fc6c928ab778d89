"""How a process hears that another one has committed something."""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from crmcore.database.sqlite_engine import SqliteEngine
from crmcore.live.bell import CHANNEL

if TYPE_CHECKING:
    from crmcore.database.database import Database
    from crmcore.live.bell import Bell

LOOK_EVERY_S = 0.05
"""How often a process on SQLite asks whether the file has changed: 8 µs each time, as long as somebody listens."""
ASK_EVERY_S = 15.0
_CONNECT_S = 5.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 10.0
_VERSION = "PRAGMA data_version"


async def listen_elsewhere(database: "Database", bell: "Bell", wake: Callable[[], None]) -> None:
    """Call ``wake`` after commits of other processes, until cancelled."""
    engine: Any = database.engine
    if isinstance(engine, SqliteEngine):
        await _look(engine, wake)
    else:
        await _listen(str(engine.config["dsn"]), bell.name, wake)


async def _look(engine: SqliteEngine, wake: Callable[[], None]) -> None:
    last = -1
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        here = engine.reads_here
        if here is None:
            continue
        # On the event loop's own connection: the question reads one page of shared memory.
        with suppress(sqlite3.Error):
            done, version = here.read(_VERSION, _data_version)
            if done and version is not None and version != last:
                last = version
                wake()


def _data_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute(_VERSION).fetchone()[0])


async def _listen(dsn: str, own_name: str, wake: Callable[[], None]) -> None:
    """Hold a connection that listens, and get another one when it breaks: nothing is lost, the log is read again."""
    import asyncpg

    wait_s = _FIRST_WAIT_S
    while True:
        try:
            connection = await asyncpg.connect(
                dsn,
                timeout=_CONNECT_S,
                command_timeout=_CONNECT_S,
                server_settings={"application_name": "crmcore live"},
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))  # noqa: S311 - spreads attempts, guards nothing
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            continue
        lost = asyncio.Event()

        def heard(_connection: Any, _process: int, _channel: str, payload: str) -> None:
            if payload != own_name:
                wake()

        try:
            connection.add_termination_listener(lambda _connection, lost=lost: lost.set())
            await connection.add_listener(CHANNEL, heard)
            wait_s = _FIRST_WAIT_S
            wake()  # for what was committed while nobody listened
            while not lost.is_set():
                try:
                    async with asyncio.timeout(ASK_EVERY_S):
                        await lost.wait()
                except TimeoutError:
                    await connection.execute("SELECT 1")  # a line that is cut says nothing by itself
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            structlog.get_logger("crmcore.live").info("listening_again", error=type(error).__name__)
        finally:
            connection.terminate()
