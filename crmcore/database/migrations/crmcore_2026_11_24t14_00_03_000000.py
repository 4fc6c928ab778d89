"""Nobody outside is two users here."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-24T14:00:03:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of external identities"


class Statement(Table):
    """Runs SQL that belongs to no table class."""


async def forwards() -> MigrationManager:
    """Make the index."""
    manager = MigrationManager(migration_id=ID, app_name="crmcore", description=DESCRIPTION)

    async def make_index() -> None:
        await Statement.raw(
            'CREATE UNIQUE INDEX "external_identity_provider_issuer_subject" '
            'ON "external_identity" ("provider", "issuer", "subject")'
        )

    manager.add_raw(make_index)
    return manager
