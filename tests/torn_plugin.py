"""A plugin whose migration does not run."""

from pathlib import Path

from piccolo.columns import UUID, Varchar
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore import Validator, hookimpl
from crmcore.clock import uuid7
from crmcore.tables import WORKSPACE_ENGINE


class Note(Table, db=WORKSPACE_ENGINE, tablename="torn_note"):
    id = UUID(primary_key=True, default=uuid7)
    text = Varchar()


@hookimpl
def register_tables() -> AppConfig:
    folder = Path(__file__).parent / "torn_migrations"
    return AppConfig(app_name="torn", migrations_folder_path=folder, table_classes=[Note])


@hookimpl
def register_validators() -> list[Validator]:
    return [Validator(key="torn", label="Torn", check=lambda value, options: value)]
