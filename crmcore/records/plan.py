"""What a change of a field's definition would mean for the records there are."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import CustomField, JsonSchema
from crmcore.contracts.problems import InvalidValue, Problem
from crmcore.contracts.records import RecordType
from crmcore.errors import Invalid
from crmcore.plugins.dispatch import Dispatcher
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import CompiledSchema
from crmcore.records.columns import decoded
from crmcore.records.custom_values import EMPTY
from crmcore.records.field_check import FieldCheck
from crmcore.records.leaving import waiting
from crmcore.records.scope import demand, visible
from crmcore.records.sealed import SealedValues, is_sealed, mute, silenced
from crmcore.records.sentences import REQUIRED
from crmcore.records.stages import stopped_in

BATCH = 500
SAMPLES = 20


class Failing(Struct, frozen=True, kw_only=True):
    """One record whose stored value the proposed rule would refuse."""

    id: UUID
    title: str
    problem: Problem


class Plan(Struct, frozen=True, kw_only=True):
    """The outcome: of ``total`` records, ``failing`` would be refused if they were written anew.

    ``reasons`` counts them by problem code; ``samples`` are the first of them. Nothing becomes un-savable:
    a stored value is checked again only when somebody changes it. ``stopped`` lack the value and stand in a choice
    that they cannot leave without it; ``stopped_samples`` are the first of them.
    """

    record_type: str
    key: str
    total: int
    with_value: int
    failing: int
    reasons: dict[str, int]
    samples: list[Failing]
    stopped: int = 0
    stopped_samples: list[Failing] = []


class Planner:
    """Tries a proposed definition on every stored record, in batches of constant memory."""

    def __init__(
        self, catalog: FieldCatalog, check: FieldCheck, dispatch: Dispatcher, sealed: SealedValues
    ) -> None:
        self._sealed = sealed
        self._catalog = catalog
        self._check = check
        self._dispatch = dispatch

    async def plan(
        self,
        record_type: RecordType,
        field: CustomField,
        *,
        actor: Actor,
        progress: Callable[[int], None] | None = None,
    ) -> Plan:
        """Return what would happen if ``field`` replaced, or became, the definition of its key."""
        demand(actor, "field.read")
        compiled = self._compiled(field)
        table = record_type.table._meta.tablename
        definitions = await self._catalog.of(record_type.key)
        total = with_value = stopped = 0
        reasons: Counter[str] = Counter()
        samples: list[Failing] = []
        stopped_samples: list[Failing] = []

        def sample(row: dict[str, Any], problem: Problem) -> Failing:
            return Failing(id=row["id"], title=record_type.title(record_type.document(row)), problem=problem)

        async for row in _rows(record_type, actor):
            total += 1
            custom = decoded(record_type, row)["custom"]
            stored = custom.get(field.key)
            stage = stopped_in(field.required_before_leaving, custom, definitions)
            if stored in EMPTY and stage is not None:
                stopped += 1
                if len(stopped_samples) < SAMPLES:
                    stopped_samples.append(sample(row, waiting(field, *stage)))
            value = self._sealed.opened(table, row["id"], {field.key: stored})[field.key]
            with_value += value is not None
            problem = await self._problem(field, compiled, value)
            if problem is not None and (is_sealed(stored) or self._catalog.is_sensitive(field)):
                problem = silenced(problem, value)
            if problem is not None:
                reasons[problem.code] += 1
                if len(samples) < SAMPLES:
                    samples.append(sample(row, problem))
            if progress is not None and total % BATCH == 0:
                progress(total)
        return Plan(
            record_type=record_type.key,
            key=field.key,
            total=total,
            with_value=with_value,
            failing=sum(reasons.values()),
            reasons=dict(reasons),
            samples=samples,
            stopped=stopped,
            stopped_samples=stopped_samples,
        )

    def passes(self, field: CustomField) -> Callable[[Any], Awaitable[bool]]:
        """Return how to tell whether a stored value would be accepted by ``field``."""
        compiled = self._compiled(field)

        async def passed(value: Any) -> bool:
            return await self._problem(field, compiled, value) is None

        return passed

    def _compiled(self, field: CustomField) -> CompiledSchema:
        schema, problems = self._check.property_of(field)
        if problems:
            raise Invalid(problems=tuple(problems))
        return CompiledSchema(_without_format(schema) if field.format else schema, {})

    async def problem(self, field: CustomField, value: Any) -> Problem | None:
        """Return why ``field``, a declaration that makes sense, would refuse ``value``; None when it would not."""
        return await self._problem(field, self._compiled(field), value)

    async def _problem(self, field: CustomField, compiled: CompiledSchema, value: Any) -> Problem | None:
        path = f"/custom/{field.key}"
        if value is None:
            return Problem(path=path, code="required", message=REQUIRED) if field.required else None
        registered = self._catalog.types[field.type]
        hidden = self._catalog.is_sensitive(field)
        try:
            value = await self._dispatch.run(
                registered.plugin,
                f"field type {field.type}",
                mute(registered.item.clean) if hidden else registered.item.clean,
                value,
                field.options,
            )
            if field.format and isinstance(value, str):
                validator = self._catalog.validators[field.format]
                options = field.options.get("format_options", {})
                check = mute(validator.item.check) if hidden else validator.item.check
                value = await self._dispatch.run(
                    validator.plugin, f"validator {field.format}", check, value, options
                )
        except InvalidValue as error:
            return error.problem(path)
        if value in EMPTY:
            return Problem(path=path, code="required", message=REQUIRED) if field.required else None
        found = compiled.problems(value)
        return msgspec.structs.replace(found[0], path=path + found[0].path) if found else None


async def _rows(record_type: RecordType, actor: Actor) -> AsyncIterator[dict[str, Any]]:
    key = record_type.table._meta.primary_key
    last: UUID | None = None
    while True:
        conditions = visible(record_type, actor)
        if last is not None:
            conditions.append(key > last)
        query = record_type.table.select(*record_type.table.all_columns(), *record_type.joined)
        rows = await (query.where(*conditions) if conditions else query).order_by(key).limit(BATCH)
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        last = rows[-1]["id"]


def _without_format(schema: JsonSchema) -> JsonSchema:
    return {name: value for name, value in schema.items() if name != "format"}
