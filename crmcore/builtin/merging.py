"""What moves along when two contacts become one."""

from crmcore.contracts.records import Merge, Move
from crmcore.conversations.tables import Conversation
from crmcore.files.tables import StoredFile
from crmcore.hookspecs import hookimpl
from crmcore.tasks.tables import Task


class Merging:
    """Moves the core's own rows: conversations, tasks and files."""

    @hookimpl
    async def merge_contacts(self, merge: Merge) -> list[Move]:
        """Return the conversations, tasks and files of the merged contact."""
        moves = []
        for table in (Conversation, Task):
            rows = await table.select(table.id).where(table.contact == merge.merged)
            moves += [Move(table=table, column="contact", row=row["id"]) for row in rows]
        files = await StoredFile.select(StoredFile.id).where(
            StoredFile.record_type == "contact", StoredFile.record == merge.merged
        )
        return moves + [Move(table=StoredFile, column="record", row=row["id"]) for row in files]
