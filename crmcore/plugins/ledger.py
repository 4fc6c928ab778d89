"""What the core remembers about plugins: pip tells nobody when one is uninstalled."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from crmcore.clock import Clock, utc_now
from crmcore.database.database import Database
from crmcore.plugins.names import CORE, RESERVED, is_plugin_name
from crmcore.plugins.registry import Registry
from crmcore.plugins.state import PluginState
from crmcore.plugins.tables import PluginLedger

Noting = Callable[..., Awaitable[object]]
"""Is told what was done to what: ``(action, kind, subject, changes=…)``."""


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """A plugin that was ever loaded here. ``owns`` maps kinds to names: ``tables``, ``custom_fields``, ``jobs`` …

    ``enabled`` is what an administrator chose, None without a choice.
    """

    name: str
    distribution: str
    version: str
    owns: dict[str, list[str]]
    enabled: bool | None
    first_seen_at: datetime
    last_seen_at: datetime


class Ledger:
    """Remembers plugins and administrators' choices about them."""

    def __init__(self, database: Database, clock: Clock = utc_now, note: Noting | None = None) -> None:
        """``note`` hears of every choice: ``await note("disable", "plugin", name)``."""
        self._database = database
        self._clock = clock
        self._note = note

    async def remember(self, states: Mapping[str, PluginState], registry: Registry) -> None:
        """Write down every loaded plugin with what it owns now.

        Tables once owned stay in the list: they exist until they are purged.
        """
        known = {entry.name: entry for entry in await self.entries()}
        now = self._clock()
        for state in states.values():
            if state.state != "loaded" or state.name == CORE:
                continue
            owns = registry.provided_by(state.name)
            before = known[state.name].owns.get("tables", []) if state.name in known else []
            tables = sorted({*before, *_tables(registry, state.name)})
            owned = {kind: keys for kind, keys in owns.items() if kind not in ("settings", "tables")}
            row = PluginLedger(
                name=state.name,
                distribution=state.distribution[:120],
                plugin_version=state.version[:40],
                owns=msgspec.json.encode({**owned, "tables": tables} if tables else owned).decode(),
                first_seen_at=now,
                last_seen_at=now,
            )
            await PluginLedger.insert(row).on_conflict(
                target=PluginLedger.name,
                action="DO UPDATE",
                values=[
                    PluginLedger.distribution,
                    PluginLedger.plugin_version,
                    PluginLedger.owns,
                    PluginLedger.last_seen_at,
                ],
            )

    async def knows(self, states: Mapping[str, PluginState]) -> bool:
        """Tell whether every loaded plugin is written down with the version that it has now."""
        rows = await PluginLedger.select(PluginLedger.name, PluginLedger.plugin_version)
        known = {row["name"]: row["plugin_version"] for row in rows}
        loaded = [state for state in states.values() if state.state == "loaded" and state.name != CORE]
        return all(known.get(state.name) == state.version[:40] for state in loaded)

    async def entries(self) -> list[LedgerEntry]:
        """Return all plugins ever loaded here, by name."""
        rows = await PluginLedger.select().order_by(PluginLedger.name)
        return [_entry(row) for row in rows]

    async def entry(self, name: str) -> LedgerEntry | None:
        """Return what is known of the plugin ``name``."""
        rows = await PluginLedger.select().where(PluginLedger.name == name)
        return _entry(rows[0]) if rows else None

    async def choose(self, name: str, enabled: bool | None) -> None:
        """Remember that an administrator switched ``name`` on or off; None forgets the choice.

        It takes effect when the workspace starts next. Raises ``ValueError`` for what cannot be a plugin's name.
        """
        if not is_plugin_name(name) or name in RESERVED:
            raise ValueError(f"{name!r} is no plugin's name")
        now = self._clock()
        row = PluginLedger(name=name, enabled=enabled, first_seen_at=now, last_seen_at=now)
        async with self._database.transaction():
            await PluginLedger.insert(row).on_conflict(
                target=PluginLedger.name, action="DO UPDATE", values=[PluginLedger.enabled]
            )
            if self._note is not None:
                await self._note("disable" if enabled is False else "enable", "plugin", name)

    async def disabled(self) -> frozenset[str]:
        """Return the plugins that an administrator switched off; none before the first migration."""
        if not await table_exists(self._database, "plugin_ledger"):
            return frozenset()
        rows = await PluginLedger.select(PluginLedger.name).where(PluginLedger.enabled == False)  # noqa: E712
        return frozenset(row["name"] for row in rows)


async def table_exists(database: Database, name: str) -> bool:
    """Tell whether the database has a table ``name``."""
    if database.kind == "postgres":
        rows = await PluginLedger.raw("SELECT to_regclass({}) IS NOT NULL AS there", name)
    else:
        rows = await PluginLedger.raw(
            "SELECT count(*) AS there FROM sqlite_master WHERE type = 'table' AND name = {}", name
        )
    return bool(rows[0]["there"])


def _tables(registry: Registry, plugin: str) -> list[str]:
    owned = registry.tables.get(plugin)
    return [table._meta.tablename for table in owned.item.table_classes] if owned else []


def _entry(row: dict[str, Any]) -> LedgerEntry:
    return LedgerEntry(
        name=row["name"],
        distribution=row["distribution"],
        version=row["plugin_version"],
        owns=msgspec.json.decode(row["owns"]),
        enabled=row["enabled"],
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
    )
