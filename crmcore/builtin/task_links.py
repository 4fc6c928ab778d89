"""Tasks and what they are about."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from crmcore.contracts.actors import Actor
from crmcore.conversations.tables import Message
from crmcore.records.reasons import reason
from crmcore.records.scope import visible

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class WorkspaceTaskLinks:
    """Implements :class:`~crmcore.tasks.links.TaskLinks` for one workspace."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    async def sees(self, record_type: str, id: UUID, actor: Actor) -> bool:
        """Tell whether ``actor`` sees a record of that type, a plugin's too, with this id."""
        kind = self._crm.records.types.get(record_type)
        if kind is None or not actor.may(f"{kind.key}.read"):
            return False
        table = kind.table
        return bool(await table.exists().where(table._meta.primary_key == id, *visible(kind, actor)))

    async def conversation_of(self, message: UUID) -> UUID | None:
        """Return the conversation that a message stands in."""
        row = await Message.select(Message.conversation).where(Message.id == message).first()
        return row["conversation"] if row else None

    async def make(self, title: str, internal: Mapping[str, Any], actor: Actor) -> None:
        """Make the next task of a series: whoever may mark one done may not always make one."""
        await self._crm.records.create(
            "task",
            {"title": title},
            actor=msgspec.structs.replace(actor.freely(), hidden=actor.hidden),
            internal=internal,
            reason=reason("task_repeats", self._crm.settings.language),
        )
