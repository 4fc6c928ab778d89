"""The Piccolo app of the core: its tables and where their migrations are."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

TABLE_MODULES = (
    "crmcore.accounts.role_table",
    "crmcore.accounts.tables",
    "crmcore.audit.tables",
    "crmcore.bulk.tables",
    "crmcore.canned.tables",
    "crmcore.connections.tables",
    "crmcore.contacts.tables",
    "crmcore.contributions.tables",
    "crmcore.conversations.tables",
    "crmcore.duplicates.tables",
    "crmcore.events.tables",
    "crmcore.exporting.tables",
    "crmcore.files.tables",
    "crmcore.general.tables",
    "crmcore.importing.tables",
    "crmcore.jobs.tables",
    "crmcore.leases.tables",
    "crmcore.notifications.tables",
    "crmcore.plugins.tables",
    "crmcore.privacy.tables",
    "crmcore.records.tables",
    "crmcore.search.tables",
    "crmcore.secrets.tables",
    "crmcore.tasks.tables",
    "crmcore.views.tables",
    "crmcore.webhooks.tables",
)


def core_app() -> AppConfig:
    """Return the app of everything the core stores."""
    return AppConfig(
        app_name="crmcore",
        migrations_folder_path=Path(__file__).parent / "migrations",
        table_classes=table_finder(TABLE_MODULES, exclude_imported=True),
    )
