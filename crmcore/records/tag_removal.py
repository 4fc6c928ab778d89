"""What is kept of a tag that goes, so that it can come back."""

from datetime import datetime
from uuid import UUID

from crmcore.clock import uuid7
from crmcore.database.statement import insert_rows
from crmcore.records.tables import Tag, Tagging, TagRemoval, TagRemovedUse

BATCH = 500


async def keep_removed(tag: UUID, *, by: str, now: datetime, merged_into: UUID | None = None) -> UUID | None:
    """Keep a tag with where it is, in the caller's transaction; return the removal, None when there is one."""
    found = await Tag.select().where(Tag.id == tag).first()
    if found is None or await TagRemoval.exists().where(TagRemoval.tag == tag):
        return None
    id, count, after = uuid7(now), 0, None
    removal = {
        "id": id,
        "tag": tag,
        "name": found["name"],
        "tone": found["tone"],
        "merged_into": merged_into,
        "removed_by": by[:200],
        "created_at": now,
    }
    await insert_rows(TagRemoval, removal)
    while True:
        query = Tagging.select().where(Tagging.tag == tag).order_by(Tagging.id).limit(BATCH)
        if after is not None:
            query = query.where(Tagging.id > after)
        uses = await query
        both = (
            await _having(merged_into, [use["record_id"] for use in uses]) if merged_into and uses else set()
        )
        await insert_rows(
            TagRemovedUse,
            *(
                {
                    "removal": id,
                    "record_type": use["record_type"],
                    "record_id": use["record_id"],
                    "had_target": (use["record_type"], use["record_id"]) in both,
                }
                for use in uses
            ),
        )
        count += len(uses)
        if len(uses) < BATCH:
            break
        after = uses[-1]["id"]
    await TagRemoval.update({TagRemoval.uses: count}).where(TagRemoval.id == id)
    return id


async def _having(tag: UUID, ids: list[UUID]) -> set[tuple[str, UUID]]:
    rows = await Tagging.select(Tagging.record_type, Tagging.record_id).where(
        Tagging.tag == tag, Tagging.record_id.is_in(ids)
    )
    return {(row["record_type"], row["record_id"]) for row in rows}
