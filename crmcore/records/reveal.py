"""Showing a sensitive value to a person who may see it, and keeping who did and why."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.database.database import Database
from crmcore.errors import Invalid, NotFound, TooMany
from crmcore.records.catalog import FieldCatalog
from crmcore.records.columns import decoded
from crmcore.records.definition import Definition
from crmcore.records.history import REVEAL, remember
from crmcore.records.scope import demand, selected, visible
from crmcore.records.sealed import HIDDEN, SealedValues
from crmcore.records.tables import History
from crmcore.secrets.keys import SecretError

PERMISSION = "sensitive.read"
MAX_REASON = 300
# A person who answers one customer after the other looks at one value a minute; a script that copies all does not.
PER_MINUTE, PER_DAY = 20, 500

_NO_FIELD: Label = {
    "en": "There is no sensitive field “{name}”. Possible: {known}.",
    "ru": "Нет скрываемого поля «{name}». Возможны: {known}.",
}
_NO_REASON: Label = {"en": "Say why you need the value.", "ru": "Укажите, зачем нужно значение."}
_UNREADABLE: Label = {
    "en": "The stored value cannot be opened: it was changed or copied from another record.",
    "ru": "Сохранённое значение не открывается: оно изменено или скопировано из другой записи.",
}


class Revealed(Struct, frozen=True, kw_only=True):
    """One value in the clear; None when the record has none."""

    field: str
    value: Any


class Revealing:
    """Opens sensitive values one at a time. Every opening is an entry in the record's history before it is told."""

    def __init__(
        self, *, database: Database, catalog: FieldCatalog, sealed: SealedValues, clock: Clock
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._sealed = sealed
        self._clock = clock

    async def reveal(
        self, record_type: RecordType, id: UUID, field: str, reason: str, actor: Actor
    ) -> Revealed:
        """Return the value of the sensitive custom ``field`` (its key, with or without ``custom.``) of one record.

        Raises Forbidden without ``sensitive.read``, NotFound for a record that ``actor`` does not see, Invalid for
        another field or an empty ``reason``, TooMany for more than twenty a minute or five hundred a day.
        """
        demand(actor, PERMISSION)
        conditions = visible(record_type, actor)
        reason = " ".join(reason.split())
        definition = await self._definition(record_type, field, reason)
        table = record_type.table._meta
        async with self._database.transaction():
            rows = await selected(record_type).where(table.primary_key == id, *conditions)
            if not rows:
                raise NotFound()
            await self._check_pace(actor)
            row = decoded(record_type, rows[0])
            stored = row["custom"].get(definition.key)
            await remember(
                record_type.key,
                id,
                version=row["version"],
                action=REVEAL,
                changes={f"custom.{definition.key}": [HIDDEN, HIDDEN]},
                actor=actor,
                reason=reason,
                at=self._clock(),
            )
        try:
            value = self._sealed.open(table.tablename, definition.key, id, stored)
        except SecretError as error:
            problem = Problem(path="/field", code="unreadable", message=_UNREADABLE)
            raise Invalid(problems=(problem,)) from error
        return Revealed(field=f"custom.{definition.key}", value=value)

    async def _definition(self, record_type: RecordType, field: str, reason: str) -> Definition:
        definitions = await self._catalog.of(record_type.key) if record_type.custom_fields else ()
        hidden = [item for item in definitions if item.sensitive or item.sealed]
        named = [item for item in hidden if field.removeprefix("custom.") in item.names]
        problems = []
        if not named:
            known = ", ".join(item.key for item in hidden) or "–"
            params = {"name": field[:60], "known": known}
            problems.append(Problem(path="/field", code="unknown_field", message=_NO_FIELD, params=params))
        if not reason:
            problems.append(Problem(path="/reason", code="required", message=_NO_REASON))
        if problems:
            raise Invalid(problems=tuple(problems))
        return named[0]

    async def _check_pace(self, actor: Actor) -> None:
        now = self._clock()
        mine = (
            (History.action == REVEAL)
            & (History.actor_id == actor.id)
            & (History.actor_kind == actor.kind)
            & (History.at > now - timedelta(days=1))
        )
        rows = (
            await History.select(History.at).where(mine).order_by(History.at, ascending=False).limit(PER_DAY)
        )
        times = [row["at"] for row in rows]
        wait = 0.0
        if len(times) >= PER_DAY:
            wait = (times[-1] + timedelta(days=1) - now).total_seconds()
        elif len(times) >= PER_MINUTE:
            wait = (times[PER_MINUTE - 1] + timedelta(minutes=1) - now).total_seconds()
        if wait > 0:
            seconds = int(wait) + 1
            raise TooMany(seconds=seconds, headers={"Retry-After": str(seconds)})
