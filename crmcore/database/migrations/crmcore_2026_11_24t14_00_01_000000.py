"""Everybody is a member of the team they were in."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-24T14:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "first members of teams"

STATEMENTS = (
    'CREATE UNIQUE INDEX "team_member_user_team" ON "team_member" ("user", "team")',
    # Everybody is in one team at most so far: the user's id serves as the row's.
    'INSERT INTO "team_member" ("id", "user", "team", "lead", "created_at") '
    'SELECT "id", "id", "team", false, "updated_at" FROM "user_account" WHERE "team" IS NOT NULL',
)


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the index and the rows."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def fill() -> None:
        for statement in STATEMENTS:
            await Statement.raw(statement)

    manager.add_raw(fill)
    return manager
