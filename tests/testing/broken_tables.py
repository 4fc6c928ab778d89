"""Tables that break a rule."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Timestamp, Varchar
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table
from spoiling import Broken

from crmcore import hookimpl
from crmcore.tables import WORKSPACE_ENGINE, Contact
from crmcore.testing.samples import Samples


@hookimpl
async def merge_contacts(merge: Any) -> list[Any]:
    return []


def apps(**columns: Any) -> Callable[[], dict[str, Any]]:
    """Return a plugin with one table of these columns, made as they are told."""

    def made() -> dict[str, Any]:
        table: Any = type(
            "KittenBowl",
            (Table,),
            {"id": UUID(primary_key=True, default=uuid4), **{name: make() for name, make in columns.items()}},
            db=WORKSPACE_ENGINE,
            tablename="kitten_bowl",
        )
        app = AppConfig(
            app_name="kitten", migrations_folder_path=str(Path(__file__).parent), table_classes=[table]
        )

        @hookimpl
        def register_tables() -> AppConfig:
            return app

        return {"register_tables": register_tables, "merge_contacts": None, "register_personal_data": None}

    return made


NO_WAY_BACK = """
from crmcore.tables import WORKSPACE_ENGINE
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-06-01T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index"


class Statement(Table, db=WORKSPACE_ENGINE):
    pass


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="kitten", description=DESCRIPTION)

    async def make():
        await Statement.raw("CREATE INDEX kitten_visit_there ON kitten_visit (place)")

    manager.add_raw(make)
    return manager
"""


BROKEN = (
    Broken("tables.follow_a_merge", "implement merge_contacts", lambda: {"merge_contacts": None}),
    Broken("tables.follow_a_merge", "0 followed", lambda: {"merge_contacts": merge_contacts}),
    Broken("tables.are_made", "No migration makes the table", apps(place=lambda: Varchar(length=10))),
    Broken("tables.know_their_zone", "Timestamptz", apps(at=Timestamp)),
    Broken(
        "tables.are_found_by_contact",
        "index=True",
        apps(contact=lambda: ForeignKey(references=Contact, on_delete=OnDelete.cascade)),
    ),
    Broken("tables.let_the_core_delete", "Samples(story=…)", dict, samples=Samples()),
    Broken(
        "tables.go_back_and_forth",
        "says nothing of the way back",
        files={"migrations/kitten_2026_06_01t00_00_00_000000.py": NO_WAY_BACK},
    ),
    Broken(
        "tables.migrations_are_frozen",
        "as they are at that moment",
        files={"migrations/kitten_2026_02.py": "from crm_kitten.tables import KittenVisit\n"},
    ),
)
