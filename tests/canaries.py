"""Canaries: secrets that tests put into a workspace and that may come out of it nowhere."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmcore.workspace import Crm

CANARIES = {
    "card number": "4929123412341232",
    "social security number": "AB-536287713",
    "password": "canary-Pass-7713-phrase",
    "settings secret": "canary-setting-secret-7713",
}
"""The canaries by what they are; each test that lets one fly asks :class:`Cage` where it was seen."""


class Cage:
    """Everything that a workspace has said or stored, to be searched for canaries and their parts."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._marks = {mark for secret in secrets for mark in _marks(secret)}
        self.seen: list[str] = []

    def look(self, place: str, text: str | bytes) -> None:
        """Note the canaries in ``text``; ``place`` says whose it is."""
        content = text.encode("utf-8", "replace") if isinstance(text, str) else text
        self.seen += [f"{mark!r} in {place}" for mark in self._marks if mark.encode() in content]

    async def look_into(self, crm: "Crm", tables: type[Any]) -> None:
        """Look into every row of every table, and into the bytes of a SQLite file, its log and its index."""
        for name in await _tables(crm, tables):
            rows = await tables.raw(f'SELECT * FROM "{name}"')
            for row in rows:
                for column, value in row.items():
                    shown = bytes(value) if isinstance(value, bytes | memoryview) else str(value)
                    self.look(f"{name}.{column}", shown)
        if crm.database.kind == "sqlite":
            file = Path(crm.settings.effective_database_url().removeprefix("sqlite:///"))
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            for part in file.parent.glob(f"{file.name}*"):
                self.look(part.name, part.read_bytes())


def _marks(secret: str) -> set[str]:
    # Also without signs between, as an index of words or a normalised form would keep it.
    return {secret, "".join(sign for sign in secret if sign.isalnum())}


async def _tables(crm: "Crm", tables: type[Any]) -> list[str]:
    if crm.database.kind == "sqlite":
        found = await tables.raw(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
    else:
        found = await tables.raw("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    return [row["name"] for row in found]
