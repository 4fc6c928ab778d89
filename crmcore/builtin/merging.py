"""What moves along when two contacts become one."""

from crmcore.contracts.records import Merge, Move
from crmcore.conversations.tables import Conversation
from crmcore.hookspecs import hookimpl
from crmcore.tasks.tables import Task


class Merging:
    """Moves the core's own rows: conversations and tasks."""

    @hookimpl
    async def merge_contacts(self, merge: Merge) -> list[Move]:
        """Return the conversations and tasks of the merged contact."""
        moves = []
        for table in (Conversation, Task):
            rows = await table.select(table.id).where(table.contact == merge.merged)
            moves += [Move(table=table, column="contact", row=row["id"]) for row in rows]
        return moves
