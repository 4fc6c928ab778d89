"""What mentions, drafts and the views of the inbox are looked up by, and the mentions that were told before."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-26T12:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "mentions, drafts and views of the inbox: indexes, and what is there already"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


STATEMENTS = (
    'CREATE UNIQUE INDEX "mention_once" ON "mention" ("user", "conversation")',
    'CREATE UNIQUE INDEX "message_draft_once" ON "message_draft" ("user", "conversation", "kind")',
    # Somebody's own conversations, and nobody's, in the order in which the inbox lists them.
    'CREATE INDEX "conversation_of_assignee" ON "conversation" '
    '("assignee", "status", "last_activity_at", "id")',
    'INSERT INTO "mention" ("id", "user", "conversation", "message", "created_at") '
    'SELECT "id", "user", "record_id", "message_id", "at" FROM "notification" '
    'WHERE "kind" = \'mentioned\' AND "record_type" = \'conversation\' AND "message_id" IS NOT NULL '
    'AND "record_id" IN (SELECT "id" FROM "conversation") ORDER BY "at" DESC ON CONFLICT DO NOTHING',
)


async def forwards() -> MigrationManager:
    """Make the indexes and fill the table of mentions."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Statement.raw(statement)

    manager.add_raw(run)
    return manager
