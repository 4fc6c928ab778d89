"""Looking after tags: counting their uses, merging two into one, bringing back what went."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.audit.note import note
from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.database.statement import fetch, insert_rows
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.records.scope import demand
from crmcore.records.tables import Tag, Tagging, TagRemoval, TagRemovedUse
from crmcore.records.tag_removal import BATCH, keep_removed
from crmcore.records.tags import tag_key

if TYPE_CHECKING:
    from crmcore.workspace import Crm

READ, WRITE, DELETE = "tag.read", "tag.write", "tag.delete"
_ITSELF: Label = {"en": "A tag is not merged into itself.", "ru": "Метку нельзя объединить с ней самой."}
_NO_SUCH: Label = {"en": "There is no such tag.", "ru": "Такой метки нет."}
_NAME_TAKEN: Label = {
    "en": "There is a tag “{name}” again; rename or merge that one first.",
    "ru": "Метка «{name}» снова есть; сначала переименуйте или объедините её.",
}


class TagUse(Struct, frozen=True, kw_only=True):
    """A tag with how many records of each type it is on."""

    id: UUID
    version: int
    name: str
    tone: str
    uses: dict[str, int]


class RemovedTag(Struct, frozen=True, kw_only=True):
    """A tag that was deleted, or merged into another one, and can be brought back."""

    id: UUID
    tag: UUID
    name: str
    tone: str
    merged_into: UUID | None
    uses: int
    removed_by: str
    created_at: datetime


class Tags:
    """The tags of one workspace as a whole. Single ones are read and changed through the register."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def uses(self, *, actor: Actor) -> list[TagUse]:
        """Return every tag in the order of their names, with where they are used."""
        demand(actor, READ)
        counted = await fetch(
            "SELECT tag, record_type, COUNT(*) AS n FROM tagging GROUP BY tag, record_type ORDER BY record_type"
        )
        uses: dict[UUID, dict[str, int]] = {}
        for row in counted:
            # Types of plugins that are away have no name to count by.
            if row["record_type"] in self._crm.records.types:
                uses.setdefault(row["tag"], {})[row["record_type"]] = row["n"]
        return [
            TagUse(
                id=row["id"],
                version=row["version"],
                name=row["name"],
                tone=row["tone"],
                uses=uses.get(row["id"], {}),
            )
            for row in await Tag.select().order_by(Tag.name_key)
        ]

    async def merge(self, id: UUID, into: UUID, *, actor: Actor) -> UUID:
        """Put ``into`` on everything that has the tag ``id``, which goes; return the removal, for undoing it.

        Raises NotFound, and Invalid when there is no such target. Records keep their versions: tags of many records
        are one change in the audit.
        """
        demand(actor, WRITE)
        demand(actor, DELETE)
        if id == into:
            raise Invalid(problems=(Problem(path="/into", code="itself", message=_ITSELF),))
        async with self._crm.database.transaction():
            source = await self._tag(id)
            target = await Tag.select(Tag.name).where(Tag.id == into).first()
            if target is None:
                raise Invalid(problems=(Problem(path="/into", code="unknown", message=_NO_SUCH),))
            removal = await keep_removed(id, by=actor.label, now=self._crm.clock(), merged_into=into)
            await fetch(
                "UPDATE tagging SET tag = {} WHERE tag = {} AND NOT EXISTS "
                "(SELECT 1 FROM tagging has WHERE has.tag = {} "
                "AND has.record_type = tagging.record_type AND has.record_id = tagging.record_id)",
                into,
                id,
                into,
            )
            await self._crm.records.delete("tag", id, actor=actor)
            told = {"into": [None, target["name"]]}
            await note(self._crm.clock, "merge", "tag", source["name"], id=id, actor=actor, changes=told)
        if removal is None:
            raise NotFound()
        return removal

    async def removed(self, *, actor: Actor, limit: int = 20) -> list[RemovedTag]:
        """Return the tags that went and can be brought back, the newest first."""
        demand(actor, READ)
        rows = await TagRemoval.select().order_by(TagRemoval.id, ascending=False).limit(limit)
        return [RemovedTag(**row) for row in rows]

    async def removal_of(self, tag: UUID, *, actor: Actor) -> UUID | None:
        """Return the removal of a tag that was deleted, None when there is none."""
        demand(actor, READ)
        row = await TagRemoval.select(TagRemoval.id).where(TagRemoval.tag == tag).first()
        return row["id"] if row else None

    async def undo(self, id: UUID, *, actor: Actor) -> None:
        """Bring a tag back to where it was. Raises NotFound, and Conflict when its name is taken by now.

        After a merge the other tag goes from the records that did not have it before; what was tagged or untagged
        by hand since stays as it is.
        """
        demand(actor, WRITE)
        async with self._crm.database.transaction():
            row = await TagRemoval.select().where(TagRemoval.id == id).first()
            if row is None:
                raise NotFound()
            if await Tag.exists().where(Tag.name_key == tag_key(row["name"])):
                raise Conflict(_NAME_TAKEN, code="taken", name=row["name"])
            now = self._crm.clock()
            tag = Tag(
                id=row["tag"],
                name=row["name"],
                name_key=tag_key(row["name"]),
                tone=row["tone"],
                version=2,
                created_at=now,
                updated_at=now,
            )
            await Tag.insert(tag)
            await self._put_back(row)
            await TagRemoval.delete().where(TagRemoval.id == id)
            await note(self._crm.clock, "restore", "tag", row["name"], id=row["tag"], actor=actor)

    async def _put_back(self, removal: dict[str, Any]) -> None:
        after = None
        while True:
            query = TagRemovedUse.select().where(TagRemovedUse.removal == removal["id"])
            if after is not None:
                query = query.where(TagRemovedUse.id > after)
            uses = await query.order_by(TagRemovedUse.id).limit(BATCH)
            back = await self._left(removal["merged_into"], uses) if removal["merged_into"] else uses
            await insert_rows(
                Tagging,
                *(
                    {
                        "id": uuid7(),
                        "record_type": use["record_type"],
                        "record_id": use["record_id"],
                        "tag": removal["tag"],
                    }
                    for use in back
                ),
            )
            if len(uses) < BATCH:
                return
            after = uses[-1]["id"]

    async def _left(self, target: UUID, uses: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take ``target`` off where the merge put it; return where it still was."""
        ids = [use["record_id"] for use in uses]
        if not ids:
            return []
        rows = await Tagging.select().where(Tagging.tag == target, Tagging.record_id.is_in(ids))
        there = {(row["record_type"], row["record_id"]): row["id"] for row in rows}
        back = [use for use in uses if (use["record_type"], use["record_id"]) in there]
        off = [there[use["record_type"], use["record_id"]] for use in back if not use["had_target"]]
        if off:
            await Tagging.delete().where(Tagging.id.is_in(off))
        return back

    async def _tag(self, id: UUID) -> dict[str, Any]:
        row: dict[str, Any] | None = await Tag.select().where(Tag.id == id).first()
        if row is None:
            raise NotFound()
        return row
