"""What everybody uses to read and write records."""

import builtins
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.records import Record, RecordType
from crmcore.database.database import Database
from crmcore.errors import CrmError, Forbidden, NotFound
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.registry import Registry
from crmcore.records.catalog import FieldCatalog
from crmcore.records.columns import decoded
from crmcore.records.composite import published_schema
from crmcore.records.field_access import FieldAccess
from crmcore.records.gate import EventWriter, Gate
from crmcore.records.history import HistoryEntry, history_of
from crmcore.records.provenance import ValueOrigin, origins_of
from crmcore.records.query import ListQuery, Page
from crmcore.records.reading import Reader
from crmcore.records.reveal import Revealed, Revealing
from crmcore.records.scope import RowAction, demand, rows_for, selected
from crmcore.records.sealed import HIDDEN, SealedValues
from crmcore.records.together import NewRecord, Refused, Together
from crmcore.search.question import Question

# More at once make a commit per record felt less, and others wait longer: SQLite has one writer.
MANY_S = 0.25


class Records:
    """The records of one workspace. Every method takes the actor on whose behalf it works."""

    def __init__(
        self,
        *,
        database: Database,
        registry: Registry,
        dispatch: Dispatcher,
        catalog: FieldCatalog,
        outbox: EventWriter,
        clock: Clock,
        sealed: SealedValues,
        plugin_version: Callable[[str], str] = lambda plugin: "",
    ) -> None:
        """``plugin_version`` says for the history which version of a plugin writes."""
        self._types = {key: registered.item for key, registered in registry.record_types.items()}
        self._catalog = catalog
        self._database = database
        self._sealed = sealed
        self._reader = Reader(catalog, database.kind, sealed, clock)
        self._revealing = Revealing(database=database, catalog=catalog, sealed=sealed, clock=clock)
        self._gate = Gate(
            database=database,
            dispatch=dispatch,
            record_types=self._types,
            catalog=catalog,
            reader=self._reader,
            sealed=sealed,
            outbox=outbox,
            clock=clock,
            plugin_version=plugin_version,
        )
        self._together = Together(self._gate, database, clock)
        self._reader.access = FieldAccess(catalog, self._types)

    @property
    def types(self) -> Mapping[str, RecordType]:
        """All record types by their key."""
        return self._types

    def record_type(self, key: str) -> RecordType:
        """Return the record type ``key``; raises NotFound."""
        try:
            return self._types[key]
        except KeyError:
            raise NotFound(
                {"en": "There is no record type “{name}”.", "ru": "Нет типа записей «{name}»."}, name=key[:60]
            ) from None

    async def create(
        self,
        record_type: str,
        document: Mapping[str, Any],
        *,
        actor: Actor,
        reason: str = "",
        internal: Mapping[str, Any] | None = None,
        id: UUID | None = None,
        incomplete: bool = False,
    ) -> Record:
        """Create a record from its document and return it as it is stored.

        ``incomplete`` lets it lack required values, for what arrives from outside.
        """
        kind = self.record_type(record_type)
        if internal is None:
            _may_create(kind, actor)
        return await self._gate.write(
            kind,
            "create",
            document,
            actor=actor,
            reason=reason,
            internal=internal,
            id=id,
            incomplete=incomplete,
        )

    async def create_many(
        self, record_type: str, wanted: Sequence[NewRecord], *, actor: Actor, until: float
    ) -> builtins.list[Record | Refused]:
        """Create records that do not depend on each other; return each, or why there is none, in their order.

        All are asked what :meth:`create` asks of one, and written together: a hundred take a third of the time.
        Ends with the record at which the monotonic clock has passed ``until``; there may be fewer answers.
        """
        kind = self.record_type(record_type)
        _may_create(kind, actor)
        return await self._together.create(kind, wanted, actor, until)

    async def update(
        self,
        record_type: str,
        id: UUID,
        changes: Mapping[str, Any],
        *,
        actor: Actor,
        version: int | None = None,
        reason: str = "",
        internal: Mapping[str, Any] | None = None,
        incomplete: bool = False,
        undoing: bool = False,
    ) -> Record:
        """Change what ``changes`` names and nothing else; ``version`` refuses to overwrite a later change.

        ``incomplete`` lets the record lack what rules need, for what arrives from outside. ``undoing`` says that
        it gets back what it had: no stage is left by it.
        """
        return await self._gate.write(
            self.record_type(record_type),
            "update",
            changes,
            actor=actor,
            id=id,
            version=version,
            reason=reason,
            internal=internal,
            incomplete=incomplete,
            undoing=undoing,
        )

    async def update_many(
        self,
        record_type: str,
        changes: Mapping[UUID, Mapping[str, Any]],
        *,
        actor: Actor,
        reason: str = "",
        untold: str = "",
    ) -> dict[UUID, CrmError]:
        """Change many records, as many in a transaction as take a quarter of a second; return what was refused.

        A record that is refused is left as it is, and the others are changed. The plugin ``untold`` is not told.
        """
        kind, left = self.record_type(record_type), [*changes.items()][::-1]
        refused: dict[UUID, CrmError] = {}
        while left:
            until = time.monotonic() + MANY_S
            async with self._database.transaction():
                while left and time.monotonic() < until:
                    id, changed = left.pop()
                    try:
                        async with self._database.savepoint():
                            await self._gate.write(
                                kind, "update", changed, actor=actor, id=id, reason=reason, untold=untold
                            )
                    except CrmError as error:
                        if error.status >= 500:
                            raise
                        refused[id] = error
        return refused

    async def delete(
        self, record_type: str, id: UUID, *, actor: Actor, version: int | None = None, reason: str = ""
    ) -> None:
        """Delete a record."""
        kind = self.record_type(record_type)
        if not kind.deletable:
            raise Forbidden(
                {"en": "Records of this kind are not deleted.", "ru": "Такие записи не удаляются."},
                code="not_deletable",
            )
        await self._gate.delete(kind, id, actor=actor, version=version, reason=reason)

    async def restore(self, record_type: str, id: UUID, *, actor: Actor, reason: str = "") -> Record:
        """Bring a deleted record back."""
        return await self._gate.write(
            self.record_type(record_type), "restore", {}, actor=actor, id=id, reason=reason
        )

    async def index_again(self, record_type: str, id: UUID) -> None:
        """Bring the words of a record up to date that was written past the gate, as the undoing of a merge does."""
        await self._gate.index_again(self.record_type(record_type), id)

    async def get(self, record_type: str, id: UUID, *, actor: Actor, deleted: bool = False) -> Record:
        """Return one record; raises NotFound for what is not there or not to be seen."""
        return await self._reader.get(self.record_type(record_type), id, actor, deleted=deleted)

    async def list(self, record_type: str, query: ListQuery, *, actor: Actor) -> Page:
        """Return one page of what ``query`` finds."""
        return await self._reader.page(self.record_type(record_type), query, actor)

    async def check(self, record_type: str, query: ListQuery, *, actor: Actor) -> None:
        """Raise Invalid with every path when ``query`` makes no sense for this list; nothing is read."""
        await self._reader.check(self.record_type(record_type), query, actor)

    async def count(
        self, record_type: str, query: ListQuery, *, actor: Actor, at_most: int | None = None
    ) -> int:
        """Return how many records ``query`` finds; it stops counting at ``at_most``."""
        return await self._reader.count(self.record_type(record_type), query, actor, at_most)

    async def counts(
        self, record_type: str, queries: Mapping[str, ListQuery], *, actor: Actor, at_most: int = 1000
    ) -> dict[str, int]:
        """Return how many records each of ``queries`` finds, no more than ``at_most``, in one statement."""
        return await self._reader.counts(self.record_type(record_type), queries, actor, at_most)

    async def tally(
        self, record_type: str, query: ListQuery, by: str, *, actor: Actor, at_most: int = 10_000
    ) -> dict[Any, int]:
        """Return how many of the records found have which value in the column ``by``, in one statement.

        No more than ``at_most`` records are looked at; of a column that is hidden from the actor nothing is told.
        """
        return await self._reader.tally(self.record_type(record_type), query, by, actor, at_most)

    async def titles(self, record_type: str, ids: Collection[UUID], *, actor: Actor) -> dict[UUID, str]:
        """Return what those of ``ids`` are called that the actor may see, in one statement."""
        return await self._reader.titles(self.record_type(record_type), ids, actor)

    async def history(
        self, record_type: str, id: UUID, *, actor: Actor, limit: int = 50, language: str = ""
    ) -> Sequence[HistoryEntry]:
        """Return the newest changes of a record that the actor may see, in ``language`` or the actor's own."""
        kind = self.record_type(record_type)
        demand(actor, f"{kind.key}.read")
        if rows_for(kind, actor) and not await self._reader.is_there(kind, id, actor):
            raise NotFound()
        entries = await history_of(record_type, id, limit, language or actor.language)
        entries = [
            msgspec.structs.replace(entry, changes=await self._of_known_fields(kind, entry.changes))
            for entry in entries
        ]
        return await self._reader.access.shown_history(kind, entries, actor)

    async def _of_known_fields(
        self, kind: RecordType, changes: Mapping[str, builtins.list[Any]]
    ) -> dict[str, builtins.list[Any]]:
        """Return ``changes`` without those of deleted fields: nobody's rules tell any more who may see them."""
        known = {f"custom.{definition.key}" for definition in await self._catalog.of(kind.key)}
        return {
            name: pair
            for name, pair in changes.items()
            if name in known or not (kind.custom_fields and name.startswith("custom."))
        }

    async def shown_changes(
        self, record_type: str, changes: Mapping[str, builtins.list[Any]], *, actor: Actor
    ) -> dict[str, builtins.list[Any]]:
        """Return the ``changes`` of an event as ``actor`` sees them now, sensitive values masked."""
        kind, sensitive = self.record_type(record_type), self.sensitive(record_type)
        hidden = await self._reader.access.hidden_changes(kind, actor)
        changes = await self._of_known_fields(kind, changes)
        return {
            name: [HIDDEN if value else value for value in pair] if name in sensitive else pair
            for name, pair in changes.items()
            if name not in hidden
        }

    async def reveal(self, record_type: str, id: UUID, field: str, *, reason: str, actor: Actor) -> Revealed:
        """Return one sensitive value in the clear; that ``actor`` has seen it, and why, stays in the history."""
        kind = self.record_type(record_type)
        if f"custom.{field.removeprefix('custom.')}" in await self._reader.access.hidden(kind, actor):
            raise NotFound()
        return await self._revealing.reveal(kind, id, field, reason, actor)

    def sensitive(self, record_type: str) -> frozenset[str]:
        """Return the custom fields (``custom.key``) whose values are kept out of everything that is told."""
        return self._catalog.sensitive(record_type)

    async def stored_custom(self, record_type: str, id: UUID) -> dict[str, Any]:
        """Return the custom values of a record as they are stored, sensitive ones sealed. For the core alone."""
        kind = self.record_type(record_type)
        rows = await selected(kind).where(kind.table._meta.primary_key == id)
        stored: dict[str, Any] = decoded(kind, rows[0])["custom"] if rows else {}
        return stored

    def opened(self, record_type: str, id: UUID, custom: Mapping[str, Any]) -> dict[str, Any]:
        """Return stored ``custom`` values of a record in the clear. For the core alone, never for a reader.

        What moves to another record has to be sealed anew for it: the gate does that.
        """
        return self._sealed.opened(self.record_type(record_type).table._meta.tablename, id, custom)

    async def provenance(self, record_type: str, id: UUID, *, actor: Actor) -> dict[str, ValueOrigin]:
        """Return who wrote each custom value that the record has, when, and by which version of a plugin."""
        record = await self.get(record_type, id, actor=actor)
        return await origins_of(record, actor.language)

    async def reach(
        self, record_type: str, ids: Collection[UUID], action: RowAction = "read", *, actor: Actor
    ) -> bool:
        """Tell whether all of ``ids`` are rows, deleted or not, that the actor's row scopes let him ``action``."""
        kind = self.record_type(record_type)
        demand(actor, f"{kind.key}.read")
        key = kind.table._meta.primary_key
        wanted = set(ids)
        found = kind.table.count().where(key.is_in(list(wanted)), *rows_for(kind, actor, action))
        return int(await found) == len(wanted)

    async def verified(
        self, record_type: str, ids: Collection[UUID], question: Question, *, actor: Actor
    ) -> dict[UUID, str] | None:
        """Return which finds have the words in what ``actor`` sees, with their titles; None when all do."""
        return await self._reader.verified(self.record_type(record_type), ids, question, actor)

    async def untouchable(self, record_type: str, *, actor: Actor) -> frozenset[str]:
        """Return the fields that ``actor`` does not see or does not write; custom fields as ``custom.key``."""
        kind, access = self.record_type(record_type), self._reader.access
        return await access.hidden(kind, actor) | await access.unwritable(kind, actor)

    async def hidden(self, record_type: str, *, actor: Actor) -> frozenset[str]:
        """Return the fields that ``actor`` does not see; custom fields as ``custom.key``."""
        return await self._reader.access.hidden(self.record_type(record_type), actor)

    async def schema(
        self, record_type: str, language: str = "en", *, actor: Actor | None = None
    ) -> JsonSchema:
        """Return the record type's one JSON Schema, custom fields included, as ``actor`` may know it."""
        kind = self.record_type(record_type)
        schema = published_schema(kind, await self._catalog.of(kind.key), language)
        return schema if actor is None else await self._reader.access.shown_schema(kind, schema, actor)


def _may_create(kind: RecordType, actor: Actor) -> None:
    """Raise Forbidden where people are not to make such records themselves."""
    if not kind.creatable and actor.kind not in ("system", "plugin", "contact", "import"):
        raise Forbidden(
            {
                "en": "Records of this kind are not made directly.",
                "ru": "Такие записи не создаются напрямую.",
            },
            code="not_creatable",
        )
