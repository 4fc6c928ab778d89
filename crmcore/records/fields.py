"""Making, changing and retiring custom fields."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import CustomField, JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.errors import Conflict, Forbidden, Invalid, NotFound
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.registry import Registry
from crmcore.records.catalog import FieldCatalog, awake_or_not
from crmcore.records.custom_references import dangling_references
from crmcore.records.definition import Definition, definition_of
from crmcore.records.field_check import FieldCheck, problem
from crmcore.records.field_extras import rule_names_nobody
from crmcore.records.field_life import FieldLife, Outcome
from crmcore.records.field_values import StoredValue
from crmcore.records.field_words import FieldWords, has_words
from crmcore.records.history import difference, remember
from crmcore.records.leaving import by_key, leaving_problems
from crmcore.records.plan import Plan, Planner
from crmcore.records.reveal import PERMISSION
from crmcore.records.scope import demand, visible
from crmcore.records.sealed import SealedValues
from crmcore.records.senseless_options import called_twice
from crmcore.records.tables import CustomFieldRow

if TYPE_CHECKING:
    from crmcore.records.service import Records

MAX_FIELDS = 300
MAX_ALIASES = 10
Values = dict[Any, Any]

_NO_CUSTOM: Label = {"en": "This record type has no custom fields.", "ru": "У этих записей нет своих полей."}
_NO_FIELD: Label = {"en": "There is no such field.", "ru": "Такого поля нет."}
_TAKEN: Label = {"en": "There is a field with this key already.", "ru": "Поле с таким ключом уже есть."}
_TOO_MANY: Label = {"en": "At most {limit} fields are possible.", "ru": "Можно не больше {limit} полей."}


_ADOPTING = 7_245_031_902
"""PostgreSQL's advisory lock of who takes over what plugins define."""


class Fields:
    """The custom fields of one workspace, as administrators and plugins define them."""

    def __init__(
        self,
        *,
        database: Database,
        registry: Registry,
        catalog: FieldCatalog,
        clock: Clock,
        dispatch: Dispatcher,
        plugin_names: Callable[[], Collection[str]],
        records: "Callable[[], Records]",
        exports: Path,
        sealed: SealedValues,
        words: FieldWords,
    ) -> None:
        """``exports`` is the folder where values go before their field is gone for good."""
        self._words = words
        self._database = database
        self._registry = registry
        self._catalog = catalog
        self._clock = clock
        self._check = FieldCheck(catalog, plugin_names)
        self._planner = Planner(catalog, self._check, dispatch, sealed)
        self.life = FieldLife(
            database=database,
            catalog=catalog,
            clock=clock,
            planner=self._planner,
            records=records,
            exports=exports,
            sealed=sealed,
        )

    @property
    def catalog(self) -> FieldCatalog:
        """What the gate checks with."""
        return self._catalog

    async def list(self, record_type: str, *, actor: Actor) -> tuple[Definition, ...]:
        """Return the fields of ``record_type`` in their order, dormant ones included."""
        demand(actor, "field.read")
        self._record_type(record_type)
        found = await self._catalog.of(record_type)
        return tuple(item for item in found if actor.sees_custom(record_type, item.id))

    async def get(self, id: UUID, *, actor: Actor) -> Definition:
        """Return one definition; raises NotFound."""
        demand(actor, "field.read")
        row = await self._row(id)
        if not actor.sees_custom(row["record_type"], id):
            raise NotFound()
        return await self._beside_others(row)

    async def look(self, field: CustomField, *, actor: Actor, new: bool = True) -> JsonSchema:
        """Return the JSON Schema property that ``field`` would have; raises Invalid for what cannot be."""
        demand(actor, "field.read")
        self._record_type(field.record_type)
        schema, problems = self._check.property_of(field)
        problems = [*problems, *(self._check.key_problems(field) if new else ())]
        problems += await self._new_problems(field)
        if problems:
            raise Invalid(problems=tuple(problems))
        return schema

    async def try_value(self, field: CustomField, value: Any) -> Problem | None:
        """Return what is wrong with ``value`` for ``field``, which makes sense; None when it would be kept."""
        return await self._planner.problem(field, value)

    async def create(self, field: CustomField, *, actor: Actor) -> Definition:
        """Define a new field; raises Invalid with every problem."""
        demand(actor, "field.write")
        self._record_type(field.record_type)
        schema, problems = self._check.property_of(field)
        problems += self._check.key_problems(field)
        problems += await self._new_problems(field)
        field = by_key(field, await self._catalog.of(field.record_type))
        async with self._database.transaction():
            taken = await self._names(field.record_type)
            if any(field.key in names for names in taken.values()):
                problems.append(problem("/key", "taken", _TAKEN))
            if len(taken) >= MAX_FIELDS:
                problems.append(problem("/key", "too_many", _TOO_MANY, limit=MAX_FIELDS))
            problems += await self._gone_default(field, schema, None, actor)
            if problems:
                raise Invalid(problems=tuple(problems))
            field = self._check.with_kept_default(field)
            row = CustomFieldRow(
                **_columns(field, schema), owner="", sealed=self._catalog.is_sensitive(field)
            )
            await CustomFieldRow.insert(row)
            await self._remember(row.id, "create", {}, field, 1, actor)
        return await self._settled(row.id)

    async def update(
        self,
        id: UUID,
        field: CustomField,
        *,
        actor: Actor,
        version: int | None = None,
        outcome: Outcome = "grandfather",
        mapping: Mapping[str, Any] | None = None,
    ) -> Definition:
        """Change a definition of our own; its key and record type stay.

        ``outcome`` says what becomes of stored values that the new rule refuses: they are left alone until
        somebody changes them (``grandfather``), nothing is changed at all (``reject``), or they are replaced by
        ``mapping`` (``map``). Choices left out that records have are retired instead.
        """
        demand(actor, "field.write")
        try:
            async with self._database.transaction():
                before = self._catalog.definition(await self._row(id))
                await self._update(id, field, actor, version, outcome, mapping)
                after = self._catalog.definition(await self._row(id))
                told = has_words(before) != has_words(after)
                if told:
                    await self._words.note(after)
        finally:
            self._catalog.forget()
        settled = await self._settled(id)
        if told:
            await self._words.begin(settled)
        return settled

    async def _update(
        self,
        id: UUID,
        field: CustomField,
        actor: Actor,
        version: int | None,
        outcome: Outcome,
        mapping: Mapping[str, Any] | None,
    ) -> None:
        row = await self._row(id)
        self._own(row)
        definition = self._catalog.definition(row)
        before = definition.as_custom_field()
        if version is not None and row["version"] != version:
            raise Conflict(extra={"current": msgspec.to_builtins(before)})
        field = msgspec.structs.replace(field, key=before.key, record_type=before.record_type)
        if outcome != "map":
            field = await self.life.with_retired_choices(definition, field)
        if (definition.sensitive or definition.sealed) and not self._catalog.is_sensitive(field):
            # Everybody who reads records would see the values from then on.
            demand(actor, PERMISSION)
        schema, problems = self._check.property_of(field)
        problems += await self._new_problems(field)
        problems += await self._gone_default(field, schema, before.default, actor)
        if problems:
            raise Invalid(problems=tuple(problems))
        field = by_key(self._check.with_kept_default(field), await self._catalog.of(field.record_type))
        if outcome == "reject":
            await self.life.refuse_failing(self._record_type(field.record_type), field, actor)
        values: Values = {
            **_columns(field, schema),
            "version": row["version"] + 1,
            "updated_at": self._clock(),
        }
        await CustomFieldRow.update(values, force=True).where(CustomFieldRow.id == id)
        await self._remember(id, "update", msgspec.to_builtins(before), field, row["version"] + 1, actor)
        if outcome == "map":
            await self.life.map_values(definition, field, mapping, actor)

    async def rename(self, id: UUID, name: str, *, actor: Actor, version: int | None = None) -> Definition:
        """Give a field of our own a further name, under which documents and filters may name it from now on.

        The key itself is an id and stays: records keep their values under it and answers show it, so that no
        program that knows the old name loses anything. Raises Invalid for a name that is taken.
        """
        demand(actor, "field.write")
        async with self._database.transaction():
            row = await self._row(id)
            self._own(row)
            definition = self._catalog.definition(row)
            if version is not None and row["version"] != version:
                raise Conflict(extra={"current": msgspec.to_builtins(definition.as_custom_field())})
            named = msgspec.structs.replace(definition.as_custom_field(), key=name)
            problems = self._check.key_problems(named)
            taken = await self._names(definition.record_type)
            if any(name in names for names in taken.values()):
                problems.append(problem("/key", "taken", _TAKEN))
            if len(definition.aliases) >= MAX_ALIASES:
                problems.append(problem("/key", "too_many", _TOO_MANY, limit=MAX_ALIASES))
            if problems:
                raise Invalid(problems=tuple(problems))
            values: Values = {
                "aliases": msgspec.json.encode([*definition.aliases, name]).decode(),
                "version": row["version"] + 1,
                "updated_at": self._clock(),
            }
            await CustomFieldRow.update(values, force=True).where(CustomFieldRow.id == id)
            before = {"aliases": list(definition.aliases)}
            await remember(
                "field",
                id,
                version=row["version"] + 1,
                action="update",
                changes=difference(before, {"aliases": [*definition.aliases, name]}),
                actor=actor,
                reason="",
                at=self._clock(),
            )
        return await self._settled(id)

    async def delete(self, id: UUID, *, actor: Actor) -> None:
        """Retire a field of our own: stored values are kept in the records, no longer shown or checked.

        Within thirty days it can be restored; after that its values are exported and taken out of the records.
        Nobody finds a record by them from now on: of many records the search forgets within a minute.
        """
        demand(actor, "field.write")
        async with self._database.transaction():
            row = await self._row(id)
            self._own(row)
            now = self._clock()
            values: Values = {
                "state": "deleted",
                "deleted_at": now,
                "version": row["version"] + 1,
                "updated_at": now,
            }
            await CustomFieldRow.update(values, force=True).where(CustomFieldRow.id == id)
            definition = self._catalog.definition(row)
            before = definition.as_custom_field()
            await self._remember(id, "delete", msgspec.to_builtins(before), None, row["version"] + 1, actor)
            await self._words.note(definition)
        self._catalog.forget()
        await self._words.begin(definition)

    async def restore(self, id: UUID, *, actor: Actor) -> Definition:
        """Bring a retired field back, with the values that records still keep."""
        demand(actor, "field.write")
        async with self._database.transaction():
            row = await self._row(id, "deleted")
            values: Values = {
                "state": "active",
                "deleted_at": None,
                "version": row["version"] + 1,
                "updated_at": self._clock(),
            }
            await CustomFieldRow.update(values, force=True).where(CustomFieldRow.id == id)
            await self._words.note(self._catalog.definition(row))
        settled = await self._settled(id)
        await self._words.begin(settled)
        return settled

    async def retired(self, *, actor: Actor) -> Sequence[Definition]:
        """Return the fields that were retired and can come back."""
        demand(actor, "field.read")
        rows = await CustomFieldRow.select().where(CustomFieldRow.state == "deleted")
        return [definition_of(row) for row in rows if actor.sees_custom(row["record_type"], row["id"])]

    async def values(
        self, id: UUID, *, actor: Actor, after: UUID | None = None, limit: int = 100
    ) -> Sequence[StoredValue]:
        """Return a page of the field's values in records that ``actor`` may see, retired fields included.

        ``after`` is the last record of the page before.
        """
        demand(actor, "field.read")
        rows = await CustomFieldRow.select().where(CustomFieldRow.id == id)
        if not rows:
            raise NotFound(_NO_FIELD)
        definition = self._catalog.definition(rows[0])
        if not actor.sees_custom(definition.record_type, id):
            raise NotFound(_NO_FIELD)
        kind = self._record_type(definition.record_type)
        return await self.life.values(definition).page(after, limit, *visible(kind, actor))

    async def plan(
        self, field: CustomField, *, actor: Actor, progress: Callable[[int], None] | None = None
    ) -> Plan:
        """Return how many stored records would fail if ``field`` were defined so, which, and why."""
        kind = self._record_type(field.record_type)
        if problems := await self._new_problems(field):
            raise Invalid(problems=tuple(problems))
        return await self._planner.plan(kind, field, actor=actor, progress=progress)

    async def adopt_plugin_fields(self) -> None:
        """Store what the loaded plugins define, so that it can be named when they are gone.

        A definition that changed gets a new version; the key of a field of ours is never taken over. Processes that
        start at the same time do it one after the other.
        """
        async with self._database.transaction():
            if self._database.kind == "postgres":
                await CustomFieldRow.raw(f"SELECT pg_advisory_xact_lock({_ADOPTING})")
            rows = await CustomFieldRow.select()
            stored = {(row["record_type"], row["key"]): row for row in rows}
            for registered in self._registry.custom_fields:
                field = registered.item
                schema, problems = self._check.property_of(field)
                if problems:
                    continue  # stays undefined; the host has checked it and says why
                columns = _columns(field, schema)
                row = stored.get((field.record_type, field.key))
                if row is None:
                    sealed = self._catalog.is_sensitive(field)
                    await CustomFieldRow.insert(
                        CustomFieldRow(**columns, owner=registered.plugin, sealed=sealed)
                    )
                elif row["owner"] == registered.plugin and _differs(row, columns):
                    values: Values = {**columns, "version": row["version"] + 1, "updated_at": self._clock()}
                    await CustomFieldRow.update(values, force=True).where(CustomFieldRow.id == row["id"])
        self._catalog.forget()
        await self.life.keep_indexes()

    async def _settled(self, id: UUID) -> Definition:
        """Return a definition after a change, noticed and indexed."""
        self._catalog.forget()
        definition = await self._beside_others(await self._row(id))
        await self.life.keep_index(definition)
        return definition

    async def _gone_default(
        self, field: CustomField, schema: JsonSchema, before: Any, actor: Actor
    ) -> Sequence[Problem]:
        """Return why a default that refers to a record cannot be: there is none. One that was there before may go."""
        if field.default in (None, before):
            return []
        types = {key: registered.item for key, registered in self._catalog.record_types.items()}
        found = await dangling_references({field.key: schema}, {field.key: field.default}, types, actor)
        return [msgspec.structs.replace(one, path="/default") for one in found]

    async def _new_problems(self, field: CustomField) -> Sequence[Problem]:
        """Return what a new declaration is refused for and a stored one keeps.

        Fields that it names and that are not there, which may have gone since, and choices that are called alike.
        """
        definitions = await self._catalog.of(field.record_type)
        stored = next((item for item in definitions if item.key == field.key), None)
        problems: list[Problem] = []
        if stored is None or stored.required_before_leaving != field.required_before_leaving:
            problems += leaving_problems(field, definitions)
        if field.rule and (stored is None or stored.rule != field.rule):
            problems += rule_names_nobody(field, [item.key for item in definitions])
        if stored is None or stored.options != field.options:
            problems += called_twice(field.options)
        return problems

    async def _beside_others(self, row: dict[str, Any]) -> Definition:
        """Return the definition stored in ``row``, which may wait for another one."""
        definition = self._catalog.definition(row)
        if definition.required_before_leaving is None:
            return definition
        return awake_or_not(definition, await self._catalog.of(definition.record_type))

    @staticmethod
    async def _names(record_type: str) -> dict[UUID, set[str]]:
        """Return the key and the aliases of every field, retired ones included."""
        rows = await CustomFieldRow.select(
            CustomFieldRow.id, CustomFieldRow.key, CustomFieldRow.aliases
        ).where(CustomFieldRow.record_type == record_type)
        return {row["id"]: {row["key"], *msgspec.json.decode(row["aliases"])} for row in rows}

    def _record_type(self, key: str) -> RecordType:
        registered = self._registry.record_types.get(key)
        if registered is None:
            raise NotFound(
                {"en": "There is no record type “{name}”.", "ru": "Нет типа «{name}»."}, name=key[:60]
            )
        if not registered.item.custom_fields:
            raise Invalid(problems=(problem("/record_type", "no_custom_fields", _NO_CUSTOM),))
        return registered.item

    @staticmethod
    async def _row(id: UUID, state: str = "active") -> dict[str, Any]:
        rows = await CustomFieldRow.select().where(CustomFieldRow.id == id, CustomFieldRow.state == state)
        if not rows:
            raise NotFound(_NO_FIELD)
        found: dict[str, Any] = rows[0]
        return found

    @staticmethod
    def _own(row: dict[str, Any]) -> None:
        if row["owner"]:
            raise Forbidden(
                {
                    "en": "This field belongs to the plugin “{plugin}” and is changed by it alone.",
                    "ru": "Поле принадлежит плагину «{plugin}», и меняет его только он.",
                },
                code="field_of_plugin",
                plugin=row["owner"],
            )

    async def _remember(
        self,
        id: UUID,
        action: str,
        before: dict[str, Any],
        after: CustomField | None,
        version: int,
        actor: Actor,
    ) -> None:
        changes = difference(before, msgspec.to_builtins(after) if after else {})
        await remember(
            "field",
            id,
            version=version,
            action=action,
            changes=changes,
            actor=actor,
            reason="",
            at=self._clock(),
        )


def _columns(field: CustomField, schema: JsonSchema) -> dict[str, Any]:
    texts = {"label": field.label, "description": field.description, "group": field.group}
    rules = {
        "default_value": field.default,
        "required_before_leaving": field.required_before_leaving,
        "rule": field.rule,
    }
    encoded: Iterable[tuple[str, Any]] = {
        **texts,
        **rules,
        "options": field.options,
        "schema": schema,
    }.items()
    return {
        "record_type": field.record_type,
        "key": field.key,
        "type": field.type,
        "format": field.format,
        "position": field.order,
        "required": field.required,
        "read_only": field.read_only,
        "filterable": field.filterable,
        "required_when": field.required_when,
        **{name: msgspec.json.encode(value, order="sorted").decode() for name, value in encoded},
    }


def _differs(row: dict[str, Any], columns: dict[str, Any]) -> bool:
    jsons = (
        *("label", "description", "group", "options", "schema", "default_value", "rule"),
        "required_before_leaving",
    )
    return any(
        msgspec.json.decode(row[name]) != msgspec.json.decode(value) if name in jsons else row[name] != value
        for name, value in columns.items()
    )
