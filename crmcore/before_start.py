"""What the database has to say before anything is loaded: plugins switched off, settings chosen in the page.

Both are needed to build a workspace, and building opens no database. They are asked for in a thread with an event
loop of its own, so that it can be done from anywhere.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from crmcore.database.database import Database
from crmcore.general.service import stored_choices
from crmcore.plugins.ledger import Ledger, table_exists


class BeforeStart(Struct, frozen=True):
    """``switched_off`` are names of plugins; ``chosen`` are general settings by name."""

    switched_off: frozenset[str] = frozenset()
    chosen: Mapping[str, str] = {}


def before_start(database_url: str) -> BeforeStart:
    """Return what is stored; nothing where there are no tables yet.

    Raises :class:`~crmcore.errors.Unavailable` when the database does not answer.
    """
    parts = urlsplit(database_url)
    if parts.scheme == "sqlite" and not Path(unquote(parts.path)[1:]).exists():
        return BeforeStart()
    with ThreadPoolExecutor(1, "crmcore-before") as threads:
        return threads.submit(Context().run, asyncio.run, _ask(database_url)).result()


async def _ask(database_url: str) -> BeforeStart:
    database = Database.from_url(database_url)
    await database.open()
    try:
        with database.bound():
            there = await table_exists(database, "general_setting")
            return BeforeStart(await Ledger(database).disabled(), await stored_choices() if there else {})
    finally:
        await database.close()
