"""A merge leaves a tombstone that leads to somebody."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from crmcore.contacts.tables import Contact, MergeLog
from crmcore.soundness.batches import batches
from crmcore.soundness.finding import Looked

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def merges(crm: "Crm") -> AsyncIterator[Looked | tuple[str, str]]:
    """Look whether each tombstone was made by a merge that was not undone, and each such merge left a tombstone."""
    where = Contact.merged_into.is_not_null()
    async for found in batches(Contact, Contact.merged_into, Contact.deleted_at, where=where):
        yield Looked(len(found))
        ids = [row["id"] for row in found]
        into = {row["merged_into"] for row in found}
        there = {row["id"] for row in await Contact.select(Contact.id).where(Contact.id.is_in(list(into)))}
        logged = await MergeLog.select(MergeLog.merged).where(
            MergeLog.merged.is_in(ids), MergeLog.undone_at.is_null()
        )
        made = {row["merged"] for row in logged}
        for row in found:
            subject = f"contact {row['id']}"
            if row["deleted_at"] is None:
                yield subject, "it was merged into another one, and is still shown"
            if row["merged_into"] not in there:
                yield subject, "it leads to a contact that is not there"
            if row["id"] not in made:
                yield subject, "no merge says how it came to be a tombstone"
    async for logs in batches(MergeLog, MergeLog.merged, where=MergeLog.undone_at.is_null()):
        yield Looked(len(logs))
        ids = [row["merged"] for row in logs]
        alive = await Contact.select(Contact.id).where(Contact.id.is_in(ids), Contact.merged_into.is_null())
        for row in alive:
            yield f"contact {row['id']}", "a merge that was not undone says that it is a part of another one"
