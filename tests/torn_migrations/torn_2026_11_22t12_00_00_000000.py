"""Makes half of what it should, then fails."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = ""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="torn", description=DESCRIPTION)

    async def run() -> None:
        from crmcore.contacts.tables import Company

        await Company.raw("CREATE TABLE torn_note (id INTEGER)")
        await Company.raw("CREATE TABLE torn_note (id INTEGER)")

    manager.add_raw(run)
    return manager
