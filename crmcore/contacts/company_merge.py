"""Merging two companies into one."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contacts.company_tombstone import bury, locked_companies
from crmcore.contacts.merge_log import write_log
from crmcore.contacts.merged_fields import COMPANY_FIELDS, chosen_changes, without_refused
from crmcore.contacts.merged_references import References
from crmcore.contracts.actors import Actor, plugin_actor
from crmcore.contracts.records import Record
from crmcore.database.database import Database
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.events.outbox import Outbox
from crmcore.files.tables import StoredFile
from crmcore.plugins.names import CORE
from crmcore.records.reasons import reason
from crmcore.records.scope import demand
from crmcore.records.service import Records

COMPANY = "company"
PeopleMoved = Callable[[UUID], Awaitable[None]]
"""Hears, in the transaction, that people came to the company with this id or left it."""

_SAME = {"en": "These are the same company.", "ru": "Это одна и та же компания."}


class CompanyMerger:
    """Merges companies as contacts are merged: values by choice, every reference moved and logged."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        records: Records,
        outbox: Outbox,
        people_moved: PeopleMoved,
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._outbox = outbox
        self._people_moved = people_moved
        self._references = References(database, records.types)

    async def merge(
        self, kept: UUID, merged: UUID, *, actor: Actor, choices: Mapping[str, str] | None = None
    ) -> UUID:
        """Make ``merged`` a part of ``kept`` and return the merge's id, with which it can be undone.

        ``choices`` are those of :meth:`Merger.merge`. Raises Invalid for a choice that cannot be made, Conflict
        when one of the two was changed meanwhile.
        """
        demand(actor, "company.write")
        if kept == merged:
            raise Conflict(_SAME, code="same_company")
        mine = await self._records.get(COMPANY, kept, actor=actor)
        theirs = await self._records.get(COMPANY, merged, actor=actor)
        if not await self._records.reach(COMPANY, (kept, merged), "write", actor=actor):
            raise NotFound()
        untouchable = await self._records.untouchable(COMPANY, actor=actor)
        # Nothing is lost that the actor does not see: from here on the whole records are moved.
        actor = actor.freely()
        if untouchable:
            mine = await self._records.get(COMPANY, kept, actor=actor)
            theirs = await self._records.get(COMPANY, merged, actor=actor)
        given = await self._clear(theirs)
        custom = {key: str(kept) if value == str(merged) else value for key, value in given["custom"].items()}
        changes, filled = chosen_changes(
            await self._clear(mine), {**given, "custom": custom}, choices or {}, untouchable, COMPANY_FIELDS
        )
        as_plugin: dict[str, dict[str, Any]] = {}
        # Every attempt that fails takes at least one value out that nobody chose.
        for _ in range(len(filled) + 1):
            try:
                return await self._merged(mine, theirs, changes, as_plugin, actor)
            except Invalid as invalid:
                if not without_refused(changes, filled, as_plugin, invalid.problems):
                    raise
        raise Conflict()

    async def _clear(self, record: Record) -> dict[str, Any]:
        """Return the document with its sensitive values in the clear: those that move are sealed anew."""
        stored = await self._records.stored_custom(COMPANY, record.id)
        return {**record.document, "custom": self._records.opened(COMPANY, record.id, stored)}

    async def _merged(
        self,
        mine: Record,
        theirs: Record,
        changes: dict[str, Any],
        as_plugin: Mapping[str, dict[str, Any]],
        actor: Actor,
    ) -> UUID:
        why = reason("merged", merged=str(theirs.id))
        async with self._database.transaction():
            both = await locked_companies(self._database, mine.id, theirs.id)
            for record in (mine, theirs):
                row = both.get(record.id)
                if row is None or row["deleted_at"] is not None or row["version"] != record.version:
                    raise Conflict()
            stored = await self._records.stored_custom(COMPANY, mine.id)
            moves = await self._references.move(COMPANY, mine.id, theirs.id)
            moves += await self._files(mine.id, theirs.id)
            after = await self._records.update(COMPANY, mine.id, changes, actor=actor, reason=why)
            for plugin, custom in as_plugin.items():
                after = await self._records.update(
                    COMPANY, mine.id, {"custom": custom}, actor=plugin_actor(plugin), reason=why
                )
            # A reference of its own to itself may have given it another version meanwhile.
            row = (await locked_companies(self._database, theirs.id))[theirs.id]
            await bury(row, mine.id, actor, self._clock())
            await self._people_moved(mine.id)
            await self._outbox.write(
                "company_merged", COMPANY, mine.id, actor, data={"merged": str(theirs.id)}
            )
            before = {
                "kept": {**mine.document, "custom": stored},
                "after": {**after.document, "custom": await self._records.stored_custom(COMPANY, mine.id)},
                "points": [],
            }
            return await write_log(COMPANY, mine.id, theirs.id, moves, before, actor, self._clock())

    async def _files(self, kept: UUID, merged: UUID) -> list[dict[str, Any]]:
        moved = (
            await StoredFile.update({StoredFile.record: kept}, force=True)
            .where(StoredFile.record_type == COMPANY, StoredFile.record == merged)
            .returning(StoredFile.id)
        )
        rows = [str(row["id"]) for row in moved]
        group = {"plugin": CORE, "table": "stored_file", "key": "id", "column": "record", "rows": rows}
        return [group] if rows else []
