"""The one gate: every write of every record, whoever asks, goes through here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from crmcore.clock import Clock, uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.problems import Problem, Refusal
from crmcore.contracts.records import Change, Draft, Record, RecordType, WriteAction
from crmcore.database.database import Database
from crmcore.database.statement import insert_rows, update_row
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.files.binding import bind_files, refused_files, release_all
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.records.catalog import FieldCatalog
from crmcore.records.checking import MAX_PROBLEMS, unknown_field, unstorable
from crmcore.records.columns import column_values, decoded, json_form, reference_of
from crmcore.records.composite import base_properties
from crmcore.records.custom_references import dangling_references
from crmcore.records.custom_rules import CustomRules
from crmcore.records.custom_values import CustomValues
from crmcore.records.definition import Definition
from crmcore.records.history import difference, history_row, remember_all
from crmcore.records.reading import Reader
from crmcore.records.row_ownership import own_what_is_made, stay_in_scope
from crmcore.records.scope import RowAction, demand, has_column, selected, visible
from crmcore.records.sealed import HIDDEN, SealedValues
from crmcore.records.sentences import NO_SUCH_RECORD, READ_ONLY
from crmcore.records.tags import TAGS, set_tags, tag_new, tags_column, tags_of
from crmcore.search.indexer import Indexer
from crmcore.telemetry.current import spanned
from crmcore.telemetry.tracing import Attributes

WRITE_HOOK_TIMEOUT_S = 2.0


class EventWriter(Protocol):
    """The outbox, as the gate needs it."""

    async def write(
        self,
        name: str,
        record_type: str,
        record_id: UUID,
        actor: Actor,
        *,
        changes: Mapping[str, list[Any]] = ...,
        data: Mapping[str, Any] = ...,
        untold: str = ...,
    ) -> None: ...

    async def write_all(
        self,
        name: str,
        record_type: str,
        changes: Sequence[tuple[UUID, Mapping[str, list[Any]]]],
        actor: Actor,
    ) -> None: ...


def _described(
    _: Any, record_type: RecordType, action: WriteAction, *rest: Any, **named: Any
) -> tuple[str, Attributes]:
    """Return the span of a write: which type, and what is done to it."""
    return f"{action} {record_type.key}", {
        "crmcore.record_type": record_type.key,
        "crmcore.action": action,
    }


class Gate:
    """Checks, normalises and writes one record in one transaction: row, parts, tags, words, history, outbox."""

    def __init__(
        self,
        *,
        database: Database,
        dispatch: Dispatcher,
        record_types: Mapping[str, RecordType],
        catalog: FieldCatalog,
        reader: Reader,
        sealed: SealedValues,
        outbox: EventWriter,
        clock: Clock,
        plugin_version: Callable[[str], str],
    ) -> None:
        self._plugin_version = plugin_version
        self._database = database
        self._dispatch = dispatch
        self._types = record_types
        self._catalog = catalog
        self._sealed = sealed
        self._custom = CustomValues(catalog, dispatch, sealed)
        self._indexer = Indexer(catalog)
        self._rules = CustomRules(catalog, dispatch, self._custom, sealed)
        self._reader = reader
        self._outbox = outbox
        self._clock = clock

    @spanned("internal", _described)
    async def write(
        self,
        record_type: RecordType,
        action: WriteAction,
        document: Mapping[str, Any],
        *,
        actor: Actor,
        id: UUID | None = None,
        version: int | None = None,
        reason: str = "",
        internal: Mapping[str, Any] | None = None,
        incomplete: bool = False,
        undoing: bool = False,
        untold: str = "",
    ) -> Record:
        """Create or update one record from ``document``, or restore it; return it as it is stored.

        ``internal`` are column values that only the core sets. ``incomplete`` lets a record lack what is
        required and what rules need: what arrives from outside cannot be sent back to be completed. ``undoing`` says
        that a record gets back what it had, and so leaves no stage. The plugin ``untold`` is not told of it. Raises
        Invalid with every problem and its path, Conflict when ``version`` is not the stored one, NotFound, Forbidden.
        """
        demand(actor, f"{record_type.key}.write")
        async with self._database.transaction():
            before = (
                None if action == "create" else await self._locked(record_type, id, actor, action, version)
            )
            creating = action == "create" and not incomplete
            draft = await self.draft(record_type, action, document, actor, id, before, reason, creating)
            draft.notes["untold"] = untold
            if internal:
                draft.values.update(internal)
            await self.make_ready(draft, incomplete=incomplete, undoing=undoing)
            await self._store(draft)
            if actor.rows:
                await stay_in_scope(draft)
            return await self._reader.shown(record_type, await self._conclude(draft), actor)

    async def make_ready(self, draft: Draft, *, incomplete: bool = False, undoing: bool = False) -> None:
        """Prepare and check a draft until nothing is left but to store it; raises Invalid."""
        record_type = draft.record_type
        if draft.actor.rows:
            own_what_is_made(draft)
        await record_type.prepare(draft)
        if record_type.custom_fields:
            definitions = await self._catalog.of(record_type.key)
            await self._rules.compute(definitions, draft)
            if draft.action != "restore":
                hidden = await self._reader.access.hidden(record_type, draft.actor)
                draft.problems += self._rules.problems(
                    definitions, draft, hidden, incomplete=incomplete, undoing=undoing
                )
        self._raise(draft.problems)
        if has_column(record_type, "search_text"):
            draft.values["search_text"] = record_type.search_text(draft).casefold()
        await self._ask_plugins("before_write", draft)

    def prepares_together(self, record_type: RecordType) -> bool:
        """Tell whether records are prepared before others of their type are written, and nobody can tell.

        A plugin that is asked may look at what is stored, and so may a ``prepare`` of the record type's own.
        """
        if record_type.alone and type(record_type).prepare is not RecordType.prepare:
            return False
        return set(self._dispatch.implementers("before_write")) <= {"core"}

    async def create_together(self, drafts: Sequence[Draft]) -> list[Record]:
        """Write new records of one type and actor that are ready, in the open transaction, table by table."""
        record_type, actor = drafts[0].record_type, drafts[0].actor
        await insert_rows(record_type.table, *(self._new_row(draft) for draft in drafts))
        await record_type.store_together(drafts)
        for draft in drafts:
            if record_type.custom_fields:
                definitions = await self._catalog.of(record_type.key)
                await bind_files(definitions, draft, draft.notes["at"])
            if actor.rows:
                await stay_in_scope(draft)
        if record_type.tags:
            await tag_new(record_type.key, {draft.id: draft.notes.get("tags") or () for draft in drafts})
        key = record_type.table._meta.primary_key
        select = selected(record_type, tags_column(record_type))
        rows = await select.where(key.is_in([draft.id for draft in drafts]))
        stored = {record.id: record for record in await self._reader.records(record_type, rows)}
        records = [stored[draft.id] for draft in drafts]
        told = [
            (draft, self._told_of_new(draft, record)) for draft, record in zip(drafts, records, strict=True)
        ]
        await remember_all([self._history_row(draft, 1, changes) for draft, changes in told])
        await self._outbox.write_all(
            f"{record_type.key}_created",
            record_type.key,
            [(draft.id, changes) for draft, changes in told],
            actor,
        )
        await self._indexer.added(record_type, records)
        return [await self._reader.shown(record_type, record, actor) for record in records]

    async def index_again(self, record_type: RecordType, id: UUID) -> None:
        """Index one record whose row was written elsewhere, in the open transaction."""
        rows = await selected(record_type).where(record_type.table._meta.primary_key == id)
        for record in await self._reader.records(record_type, rows):
            await self._indexer.again(record_type, record)

    async def delete(
        self, record_type: RecordType, id: UUID, *, actor: Actor, version: int | None = None, reason: str = ""
    ) -> None:
        """Delete one record: hidden and restorable where the type has ``deleted_at``, gone otherwise."""
        demand(actor, f"{record_type.key}.delete")
        async with self._database.transaction():
            before = await self._locked(record_type, id, actor, "delete", version)
            draft = Draft(
                record_type=record_type,
                action="delete",
                id=id,
                before=before,
                asked={},
                actor=actor,
                reason=reason,
            )
            await record_type.prepare(draft)
            self._raise(draft.problems)
            await self._ask_plugins("before_delete", draft)
            key = record_type.table._meta.primary_key
            if has_column(record_type, "deleted_at"):
                now = self._clock()
                await record_type.table.update(
                    {"deleted_at": now, "updated_at": now, "version": before["version"] + 1}, force=True
                ).where(key == id)
            else:
                await record_type.table.delete().where(key == id)
                await self._indexer.removed(record_type, id)
                await release_all(record_type.key, id, self._clock())
            await record_type.store(draft)
            await self._tell(draft, before["version"] + 1, {})

    async def draft(
        self,
        record_type: RecordType,
        action: WriteAction,
        document: Mapping[str, Any],
        actor: Actor,
        id: UUID | None,
        before: dict[str, Any] | None,
        reason: str,
        creating: bool,
        known: "set[tuple[str, UUID]] | None" = None,
    ) -> Draft:
        """Return what a document asks for, cleaned, with what is wrong in it; raises Invalid where nothing is sound.

        ``known`` are records, by type and id, that were seen to be there a moment ago, and takes in what is seen.
        """
        sent = {name: json_form(value) for name, value in document.items()}
        self._raise(unstorable(sent))
        refused = _not_writable(record_type, sent)
        sent = {name: value for name, value in sent.items() if name not in refused}
        sent, not_theirs = await self._reader.access.refuse(record_type, sent, actor)
        problems = [*refused.values(), *not_theirs][:MAX_PROBLEMS]
        custom = sent.pop("custom", None)
        id = id or uuid7(self._clock())
        changed: dict[str, Any] = {}
        whole = dict((before or {}).get("custom") or {})
        if record_type.custom_fields and (custom is None or isinstance(custom, Mapping)):
            stored = dict(whole)
            definitions = await self._catalog.of(record_type.key)
            given = custom or {}
            defaults = self._rules.defaults(definitions, given) if action == "create" else {}
            changed, whole, found = await self._cleaned(
                record_type, id, {**defaults, **given}, stored, definitions, actor
            )
            refused_paths = {problem.path for problem in found}
            if unfit := {key for key in defaults if f"/custom/{key}" in refused_paths}:
                # Nobody asked for a default: one that is refused by now, its record gone say, is none.
                fit = {key: value for key, value in defaults.items() if key not in unfit}
                changed, whole, found = await self._cleaned(
                    record_type, id, {**fit, **given}, stored, definitions, actor
                )
            problems += found
        checked = {**sent, "custom": changed} if record_type.custom_fields else dict(sent)
        if custom is not None and not isinstance(custom, Mapping):
            checked["custom"] = custom
        compiled = await self._catalog.compiled(record_type, creating=creating)
        paths = {problem.path for problem in problems}
        paths |= await self._reader.access.unasked(record_type, actor)
        problems += [problem for problem in compiled.problems(checked) if problem.path not in paths]
        if any(not problem.path for problem in problems):
            self._raise(problems)
        # What the record type finds in the sound fields is reported together with what was found so far.
        unsound = {problem.path.split("/")[1] for problem in problems}
        sent = {name: value for name, value in sent.items() if name not in unsound}
        tags = sent.pop("tags", None)
        draft = Draft(
            record_type=record_type,
            action=action,
            id=id,
            before=before,
            asked=sent,
            actor=actor,
            reason=reason,
        )
        draft.custom = whole
        draft.notes["tags"] = tags
        draft.values, found = column_values(record_type, sent)
        draft.problems = [*problems, *found]
        await self._check_references(draft, set() if known is None else known)
        return draft

    async def _cleaned(
        self,
        record_type: RecordType,
        id: UUID,
        given: Mapping[str, Any],
        stored: Mapping[str, Any],
        definitions: Collection[Definition],
        actor: Actor,
    ) -> tuple[dict[str, Any], dict[str, Any], list[Problem]]:
        """Return the custom values that change, all as they will be stored, and what is wrong with those given."""
        changed, whole, problems = await self._custom.clean(record_type, id, given, stored, actor)
        schemas = {item.key: item.schema for item in definitions if item.key in changed}
        problems += await dangling_references(schemas, changed, self._types, actor)
        problems += await refused_files(
            definitions, changed, whole, record_type=record_type.key, id=id, actor=actor
        )
        return changed, whole, problems

    async def _check_references(self, draft: Draft, known: set[tuple[str, UUID]]) -> None:
        for name in draft.asked:
            schema = draft.record_type.properties.get(name, {})
            target = self._types.get(reference_of(schema))
            value = draft.values.get(name[:-3])
            if target is None or not isinstance(value, UUID) or (target.key, value) in known:
                continue
            conditions = visible(target, draft.actor)
            if await target.table.exists().where(target.table._meta.primary_key == value, *conditions):
                known.add((target.key, value))
            else:
                draft.problem(f"/{name}", "no_such_record", NO_SUCH_RECORD, type=target.key)

    async def _locked(
        self, record_type: RecordType, id: UUID | None, actor: Actor, action: WriteAction, version: int | None
    ) -> dict[str, Any]:
        needed: RowAction = "delete" if action == "delete" else "write"
        conditions = visible(record_type, actor, deleted=action == "restore", action=needed)
        if action == "restore" and has_column(record_type, "merged_into"):
            # The tombstone of a merge comes back by undoing the merge.
            conditions.append(record_type.table._meta.get_column_by_name("merged_into").is_null())
        query = selected(record_type).where(record_type.table._meta.primary_key == id, *conditions)
        if self._database.kind == "postgres":
            query = query.lock_rows("UPDATE", of=(record_type.table,))
        rows = await query
        if not rows:
            raise NotFound()
        row: dict[str, Any] = decoded(record_type, rows[0])
        if version is not None and row["version"] != version:
            current = (await self._reader.records(record_type, [dict(row)], actor=actor))[0]
            raise Conflict(extra={"current": current.document})
        return row

    async def _ask_plugins(self, hook: str, draft: Draft) -> None:
        problems: list[Problem] = []
        for plugin in self._dispatch.implementers(hook):
            change = await self._change_for(plugin, draft)
            try:
                found = await self._dispatch.call_one(
                    plugin, hook, change=change, timeout_s=WRITE_HOOK_TIMEOUT_S
                )
            except Refusal as refusal:
                found = refusal.problems
            except PluginFailed as failed:
                raise Invalid(
                    {
                        "en": f"Nothing was written. {failed.sentence('en')}",
                        "ru": f"Ничего не записано. {failed.sentence('ru')}",
                    },
                    code="plugin_failed",
                ) from failed
            problems += [
                problem
                if problem.plugin or plugin == "core"
                else msgspec.structs.replace(problem, plugin=plugin)
                for problem in found or ()
            ]
        self._raise(problems)

    async def _change_for(self, plugin: str, draft: Draft) -> Change:
        """Return what happens as ``plugin`` sees it: of sensitive values, those of its own fields alone."""
        before, custom = draft.before, dict(draft.custom)
        if draft.record_type.custom_fields:
            definitions = await self._catalog.of(draft.record_type.key)
            table = draft.record_type.table._meta.tablename
            custom = self._sealed.for_plugin(table, draft.id, custom, definitions, plugin)
            if before is not None:
                stored = before.get("custom") or {}
                shown = self._sealed.for_plugin(table, draft.id, stored, definitions, plugin)
                before = {**before, "custom": shown}
        return Change(
            record_type=draft.record_type.key,
            action=draft.action,
            id=draft.id,
            before=before,
            values=dict(draft.values),
            custom=custom,
            actor=draft.actor,
            reason=draft.reason,
        )

    async def _store(self, draft: Draft) -> None:
        table = draft.record_type.table
        now = self._clock()
        if draft.before is None:
            await insert_rows(table, self._new_row(draft))
        else:
            values: dict[Any, Any] = {**draft.values}
            if draft.record_type.custom_fields and draft.custom != draft.before["custom"]:
                values["custom"] = msgspec.json.encode(draft.custom).decode()
            values["updated_at"] = now
            if draft.action == "restore":
                values["deleted_at"] = None
            values["version"] = draft.before["version"] + 1
            await update_row(table, draft.id, values)
        await draft.record_type.store(draft)
        if draft.record_type.custom_fields:
            await bind_files(await self._catalog.of(draft.record_type.key), draft, now)

    def _new_row(self, draft: Draft) -> dict[str, Any]:
        values: dict[str, Any] = {"id": draft.id, **draft.values}
        if draft.record_type.custom_fields:
            values["custom"] = msgspec.json.encode(draft.custom).decode()
        values["updated_at"] = now = draft.notes.get("at") or self._clock()
        values.setdefault("created_at", now)
        return values

    async def _conclude(self, draft: Draft) -> Record:
        record_type = draft.record_type
        tags = draft.notes.get("tags")
        had: list[str] = []
        if tags is not None:
            if draft.before is not None:
                had = (await tags_of(record_type.key, [draft.id])).get(draft.id, [])
            await set_tags(record_type.key, draft.id, tags, had)
        select = selected(record_type, tags_column(record_type))
        rows = await select.where(record_type.table._meta.primary_key == draft.id)
        record = (await self._reader.records(record_type, rows))[0]
        old = None
        if draft.before is not None:
            # Tags that were not written are those that are there, and are not read a second time.
            before = dict(draft.before)
            if record_type.tags:
                before[TAGS] = list(had if tags is not None else record.document["tags"])
            old = (await self._reader.records(record_type, [before]))[0]
        changes = difference(old.document if old else {}, record.document)
        changes |= _hidden_changes(draft, self._catalog.sensitive(record_type.key))
        await self._tell(draft, record.version, changes)
        # Last: what was told travels with it.
        await self._indexer.wrote(record_type, record, old.document if old else None)
        return record

    async def _tell(self, draft: Draft, version: int, changes: dict[str, list[Any]]) -> None:
        key = draft.record_type.key
        changes = msgspec.to_builtins(changes)
        if draft.action == "create":
            changes = _filled(changes)
        await remember_all([self._history_row(draft, version, changes)])
        past = {"create": "created", "update": "updated", "delete": "deleted", "restore": "restored"}[
            draft.action
        ]
        untold = draft.notes.get("untold", "")
        await self._outbox.write(f"{key}_{past}", key, draft.id, draft.actor, changes=changes, untold=untold)

    def _told_of_new(self, draft: Draft, record: Record) -> dict[str, list[Any]]:
        """Return the changes of a new record as history and events tell them."""
        changes = difference({}, record.document)
        changes |= _hidden_changes(draft, self._catalog.sensitive(draft.record_type.key))
        return _filled(msgspec.to_builtins(changes))

    def _history_row(self, draft: Draft, version: int, changes: dict[str, list[Any]]) -> dict[str, Any]:
        return history_row(
            draft.record_type.key,
            draft.id,
            version=version,
            action=draft.action,
            changes=changes,
            actor=draft.actor,
            reason=draft.reason,
            at=self._clock(),
            plugin_version=self._plugin_version(draft.actor.id) if draft.actor.kind == "plugin" else "",
        )

    @staticmethod
    def _raise(problems: list[Problem]) -> None:
        if problems:
            raise Invalid(problems=tuple(problems))


def _filled(changes: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the changes of a new record that have given it a value."""
    return {name: pair for name, pair in changes.items() if pair[1] not in (None, "", [], {}, 0)}


def _not_writable(record_type: RecordType, sent: Mapping[str, Any]) -> dict[str, Problem]:
    """Return why the fields that nobody may write are refused; the first of them with the name that was meant."""
    writable = [*base_properties(record_type), *(["custom"] if record_type.custom_fields else [])]
    refused: dict[str, Problem] = {}
    for name in sent:
        if name in writable:
            continue
        if name in record_type.properties or name in ("id", "version", "created_at", "updated_at"):
            refused[name] = Problem(path=f"/{name}", code="read_only", message=READ_ONLY)
        else:
            refused[name] = unknown_field("", name, writable if len(refused) < MAX_PROBLEMS else ())
    return refused


def _hidden_changes(draft: Draft, sensitive: frozenset[str]) -> dict[str, list[Any]]:
    """Return the changes of sensitive custom fields without their values: that they changed is enough.

    Compared as they are stored: two values may have the same mask.
    """
    changes = {}
    before = (draft.before or {}).get("custom") or {}
    for name in sensitive:
        old, new = before.get(name.removeprefix("custom.")), draft.custom.get(name.removeprefix("custom."))
        if old != new:
            changes[name] = [HIDDEN if value else value for value in (old, new)]
    return changes
