"""When the first open task of a conversation is due: kept with the conversation, so that lists sort by it."""

from collections.abc import Collection
from uuid import UUID

from crmcore.conversations.tables import Conversation
from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.statement import fetch

_NEXT_DUE = (
    'UPDATE "conversation" SET "next_due_at" = (SELECT MIN("task"."due_at") FROM "task" '
    'WHERE "task"."conversation" = "conversation"."id" AND "task"."status" = \'open\' '
    'AND "task"."deleted_at" IS NULL) WHERE "conversation"."id" = {}'
)


async def keep_next_due(conversations: Collection[UUID | None]) -> None:
    """Bring ``next_due_at`` of ``conversations`` into step with their tasks, in the open transaction."""
    for id in sorted({id for id in conversations if id is not None}):
        if WORKSPACE_ENGINE.engine_type == "postgres":
            # Locked by a statement of its own: the next one then sees what others have written before it.
            await Conversation.select(Conversation.id).where(Conversation.id == id).lock_rows("NO KEY UPDATE")
        await fetch(_NEXT_DUE, id)
