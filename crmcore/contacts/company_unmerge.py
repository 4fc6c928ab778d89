"""Undoing a merge of companies: both as they were."""

from collections.abc import Mapping
from typing import Any

import msgspec

from crmcore.clock import Clock
from crmcore.contacts.company_merge import COMPANY, PeopleMoved
from crmcore.contacts.company_tombstone import locked_companies, rise
from crmcore.contacts.merged_fields import COMPANY_FIELDS
from crmcore.contacts.moves import move_back
from crmcore.contacts.restoring import restore_kept
from crmcore.contracts.actors import Actor
from crmcore.database.database import Database
from crmcore.errors import Conflict
from crmcore.events.outbox import Outbox
from crmcore.records.service import Records

_GONE = {
    "en": "One of the companies was deleted or merged again since. Undo that first.",
    "ru": "Одна из компаний с тех пор удалена или снова объединена. Сначала отмените это.",
}


class CompanyUnmerger:
    """Takes merges of companies back, in the transaction that has locked the log."""

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

    async def undo(self, log: Mapping[str, Any], *, actor: Actor) -> None:
        """Take the merge ``log`` back, but for what was changed since. Raises Conflict."""
        kept, merged = log["kept"], log["merged"]
        both = await locked_companies(self._database, kept, merged)
        stays, row = both.get(kept), both.get(merged)
        if stays is None or stays["deleted_at"] is not None or row is None or row["merged_into"] != kept:
            raise Conflict(_GONE, code="company_gone")
        await move_back(log)
        row = (await locked_companies(self._database, merged))[merged]
        await rise(row, actor, self._clock())
        before = msgspec.json.decode(log["before"])
        await restore_kept(self._database, self._records, COMPANY, log, before, actor, fields=COMPANY_FIELDS)
        await self._records.index_again(COMPANY, merged)
        await self._people_moved(kept)
        await self._people_moved(merged)
        await self._outbox.write("company_unmerged", COMPANY, kept, actor, data={"merged": str(merged)})
