"""Undoing a merge: both records as they were."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contacts.company_unmerge import CompanyUnmerger
from crmcore.contacts.merged_fields import FIELDS
from crmcore.contacts.moves import move_back, points_of_contact
from crmcore.contacts.points import Point
from crmcore.contacts.restoring import restore_kept
from crmcore.contacts.tables import MergeLog
from crmcore.contacts.tombstone import Tombstones, locked_contacts
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import Draft
from crmcore.database.database import Database
from crmcore.errors import Conflict, NotFound
from crmcore.events.outbox import Outbox
from crmcore.records.scope import demand, selected
from crmcore.records.service import Records

_UNDONE = {"en": "This merge was undone already.", "ru": "Это объединение уже отменено."}
_GONE = {
    "en": "One of the contacts was deleted or merged again since. Undo that first.",
    "ru": "Один из контактов с тех пор удалён или снова объединён. Сначала отмените это.",
}
_ERASED = {
    "en": "The data of one of these people was erased since: the merge cannot be undone.",
    "ru": "Данные одного из этих людей с тех пор стёрты: объединение не отменить.",
}


class Unmerger:
    """Takes merges back, each time in one transaction."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        records: Records,
        outbox: Outbox,
        companies: CompanyUnmerger,
    ) -> None:
        self._companies = companies
        self._database = database
        self._clock = clock
        self._records = records
        self._outbox = outbox
        self._tombstones = Tombstones(clock)

    async def undo(self, merge_id: UUID, *, actor: Actor) -> None:
        """Take a merge back: both records are as they were, but for what was changed since.

        Raises NotFound, and Conflict when it was undone before or when one of them was merged again since.
        """
        async with self._database.transaction():
            query = MergeLog.select().where(MergeLog.id == merge_id)
            rows = await (query.lock_rows("UPDATE") if self._database.kind == "postgres" else query)
            if not rows:
                demand(actor, "contact.write")
                raise NotFound()
            log = rows[0]
            kind = log["record_type"]
            demand(actor, f"{kind}.write")
            if not await self._records.reach(kind, (log["kept"], log["merged"]), "write", actor=actor):
                raise NotFound()
            actor = actor.freely()
            if log["before"] == "{}":
                raise Conflict(_ERASED, code="erased")
            if log["undone_at"] is not None:
                raise Conflict(_UNDONE, code="already_undone")
            if kind == "company":
                await self._companies.undo(log, actor=actor)
            else:
                await self._contacts(log, actor)
            await MergeLog.update({"undone_at": self._clock()}, force=True).where(MergeLog.id == merge_id)

    async def _contacts(self, log: Mapping[str, Any], actor: Actor) -> None:
        both = await locked_contacts(self._database, log["kept"], log["merged"])
        kept, merged = both.get(log["kept"]), both.get(log["merged"])
        if kept is None or kept["deleted_at"] is not None:
            raise Conflict(_GONE, code="contact_gone")
        if merged is None or merged["merged_into"] != log["kept"]:
            raise Conflict(_GONE, code="contact_gone")
        await move_back(log)
        before = msgspec.json.decode(log["before"])
        internal = {"point_list": await points_of_contact(log["kept"])}
        await restore_kept(
            self._database,
            self._records,
            "contact",
            log,
            before,
            actor,
            fields=FIELDS,
            internal=internal,
        )
        points = await points_of_contact(log["merged"])
        words = await self._words(log["merged"], points, actor)
        await self._tombstones.rise(merged, {**before["merged"], "search_text": words}, points, actor)
        await self._records.index_again("contact", log["merged"])
        await self._outbox.write(
            "contact_unmerged", "contact", log["kept"], actor, data={"merged": str(log["merged"])}
        )

    async def _words(self, merged: UUID, points: Sequence[Point], actor: Actor) -> str:
        """Return the words by which the contact is found with ``points``: some may have been taken away since."""
        kind = self._records.record_type("contact")
        rows = await selected(kind).where(kind.table._meta.primary_key == merged)
        draft = Draft(record_type=kind, action="update", id=merged, before=rows[0], asked={}, actor=actor)
        draft.notes["points"] = points
        return kind.search_text(draft).casefold()
