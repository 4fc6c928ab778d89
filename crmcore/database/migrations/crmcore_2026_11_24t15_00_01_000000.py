"""The roles that there have always been."""

from datetime import UTC, datetime
from uuid import UUID

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-24T15:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "built-in roles"

SINCE = datetime(2026, 11, 24, tzinfo=UTC)
# Ids of a fixed form: the same row on every installation.
ROLES = (
    ("00000000-0000-7000-8000-000000000001", "admin", '{"en":"Administrator","ru":"Администратор"}'),
    ("00000000-0000-7000-8000-000000000002", "agent", '{"en":"Agent","ru":"Сотрудник"}'),
    ("00000000-0000-7000-8000-000000000003", "viewer", '{"en":"Viewer","ru":"Наблюдатель"}'),
)


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the rows; without permissions of their own they have those that the release gives them."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def fill() -> None:
        for id, key, label in ROLES:
            await Statement.raw(
                'INSERT INTO "role" ("id", "key", "label", "built_in", "permissions", "rows", "fields", "version", '
                '"created_at", "updated_at") VALUES ({}, {}, {}, {}, NULL, {}, {}, 1, {}, {})',
                *(UUID(id), key, label, True, "{}", "{}", SINCE, SINCE),
            )

    manager.add_raw(fill)
    return manager
