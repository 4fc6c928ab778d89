"""Delete what a plugin that is gone has left behind."""

import re
from collections.abc import Collection
from typing import Any, Protocol

from msgspec import Struct, field

from crmcore.contracts.labels import Label, text_of
from crmcore.database.database import Database
from crmcore.plugins.checks.tables import core_tables
from crmcore.plugins.ledger import Ledger, table_exists
from crmcore.plugins.tables import PluginLedger

# Rows of the core's tables that belong to a plugin.
_OWNED_ROWS = {
    "values": "FROM plugin_value WHERE plugin = {}",
    "settings": "FROM plugin_settings WHERE plugin = {}",
    "jobs": "FROM job WHERE plugin = {}",
    "custom_fields": "FROM custom_field WHERE owner = {}",
    "connections": "FROM channel_account WHERE kind = 'connection' AND plugin = {}",
    "files": "FROM stored_file WHERE record_type = '@plugin' AND uploaded_by = {}",
}
_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

NEVER_LOADED: Label = {
    "en": "No plugin named “{name}” was ever loaded here.",
    "ru": "Плагин «{name}» здесь никогда не загружался.",
}
STILL_LOADED: Label = {
    "en": "The plugin “{name}” is loaded. Uninstall it or switch it off, start again, then purge.",
    "ru": "Плагин «{name}» загружен. Удалите или выключите его, перезапустите систему и повторите.",
}
NO_CONSENT: Label = {
    "en": "Purging “{name}” cannot be undone; it needs an explicit yes.",
    "ru": "Удаление данных «{name}» необратимо; нужно явное подтверждение.",
}


class Words(Protocol):
    """The words of custom fields in the search, as the purge needs them."""

    async def note_gone(self, record_type: str, key: str) -> None: ...

    async def begin_gone(self, record_type: str, key: str) -> None: ...


class PurgeRefused(Exception):
    """Nothing was deleted; ``reason`` says why."""

    def __init__(self, reason: Label, name: str) -> None:
        self.reason: Label = {language: text_of(reason, language, name=name) for language in ("en", "ru")}
        super().__init__(text_of(self.reason, "en"))


class PurgePlan(Struct, frozen=True, kw_only=True):
    """What purging a plugin deletes: its tables with their rows, and its rows in the core's tables.

    ``connections`` go with the deliveries stored for them; accounts of channels stay with their conversations.

    The values of its custom fields stay in the records; they only lose their definition, and are found no more.
    """

    plugin: str
    tables: dict[str, int] = field(default_factory=dict)
    values: int = 0
    settings: int = 0
    jobs: int = 0
    custom_fields: int = 0
    connections: int = 0
    files: int = 0

    def is_empty(self) -> bool:
        """Tell whether there is nothing left of the plugin but its line in the ledger."""
        return not (self.tables or any(getattr(self, part) for part in _OWNED_ROWS))


class Purge:
    """Plans and executes the deletion of plugins' remains. ``loaded`` are the plugins at work now."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        loaded: frozenset[str] = frozenset(),
        *,
        words: Words | None = None,
        record_types: Collection[str] = (),
    ) -> None:
        """``words`` takes what the plugin's fields brought out of the search; ``record_types`` stay searched."""
        self._database = database
        self._ledger = ledger
        self._loaded = loaded
        self._words = words
        self._record_types = record_types

    async def plan(self, name: str) -> PurgePlan:
        """Count what a purge of ``name`` would delete. Raises :class:`PurgeRefused` for an unknown plugin."""
        entry = await self._ledger.entry(name)
        if entry is None:
            raise PurgeRefused(NEVER_LOADED, name)
        tables = {}
        for table in entry.owns.get("tables", []):
            if _may_drop(table, name) and await table_exists(self._database, table):
                tables[table] = await _count(f'SELECT count(*) AS n FROM "{table}"')  # noqa: S608 - checked
        rows = {
            part: await _count(f"SELECT count(*) AS n {owned}", name) for part, owned in _OWNED_ROWS.items()
        }
        return PurgePlan(plugin=name, tables=tables, **rows)

    async def execute(self, name: str, *, yes: bool) -> PurgePlan:
        """Delete it all in one transaction and return what was deleted.

        Raises :class:`PurgeRefused` without ``yes`` and while the plugin is loaded.
        """
        if not yes:
            raise PurgeRefused(NO_CONSENT, name)
        if name in self._loaded:
            raise PurgeRefused(STILL_LOADED, name)
        async with self._database.transaction():
            plan = await self.plan(name)
            searched = await self._unsearch(name)
            await self._drop(plan)
            for owned in _OWNED_ROWS.values():
                await PluginLedger.raw(f"DELETE {owned}", name)
            if await table_exists(self._database, "migration"):
                # Installed again, the plugin makes its tables anew.
                await PluginLedger.raw("DELETE FROM migration WHERE app_name = {}", name)
            await PluginLedger.delete().where(PluginLedger.name == name)
        if self._words is not None:
            for record_type, key in searched:
                await self._words.begin_gone(record_type, key)
        return plan

    async def _unsearch(self, name: str) -> list[tuple[str, str]]:
        """Take the plugin's own records out of the index; return its fields whose words are to leave it."""
        entry = await self._ledger.entry(name)
        own = entry.owns.get("record_types", []) if entry else []
        for record_type in [key for key in own if key not in self._record_types]:
            await PluginLedger.raw("DELETE FROM search_entry WHERE record_type = {}", record_type)
        rows = await PluginLedger.raw(
            "SELECT record_type, key FROM custom_field WHERE owner = {} AND filterable AND state = 'active'",
            name,
        )
        searched = [(row["record_type"], row["key"]) for row in rows]
        if self._words is not None:
            for record_type, key in searched:
                await self._words.note_gone(record_type, key)
        return searched

    async def _drop(self, plan: PurgePlan) -> None:
        if self._database.kind == "postgres":
            for table in plan.tables:
                await PluginLedger.raw(f'DROP TABLE "{table}" CASCADE')
            return
        # SQLite checks foreign keys row by row when a table goes: all rows go first, checked at the end.
        await PluginLedger.raw("PRAGMA defer_foreign_keys = ON")
        for table in plan.tables:
            await PluginLedger.raw(f'DELETE FROM "{table}"')  # noqa: S608 - checked in the plan
        for table in plan.tables:
            await PluginLedger.raw(f'DROP TABLE "{table}"')


def _may_drop(table: str, plugin: str) -> bool:
    """Tell whether ``table`` can be this plugin's: the ledger is data, and what is dropped is gone."""
    right = _TABLE_NAME.fullmatch(table) is not None and table.startswith(f"{plugin}_")
    return right and table not in core_tables()


async def _count(query: str, *values: Any) -> int:
    rows = await PluginLedger.raw(query, *values)
    return int(rows[0]["n"])
