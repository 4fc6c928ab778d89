"""Which fields an actor sees and writes: a role may hide some or keep them from being changed."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contracts.actors import Actor
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import unknown_field
from crmcore.records.columns import reference_of
from crmcore.records.history import HistoryEntry
from crmcore.records.scope import sees_all, visible
from crmcore.records.sentences import READ_ONLY

NONE: frozenset[str] = frozenset()


class Shown(dict[str, Any]):
    """A document without what its reader does not see. Asked for by name, it is empty; listed, it is not there."""

    __slots__ = ("blanks",)

    def __init__(self, document: Mapping[str, Any], blanks: Mapping[str, Any]) -> None:
        super().__init__(document)
        self.blanks = blanks

    def __missing__(self, name: str) -> Any:
        return self.blanks[name]


class FieldAccess:
    """The field rules of roles, applied to documents, rows, filters and writes. Names are those of documents."""

    def __init__(self, catalog: FieldCatalog, record_types: Mapping[str, RecordType]) -> None:
        self._catalog = catalog
        self._types = record_types
        self._joins: dict[str, list[tuple[str, RecordType]]] = {}

    async def hidden(self, record_type: RecordType, actor: Actor) -> frozenset[str]:
        """Return the fields of ``record_type`` that ``actor`` does not see; custom fields as ``custom.key``."""
        if not actor.hidden:
            return NONE
        names = set(await self._named(record_type, actor.hidden.get(record_type.key, NONE)))
        for name, sources in record_type.repeats.items():
            for source in sources:
                key, _, field = source.partition(".")
                if field in actor.hidden.get(key, NONE):
                    names.add(name)
        return frozenset(names)

    async def unwritable(self, record_type: RecordType, actor: Actor) -> frozenset[str]:
        """Return the fields of ``record_type`` that ``actor`` sees and does not write."""
        if not actor.read_only:
            return NONE
        return await self._named(record_type, actor.read_only.get(record_type.key, NONE))

    async def refuse(
        self, record_type: RecordType, sent: Mapping[str, Any], actor: Actor
    ) -> tuple[dict[str, Any], list[Problem]]:
        """Return what of ``sent`` the actor may write, and a problem for each field that he may not.

        A hidden field is as unknown as one that does not exist.
        """
        hidden, kept = await self.hidden(record_type, actor), await self.unwritable(record_type, actor)
        if not hidden and not kept:
            return dict(sent), []
        problems: list[Problem] = []
        custom = sent.get("custom")
        allowed = _allowed(sent, "", hidden, kept, problems)
        if isinstance(custom, Mapping):
            allowed["custom"] = _allowed(custom, "custom", hidden, kept, problems)
        return allowed, problems

    async def unasked(self, record_type: RecordType, actor: Actor) -> frozenset[str]:
        """Return the paths of fields that ``actor`` cannot fill in: he is not asked for them either."""
        if not actor.hidden and not actor.read_only:
            return NONE
        names = await self.hidden(record_type, actor) | await self.unwritable(record_type, actor)
        return frozenset("/" + name.replace("custom.", "custom/", 1) for name in names)

    async def blank(self, record_type: RecordType, rows: list[dict[str, Any]], actor: Actor) -> None:
        """Empty in ``rows`` what the actor does not see: hidden columns, and names of records out of his sight."""
        hidden = await self.hidden(record_type, actor)
        for prefix, target in self._joined(record_type):
            unseen = await self._hidden_ids(target, [row.get(prefix) for row in rows], actor)
            target_hidden = await self.hidden(target, actor)
            if not unseen and not target_hidden:
                continue
            for row in rows:
                part = {
                    name.removeprefix(f"{prefix}."): value
                    for name, value in row.items()
                    if name.startswith(f"{prefix}.")
                }
                if row.get(prefix) in unseen:
                    part = dict.fromkeys(part)
                target.blank(part, target_hidden)
                row |= {f"{prefix}.{name}": value for name, value in part.items()}
        if hidden:
            for row in rows:
                record_type.blank(row, hidden)

    async def shown(self, record_type: RecordType, document: dict[str, Any], actor: Actor) -> dict[str, Any]:
        """Return ``document`` as ``actor`` sees it."""
        hidden = await self.hidden(record_type, actor)
        if not hidden:
            return document
        kept = {name: value for name, value in document.items() if name not in hidden}
        if isinstance(kept.get("custom"), Mapping):
            kept["custom"] = {
                key: value for key, value in kept["custom"].items() if f"custom.{key}" not in hidden
            }
        return Shown(kept, {name: _empty(record_type, name) for name in hidden})

    async def shown_history(
        self, record_type: RecordType, entries: list[HistoryEntry], actor: Actor
    ) -> list[HistoryEntry]:
        """Return ``entries`` without the changes of hidden fields and without names of records out of sight."""
        hidden = await self.hidden_changes(record_type, actor)
        if not hidden:
            return entries
        return [
            msgspec.structs.replace(
                entry,
                changes={name: pair for name, pair in entry.changes.items() if name not in hidden},
            )
            for entry in entries
        ]

    async def hidden_changes(self, record_type: RecordType, actor: Actor) -> frozenset[str]:
        """Return the fields whose changes ``actor`` does not see: hidden ones, and names of records out of sight."""
        if not self.limits(record_type, actor):
            return NONE
        hidden = set(await self.hidden(record_type, actor))
        for prefix, target in self._joined(record_type):
            # Names in old changes may be made of what is hidden now.
            if actor.hidden.get(target.key) or not (target.shared or sees_all(target, actor)):
                hidden.add(prefix)
        for name in record_type.properties:
            # What is made of other fields would give them away: the name of a contact without its address.
            if name not in hidden and hidden & set(record_type.made_of.get(name, ())):
                hidden.add(name)
        return frozenset(hidden)

    async def shown_schema(
        self, record_type: RecordType, schema: dict[str, Any], actor: Actor
    ) -> dict[str, Any]:
        """Return a published ``schema`` without hidden fields; what the actor does not write is read-only."""
        hidden, kept = await self.hidden(record_type, actor), await self.unwritable(record_type, actor)
        if not hidden and not kept:
            return schema
        properties = _shown_properties(schema["properties"], "", hidden, kept)
        if isinstance(properties.get("custom"), Mapping):
            custom = dict(properties["custom"])
            custom["properties"] = _shown_properties(custom["properties"], "custom.", hidden, kept)
            required = [key for key in custom.get("required", ()) if f"custom.{key}" not in hidden | kept]
            custom.pop("required", None)
            properties["custom"] = custom | ({"required": required} if required else {})
        required = [name for name in schema["required"] if name not in hidden | kept]
        shown = {**schema, "properties": properties, "required": required}
        # Rules over several fields name them, and would tell of hidden ones.
        if any(name.startswith("custom.") for name in hidden):
            shown.pop("allOf", None)
        return shown

    def limits(self, record_type: RecordType, actor: Actor) -> bool:
        """Tell whether ``actor`` may see less of a row of ``record_type`` than everything."""
        return bool(actor.hidden) or not all(
            target.shared or sees_all(target, actor) for _, target in self._joined(record_type)
        )

    async def _hidden_ids(self, target: RecordType, ids: Iterable[Any], actor: Actor) -> set[Any]:
        """Return which of ``ids`` are records that ``actor`` does not see."""
        wanted = {id for id in ids if isinstance(id, UUID)}
        if not wanted or sees_all(target, actor) or target.shared:
            return set()
        if not actor.may(f"{target.key}.read"):
            return set(wanted)
        key = target.table._meta.primary_key
        rows = await target.table.select(key).where(key.is_in(list(wanted)), *visible(target, actor))
        return wanted - {row["id"] for row in rows}

    def _joined(self, record_type: RecordType) -> list[tuple[str, RecordType]]:
        """Return the columns through which other records' columns are joined, each with their record type."""
        if record_type.key not in self._joins:
            joined = {
                column._meta.call_chain[0]._meta.name
                for column in record_type.joined
                if column._meta.call_chain
            }
            targets = [
                (name.removesuffix("_id"), self._types.get(reference_of(schema)))
                for name, schema in record_type.properties.items()
            ]
            self._joins[record_type.key] = [
                (name, target) for name, target in targets if target is not None and name in joined
            ]
        return self._joins[record_type.key]

    async def _named(self, record_type: RecordType, names: Collection[str]) -> frozenset[str]:
        """Return stored names as documents have them: custom fields by key, references with both their names."""
        if not names:
            return NONE
        found = set()
        for name in names:
            found.add(name)
            for other in (f"{name}_id", name.removesuffix("_id")):
                if other in record_type.properties:
                    found.add(other)
        if record_type.custom_fields:
            for definition in await self._catalog.of(record_type.key):
                if f"custom.{definition.id}" in names:
                    found |= {f"custom.{key}" for key in definition.names}
        return frozenset(found)


def _allowed(
    sent: Mapping[str, Any],
    place: str,
    hidden: frozenset[str],
    kept: frozenset[str],
    problems: list[Problem],
) -> dict[str, Any]:
    allowed = {}
    for name, value in sent.items():
        full = f"{place}.{name}" if place else name
        path = f"/{place}" if place else ""
        if full in hidden:
            problems.append(unknown_field(path, name, ()))
        elif full in kept:
            problems.append(Problem(path=f"{path}/{name}", code="read_only", message=READ_ONLY))
        else:
            allowed[name] = value
    return allowed


def _empty(record_type: RecordType, name: str) -> Any:
    kinds = record_type.properties.get(name, {}).get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if name == "tags" or "array" in kinds:
        return []
    return "" if kinds == ["string"] else None


def _shown_properties(
    properties: Mapping[str, Any], place: str, hidden: frozenset[str], kept: frozenset[str]
) -> dict[str, Any]:
    return {
        name: _unnamed({**schema, "readOnly": True} if f"{place}{name}" in kept else schema, place, hidden)
        for name, schema in properties.items()
        if f"{place}{name}" not in hidden
    }


def _unnamed(schema: dict[str, Any], place: str, hidden: frozenset[str]) -> dict[str, Any]:
    """Return ``schema`` without the list before whose leaving it is required, when that one is hidden."""
    annotations = schema.get("x-crm", {})
    leaving = annotations.get("required_before_leaving")
    if leaving is None or f"{place}{leaving['field']}" not in hidden:
        return schema
    kept = {name: value for name, value in annotations.items() if name != "required_before_leaving"}
    return {**schema, "x-crm": kept}
