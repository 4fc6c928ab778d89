"""What this environment would change in a workspace: asked before its first start there."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from crmcore.contracts.actors import system_actor
from crmcore.contracts.labels import text_of
from crmcore.database.core_app import core_app
from crmcore.database.errors import MigrationFailed
from crmcore.plugins.ledger import table_exists
from crmcore.plugins.names import CORE
from crmcore.records.tables import CustomFieldRow

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ACTOR = system_actor("command line")


class PlannedPlugin(Struct, frozen=True, kw_only=True):
    """What becomes of a plugin that was here, or comes. ``reason`` says why one does not load."""

    name: str
    change: Literal["new", "upgraded", "downgraded", "gone", "fails"]
    before: str = ""
    after: str = ""
    reason: str = ""


class PlannedField(Struct, frozen=True, kw_only=True):
    """A custom field that is new, changed or dormant from then on. ``failing`` of ``total`` records would not pass.

    They stay readable and savable; only the field itself must be right when somebody changes it. None where records
    could not be checked.
    """

    field: str
    plugin: str
    change: Literal["new", "changed", "dormant"]
    total: int | None = None
    failing: int | None = None
    examples: tuple[str, ...] = ()


class UpgradePlan(Struct, frozen=True, kw_only=True):
    """``migrations`` would run; ``broken`` names one that was tried on a copy and failed, with its reason.

    ``checked`` says that migrations and records were tried on a copy; ``deprecated`` what plugins use that a later
    version will not have.
    """

    plugins: tuple[PlannedPlugin, ...]
    migrations: tuple[str, ...]
    broken: str = ""
    fields: tuple[PlannedField, ...] = ()
    checked: bool = False
    deprecated: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        """Whether nothing fails and no stored record would not pass."""
        return (
            not self.broken
            and not any(one.change == "fails" for one in self.plugins)
            and not any(one.failing for one in self.fields)
        )


async def plan_upgrade(crm: "Crm", *, on_copy: bool, told: Callable[[str], None]) -> UpgradePlan:
    """Return what starting ``crm`` with this environment would change; ``crm`` is open and was not started.

    With ``on_copy`` its database is a copy: migrations are run on it and stored records are held against the fields.
    Without, nothing is written.
    """
    plugins = await _plugins(crm)
    migrations = tuple(await crm.database.pending_migrations(crm.apps()))
    broken = ""
    if on_copy:
        try:
            await crm.database.migrate([core_app()], told)
        except MigrationFailed as error:
            broken = f"{error.migration}: {error.__cause__ or error}"
        else:
            for registered in list(crm.registry.tables.values()):
                try:
                    await crm.database.migrate([core_app(), registered.item], told)
                except MigrationFailed as error:
                    broken = broken or f"{error.migration}: {error.__cause__ or error}"
    readable = on_copy or not any(name.startswith("crmcore_") for name in migrations)
    fields = await _fields(crm, told, records=on_copy and not broken) if readable and not broken else ()
    return UpgradePlan(
        plugins=plugins,
        migrations=migrations,
        broken=broken,
        fields=fields,
        checked=on_copy,
        deprecated=tuple(
            f"{name}: {text_of(note)}" for name, state in crm.host.plugins.items() for note in state.notes
        ),
    )


async def _plugins(crm: "Crm") -> tuple[PlannedPlugin, ...]:
    known = {}
    if await table_exists(crm.database, "plugin_ledger"):
        known = {entry.name: entry for entry in await crm.ledger.entries()}
    found = []
    for name, state in sorted(crm.host.plugins.items()):
        if name == CORE:
            continue
        before = known[name].version if name in known else ""
        if state.state in ("failed", "incompatible"):
            reason = text_of(state.reason)
            found.append(
                PlannedPlugin(name=name, change="fails", before=before, after=state.version, reason=reason)
            )
        elif state.state == "loaded" and not before:
            found.append(PlannedPlugin(name=name, change="new", after=state.version))
        elif state.state == "loaded" and before != state.version:
            change: Literal["upgraded", "downgraded"] = (
                "upgraded" if _parts(state.version) > _parts(before) else "downgraded"
            )
            found.append(PlannedPlugin(name=name, change=change, before=before, after=state.version))
    for name, entry in known.items():
        if name not in crm.host.plugins and entry.version:
            found.append(PlannedPlugin(name=name, change="gone", before=entry.version))
    return tuple(found)


def _parts(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


async def _fields(crm: "Crm", told: Callable[[str], None], *, records: bool) -> tuple[PlannedField, ...]:
    rows = await CustomFieldRow.select()
    before = {(row["record_type"], row["key"]): row["version"] for row in rows if row["owner"]}
    owners = {(row["record_type"], row["key"]): row["owner"] for row in rows if row["owner"]}
    defined = {(one.item.record_type, one.item.key): one for one in crm.registry.custom_fields}
    found = [
        PlannedField(field=f"{kind}.{key}", plugin=owners[kind, key], change="dormant")
        for kind, key in sorted(before)
        if (kind, key) not in defined
    ]
    if not records:
        return (
            *found,
            *(
                PlannedField(field=f"{kind}.{key}", plugin=one.plugin, change="new")
                for (kind, key), one in sorted(defined.items())
                if (kind, key) not in before
            ),
        )
    await crm.fields.adopt_plugin_fields()
    after = {
        (row["record_type"], row["key"]): row["version"]
        for row in await CustomFieldRow.select()
        if row["owner"]
    }
    for (kind, key), one in sorted(defined.items()):
        if before.get((kind, key)) == after.get((kind, key)):
            continue
        told(f"records against {kind}.{key}")
        plan = await crm.fields.plan(one.item, actor=ACTOR)
        found.append(
            PlannedField(
                field=f"{kind}.{key}",
                plugin=one.plugin,
                change="changed" if (kind, key) in before else "new",
                total=plan.total,
                failing=plan.failing,
                examples=tuple(f"{each.title}: {each.problem.sentence()}" for each in plan.samples[:3]),
            )
        )
    return tuple(found)
