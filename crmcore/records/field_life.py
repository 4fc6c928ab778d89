"""What happens to a custom field after it was made: other names, choices that retire, values that move, the end."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.fields import CustomField
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.errors import Invalid
from crmcore.records.catalog import FieldCatalog
from crmcore.records.definition import Definition
from crmcore.records.field_indexes import FieldIndexes
from crmcore.records.field_values import FieldValues
from crmcore.records.history import remember
from crmcore.records.plan import Plan, Planner
from crmcore.records.reasons import reason
from crmcore.records.sealed import SealedValues
from crmcore.records.tables import CustomFieldRow

if TYPE_CHECKING:
    from crmcore.records.service import Records

Outcome = Literal["grandfather", "reject", "map"]
UNDO_DAYS = 30
# One transaction: beyond this, others would wait for too long.
MAX_MAPPED = 20_000
ANY_FAILING = "*"

_WOULD_FAIL: Label = {
    "en": "{failing} of {total} records have values that the new rule would refuse. Nothing was changed.",
    "ru": "Новое правило не пропустит значения в записях: {failing} из {total}. Ничего не изменено.",
}
_TOO_MANY: Label = {
    "en": "More than {limit} records would have to be changed at once.",
    "ru": "Пришлось бы изменить больше {limit} записей сразу.",
}
_NO_MAPPING: Label = {
    "en": "Say which values become which: {example}.",
    "ru": "Укажите, какие значения чем заменить: {example}.",
}


class FieldLife:
    """Carries stored values through the changes of their definitions."""

    def __init__(
        self,
        *,
        database: Database,
        catalog: FieldCatalog,
        clock: Clock,
        planner: Planner,
        records: "Callable[[], Records]",
        exports: Path,
        sealed: SealedValues,
    ) -> None:
        """``exports`` is the folder for the values of fields that go for good."""
        self._database = database
        self._catalog = catalog
        self._clock = clock
        self._planner = planner
        self._records = records
        self._sealed = sealed
        self._exports = exports
        self.indexes = FieldIndexes(database)

    def values(self, definition: Definition) -> FieldValues:
        """Return the stored values of a field."""
        return FieldValues(self._type(definition.record_type), definition, self._database.kind, self._sealed)

    async def with_retired_choices(self, before: Definition, field: CustomField) -> CustomField:
        """Return ``field`` with the choices that it leaves out and that records have: retired, not gone."""
        old = {choice["value"]: choice for choice in before.options.get("choices", ())}
        new = field.options.get("choices")
        if not old or not isinstance(new, list) or not all(isinstance(choice, Mapping) for choice in new):
            return field
        left_out = old.keys() - {choice.get("value") for choice in new}
        used = await self.values(before).in_use([value for value in old if value in left_out])
        retired = [{**old[value], "retired": True} for value in used]
        return msgspec.structs.replace(field, options={**field.options, "choices": [*new, *retired]})

    async def refuse_failing(self, record_type: RecordType, field: CustomField, actor: Actor) -> None:
        """Raise Invalid with the plan when a stored value would not pass ``field``."""
        plan = await self._planner.plan(record_type, field, actor=actor)
        failing = plan.failing - plan.reasons.get("required", 0)
        if failing:
            raise Invalid(
                _WOULD_FAIL,
                code="records_would_fail",
                extra={"plan": _summary(plan)},
                failing=failing,
                total=plan.total,
            )

    async def map_values(
        self, before: Definition, field: CustomField, mapping: Mapping[str, Any] | None, actor: Actor
    ) -> int:
        """Replace stored values by ``mapping`` through the gate, in the open transaction; return how many records.

        Keys are the values as text (a list's members one by one); ``"*"`` stands for every other value that the
        new rule refuses. None takes a value away.
        """
        if not mapping:
            example = {"example": '{"old": "new", "*": null}'}
            raise Invalid(
                problems=(Problem(path="/map", code="required", message=_NO_MAPPING, params=example),)
            )
        passes = self._planner.passes(field)
        changes: list[tuple[UUID, Any]] = []
        async for stored in self.values(before).opened():
            value = _mapped(stored.value, mapping)
            if value == stored.value and ANY_FAILING in mapping and not await passes(value):
                value = mapping[ANY_FAILING]
            if value != stored.value:
                changes.append((stored.id, value))
            if len(changes) > MAX_MAPPED:
                limit = {"limit": MAX_MAPPED}
                raise Invalid(
                    problems=(Problem(path="/map", code="too_many", message=_TOO_MANY, params=limit),)
                )
        # The catalogue knows the new rule from here on, by which the new values are checked.
        self._catalog.forget()
        for id, value in changes:
            await self._records().update(
                field.record_type,
                id,
                {"custom": {field.key: value}},
                actor=actor,
                reason=reason("field_mapped", field=field.key),
            )
        return len(changes)

    async def purge(self, id: UUID, *, actor: Actor) -> Path:
        """Take a retired field's values out of the records for good, after they are exported; return the file."""
        row = (
            await CustomFieldRow.select().where(CustomFieldRow.id == id, CustomFieldRow.state == "deleted")
        )[0]
        definition = self._catalog.definition(row)
        file = self._exports / f"{definition.record_type}.{definition.key}-{id}.csv.gz"
        if definition.record_type in self._catalog.record_types:
            await self.values(definition).export(file)
        async with self._database.transaction():
            if definition.record_type in self._catalog.record_types:
                await self.values(definition).remove()
            await CustomFieldRow.delete().where(CustomFieldRow.id == id)
            await remember(
                "field",
                id,
                version=definition.version + 1,
                action="purge",
                changes={"key": [definition.key, None]},
                actor=actor,
                reason=file.name,
                at=self._clock(),
            )
        await self.indexes.drop(definition)
        self._catalog.forget()
        return file

    async def purge_due(self) -> list[Path]:
        """Purge what was retired more than thirty days ago."""
        before = self._clock() - timedelta(days=UNDO_DAYS)
        rows = await CustomFieldRow.select(CustomFieldRow.id).where(
            CustomFieldRow.state == "deleted", CustomFieldRow.deleted_at < before
        )
        return [await self.purge(row["id"], actor=system_actor("purge of fields")) for row in rows]

    async def keep_index(self, definition: Definition) -> None:
        """Bring the field's index in step with its definition."""
        if definition.record_type in self._catalog.record_types and not definition.dormant:
            await self.indexes.keep(self._type(definition.record_type), definition)

    async def keep_indexes(self) -> None:
        """Bring the indexes of all fields in step: a new release may index otherwise."""
        fields = [
            (self._type(key), definition)
            for key in self._catalog.record_types
            for definition in await self._catalog.of(key)
            if not definition.dormant
        ]
        await self.indexes.keep_all(fields)

    def _type(self, key: str) -> RecordType:
        return self._catalog.record_types[key].item


def _mapped(value: Any, mapping: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        members = [_mapped(item, mapping) for item in value]
        return list(dict.fromkeys(item for item in members if item is not None)) or None
    if value is None:
        return None
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return mapping[text] if text in mapping and text != ANY_FAILING else value


def _summary(plan: Plan) -> dict[str, Any]:
    return {
        "total": plan.total,
        "with_value": plan.with_value,
        "failing": plan.failing,
        "reasons": plan.reasons,
        "samples": [{"id": str(item.id), "title": item.title} for item in plan.samples],
    }
