"""What tasks and notifications are looked up by, and the kept times of the conversations there are."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-25T11:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "times: indexes, and what is there already"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


STATEMENTS = (
    # Read every few seconds: what is due to be told, and nothing else.
    'CREATE INDEX "task_remind" ON "task" ("remind_at") '
    'WHERE "reminded_at" IS NULL AND "remind_at" IS NOT NULL AND "status" = \'open\'',
    'CREATE INDEX "task_overdue" ON "task" ("due_at") '
    'WHERE "overdue_told_at" IS NULL AND "due_at" IS NOT NULL AND "status" = \'open\'',
    # The next of a series is made once, whoever asks for it.
    'CREATE UNIQUE INDEX "task_previous" ON "task" ("previous_id")',
    'CREATE INDEX "task_about" ON "task" ("about_type", "about_id")',
    'CREATE INDEX "conversation_next_due" ON "conversation" ("next_due_at")',
    'CREATE UNIQUE INDEX "notification_once" ON "notification" ("user", "key")',
    'CREATE INDEX "notification_unread" ON "notification" ("user", "kind", "record_id") WHERE "read_at" IS NULL',
    'CREATE INDEX "notification_list" ON "notification" ("user", "at", "id")',
    'CREATE INDEX "notification_record" ON "notification" ("record_type", "record_id")',
    'CREATE UNIQUE INDEX "notification_choice_once" ON "notification_choice" ("user", "kind")',
    # Whoever has tasks that were late before knows it: nobody is told of them all at once.
    'UPDATE "task" SET "overdue_told_at" = "due_at" WHERE "due_at" IS NOT NULL',
    'UPDATE "conversation" SET "settled_at" = "closed_at" WHERE "closed_at" IS NOT NULL',
    'UPDATE "conversation" SET "next_due_at" = (SELECT MIN("task"."due_at") FROM "task" '
    'WHERE "task"."conversation" = "conversation"."id" AND "task"."status" = \'open\' '
    'AND "task"."deleted_at" IS NULL) '
    'WHERE "id" IN (SELECT "conversation" FROM "task" WHERE "conversation" IS NOT NULL)',
    # A message that came late may be older than the answer: the first answer is the first one after the first
    # question.
    'UPDATE "conversation" SET "first_response_at" = (SELECT MIN(r."created_at") FROM "message" AS r '
    'WHERE r."conversation" = "conversation"."id" AND r."kind" = \'reply\' AND r."created_at" >= '
    '(SELECT MIN(i."created_at") FROM "message" AS i WHERE i."conversation" = "conversation"."id" '
    'AND i."kind" = \'inbound\')) WHERE "first_response_at" IS NULL AND "last_outbound_at" IS NOT NULL '
    'AND "last_inbound_at" IS NOT NULL',
)


async def forwards() -> MigrationManager:
    """Make the indexes and fill the columns."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await Statement.raw(statement)

    manager.add_raw(run)
    return manager
