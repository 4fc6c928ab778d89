"""Which plugins an administrator has switched off, asked before anything is loaded.

Plugins are chosen before the workspace's database is opened, and the choice is stored there. The question is
asked in a thread with an event loop of its own, so that it can be asked from anywhere.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from urllib.parse import unquote, urlsplit

from crmcore.database.database import Database
from crmcore.plugins.ledger import Ledger


def switched_off(database_url: str) -> frozenset[str]:
    """Return the names of the plugins that the ledger has as switched off; none where there is no ledger yet.

    Raises :class:`~crmcore.errors.Unavailable` when the database does not answer.
    """
    parts = urlsplit(database_url)
    if parts.scheme == "sqlite" and not Path(unquote(parts.path)[1:]).exists():
        return frozenset()
    with ThreadPoolExecutor(1, "crmcore-ledger") as threads:
        return threads.submit(Context().run, asyncio.run, _ask(database_url)).result()


async def _ask(database_url: str) -> frozenset[str]:
    database = Database.from_url(database_url)
    await database.open()
    try:
        with database.bound():
            return await Ledger(database).disabled()
    finally:
        await database.close()
