"""Merging two contacts into one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contacts.merge_log import write_log
from crmcore.contacts.merged_fields import chosen_changes, without_refused
from crmcore.contacts.merged_references import References
from crmcore.contacts.moves import move_points, move_rows
from crmcore.contacts.tombstone import Tombstones, locked_contacts
from crmcore.contracts.actors import Actor, plugin_actor
from crmcore.contracts.records import Merge, Record
from crmcore.database.database import Database
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.events.outbox import Outbox
from crmcore.plugins.dispatch import Dispatcher
from crmcore.records.reasons import reason
from crmcore.records.scope import demand
from crmcore.records.service import Records

_SAME = {"en": "These are the same contact.", "ru": "Это один и тот же контакт."}


class Merger:
    """Merges contacts, each time in one transaction."""

    def __init__(
        self, *, database: Database, clock: Clock, records: Records, dispatch: Dispatcher, outbox: Outbox
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._dispatch = dispatch
        self._outbox = outbox
        self._tombstones = Tombstones(clock)
        self._references = References(database, records.types)

    async def merge(
        self, kept: UUID, merged: UUID, *, actor: Actor, choices: Mapping[str, str] | None = None
    ) -> UUID:
        """Make ``merged`` a part of ``kept`` and return the merge's id, with which it can be undone.

        ``choices`` says for single fields (``"job_title"``, ``"custom.tier"``) whose value stays: ``"kept"`` or
        ``"merged"``. Without a choice the kept contact's value stays, and the other's fills what it has not.
        Raises Invalid for a choice that cannot be made, Conflict when one of them was changed meanwhile.
        """
        demand(actor, "contact.write")
        if kept == merged:
            raise Conflict(_SAME, code="same_contact")
        mine = await self._records.get("contact", kept, actor=actor)
        theirs = await self._records.get("contact", merged, actor=actor)
        if not await self._records.reach("contact", (kept, merged), "write", actor=actor):
            raise NotFound()
        untouchable = await self._records.untouchable("contact", actor=actor)
        # Nothing is lost that the actor does not see: from here on the whole records are moved.
        actor = actor.freely()
        if untouchable:
            mine = await self._records.get("contact", kept, actor=actor)
            theirs = await self._records.get("contact", merged, actor=actor)
        given = await self._clear(theirs)
        # Who referred to himself refers to the kept contact, as everybody who referred to him.
        custom = {key: str(kept) if value == str(merged) else value for key, value in given["custom"].items()}
        changes, filled = chosen_changes(
            await self._clear(mine), {**given, "custom": custom}, choices or {}, untouchable
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
        stored = await self._records.stored_custom("contact", record.id)
        return {**record.document, "custom": self._records.opened("contact", record.id, stored)}

    async def _merged(
        self,
        mine: Record,
        theirs: Record,
        changes: dict[str, Any],
        as_plugin: Mapping[str, dict[str, Any]],
        actor: Actor,
    ) -> UUID:
        why = reason("merged", merged=str(theirs.id))
        # A part of the caller's transaction, if there is one: an attempt that fails leaves the rest of it whole.
        async with self._database.savepoint():
            both = await locked_contacts(self._database, mine.id, theirs.id)
            stored = await self._records.stored_custom("contact", mine.id)
            for record in (mine, theirs):
                row = both.get(record.id)
                if row is None or row["deleted_at"] is not None or row["version"] != record.version:
                    raise Conflict()
            points = await move_points(mine.id, theirs.id)
            moves = await move_rows(Merge(kept=mine.id, merged=theirs.id, actor=actor), self._dispatch)
            moves += await self._references.move("contact", mine.id, theirs.id)
            record = await self._records.update(
                "contact",
                mine.id,
                changes,
                actor=actor,
                reason=why,
                internal={"point_list": [point for point, _ in points]},
            )
            for plugin, custom in as_plugin.items():
                record = await self._records.update(
                    "contact", mine.id, {"custom": custom}, actor=plugin_actor(plugin), reason=why
                )
            await self._tombstones.bury(both[theirs.id], mine.id, actor)
            await self._outbox.write(
                "contact_merged", "contact", mine.id, actor, data={"merged": str(theirs.id)}
            )
            before = {
                "kept": {**mine.document, "custom": stored},
                "after": {
                    **record.document,
                    "custom": await self._records.stored_custom("contact", mine.id),
                },
                "points": [old for _, old in points],
                "merged": {name: both[theirs.id][name] for name in ("points", "search_text")},
            }
            return await write_log("contact", mine.id, theirs.id, moves, before, actor, self._clock())
