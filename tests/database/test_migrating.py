"""Migrations of the core and of plugins, on both engines, without any configuration of Piccolo's."""

import asyncio
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from piccolo.columns import UUID, ForeignKey, Varchar
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore.accounts.tables import Team
from crmcore.clock import uuid7
from crmcore.contacts.tables import Contact
from crmcore.database.core_app import core_app
from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.database import Database
from crmcore.database.errors import ForeignKeyBroken, MigrationFailed
from crmcore.database.migrating import Migration

Shop = Callable[..., AppConfig]

# As `piccolo migrations new shop --auto` writes it.
FIRST = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import UUID, ForeignKey, Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table


class Contact(Table, tablename="contact", schema=None):
    id = UUID(default=None, null=False, primary_key=True, unique=False, index=False)


ID = "2027-01-01T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "customers and orders"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="shop", description=DESCRIPTION)
    for class_name, tablename, rule in (
        ("Customer", "shop_customer", OnDelete.set_null), ("Order", "shop_order", OnDelete.cascade)
    ):
        manager.add_table(class_name=class_name, tablename=tablename, schema=None, columns=None)
        manager.add_column(
            table_class_name=class_name, tablename=tablename, column_name="id", db_column_name="id",
            column_class_name="UUID", column_class=UUID, params={"default": None, "primary_key": True},
        )
        manager.add_column(
            table_class_name=class_name, tablename=tablename, column_name="name", db_column_name="name",
            column_class_name="Varchar", column_class=Varchar,
            params={"length": 60, "default": "", "null": False, "index": True, "index_method": IndexMethod.btree},
        )
        manager.add_column(
            table_class_name=class_name, tablename=tablename, column_name="contact", db_column_name="contact",
            column_class_name="ForeignKey", column_class=ForeignKey,
            params={
                "references": Contact, "on_delete": rule, "on_update": OnUpdate.cascade, "default": None,
                "null": True,
            },
        )
    return manager
"""

SECOND = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB, Integer
from piccolo.table import Table

ID = "2027-01-02T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "totals"


class RawTable(Table):
    pass


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="shop", description=DESCRIPTION)

    async def rename_everybody():
        await RawTable.raw("UPDATE shop_customer SET name = {}", "renamed")

    manager.add_raw(rename_everybody)
    manager.add_column(
        table_class_name="Order", tablename="shop_order", column_name="total", column_class=Integer,
        params={"default": 7},
    )
    manager.add_column(
        table_class_name="Order", tablename="shop_order", column_name="lines", column_class=JSONB,
        params={"default": "[]"},
    )
    manager.rename_column(
        table_class_name="Order", tablename="shop_order", old_column_name="name", new_column_name="title",
        old_db_column_name="name", new_db_column_name="title",
    )
    manager.rename_table(
        old_class_name="Customer", old_tablename="shop_customer",
        new_class_name="Buyer", new_tablename="shop_buyer",
    )
    return manager
"""

BROKEN = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2027-01-03T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = ""


class RawTable(Table):
    pass


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="shop", description=DESCRIPTION)

    async def half():
        await RawTable.raw("CREATE TABLE shop_half (id INTEGER)")
        await RawTable.raw("INSERT INTO shop_half VALUES (1)")
        await RawTable.raw("INSERT INTO no_such_table VALUES (1)")

    manager.add_raw(half)
    return manager
"""

ALTERED = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Text, Varchar

ID = "2027-01-03T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = ""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="shop", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="Order", tablename="shop_order", column_name="name", db_column_name="name",
        params=PARAMS, old_params=OLD, column_class=NEW_CLASS, old_column_class=Varchar,
    )
    return manager
"""


class ShopCustomer(Table, db=WORKSPACE_ENGINE, tablename="shop_customer"):
    """A row that stays when its contact goes."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=60)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null)


class ShopOrder(Table, db=WORKSPACE_ENGINE, tablename="shop_order"):
    """A row that goes with its contact."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=60)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.cascade)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Make the app of a plugin with the given migration files."""
    monkeypatch.setenv("PICCOLO_CONF", "somebody_else.piccolo_conf")
    folder = tmp_path / "shop_migrations"
    folder.mkdir()

    def app(*files: str) -> AppConfig:
        for number, text in enumerate(files):
            (folder / f"shop_{number}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return AppConfig(app_name="shop", migrations_folder_path=folder, table_classes=[])

    return app


@pytest.fixture
async def empty(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """A database with no tables at all."""
    if database.kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        server = request.getfixturevalue("postgres_server")
        name = f"empty_{uuid4().hex[:8]}"
        server.run(f"CREATE DATABASE {name}")
        url = server.url_of(name)
    empty = Database.from_url(url)
    await empty.open()
    with empty.bound():
        yield empty
    await empty.close()
    if database.kind == "postgres":
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


async def test_migrating_twice_does_nothing_the_second_time(empty: Database) -> None:
    expected = await empty.pending_migrations([core_app()])
    said: list[str] = []
    assert await empty.migrate([core_app()], said.append) == expected
    assert expected == sorted(expected)
    assert [line.split()[:2] for line in said] == [["crmcore:", name] for name in expected]
    assert await empty.pending_migrations([core_app()]) == []
    assert await empty.migrate([core_app()], said.append) == []
    assert len(said) == len(expected)


async def test_a_plugin_migrates_after_the_core_and_keeps_its_foreign_keys(
    database: Database, shop: Shop
) -> None:
    assert await database.migrate([core_app(), shop(FIRST)]) == ["2027-01-01T10:00:00:000000"]
    contact = Contact(first_name="Ann")
    await contact.save()
    await ShopCustomer(name="kept", contact=contact.id).save()
    await ShopOrder(name="gone", contact=contact.id).save()
    with pytest.raises(ForeignKeyBroken):
        await ShopOrder(name="nobody's", contact=uuid4()).save()
    await Contact.delete().where(Contact.id == contact.id)
    assert await ShopOrder.count() == 0
    assert await ShopCustomer.select(ShopCustomer.name, ShopCustomer.contact) == [
        {"name": "kept", "contact": None}
    ]


async def test_a_later_version_of_a_plugin_changes_its_tables_and_rows(
    database: Database, shop: Shop
) -> None:
    await database.migrate([core_app(), shop(FIRST)])
    await ShopCustomer(name="before").save()
    await ShopOrder(name="before").save()
    assert await database.migrate([core_app(), shop(FIRST, SECOND)]) == ["2027-01-02T10:00:00:000000"]
    assert await Contact.raw("SELECT name FROM shop_buyer") == [{"name": "renamed"}]
    (order,) = await Contact.raw("SELECT title, total, lines FROM shop_order")
    assert dict(order) == {"title": "before", "total": 7, "lines": "[]"}


async def test_what_ran_is_recorded_as_piccolo_records_it(database: Database, shop: Shop) -> None:
    await database.migrate([core_app(), shop(FIRST)])
    rows = await Migration.select(Migration.app_name, Migration.name).order_by(Migration.name)
    assert [row["app_name"] for row in rows] == ["crmcore"] * (len(rows) - 1) + ["shop"]
    assert rows[-1]["name"] == "2027-01-01T10:00:00:000000"


async def test_a_failing_migration_leaves_nothing_and_keeps_what_ran_before(
    database: Database, shop: Shop
) -> None:
    app = shop(FIRST, BROKEN)
    with pytest.raises(MigrationFailed, match="no_such_table") as caught:
        await database.migrate([core_app(), app])
    assert (caught.value.app, caught.value.migration) == ("shop", "2027-01-03T10:00:00:000000")
    assert await database.pending_migrations([core_app(), app]) == ["2027-01-03T10:00:00:000000"]
    assert await ShopOrder.count() == 0
    with pytest.raises(Exception, match="shop_half"):
        await Contact.raw("SELECT * FROM shop_half")
    await Team(name="the core works").save()


@pytest.mark.parametrize(
    ("params", "old", "new_class", "possible"),
    [
        ('{"length": 90}', '{"length": 60}', "Varchar", True),
        ('{"index": False}', '{"index": True}', "Varchar", True),
        ('{"null": True}', '{"null": False}', "Varchar", False),
        ('{"default": ""}', '{"default": ""}', "Text", False),
    ],
)
async def test_a_column_is_altered_where_sqlite_can(
    database: Database, shop: Shop, params: str, old: str, new_class: str, possible: bool
) -> None:
    altered = ALTERED.replace("PARAMS", params).replace("OLD", old).replace("NEW_CLASS", new_class)
    app = shop(FIRST, altered)
    if possible or database.kind == "postgres":
        await database.migrate([core_app(), app])
        await ShopOrder(name="x" * 60).save()
    else:
        with pytest.raises(MigrationFailed, match="add a column and copy"):
            await database.migrate([core_app(), app])


async def test_apps_run_after_those_they_depend_on(
    database: Database, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    text = FIRST.replace("shop", "other").replace("2027-01-01", "2026-12-31")
    (tmp_path / "other" / "shop_0.py").write_text(text, encoding="utf-8")
    (tmp_path / "other_piccolo_app.py").write_text(
        "from piccolo.conf.apps import AppConfig\n"
        f"APP_CONFIG = AppConfig(app_name='other', migrations_folder_path={str(tmp_path / 'other')!r})\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    dependent = shop(FIRST)
    dependent.migration_dependencies.append("other_piccolo_app")
    dependent.migration_dependencies.append("crmcore.database.piccolo_app")
    (other,) = dependent.migration_dependency_app_configs[:1]
    ran = await database.migrate([dependent, other, core_app()])
    assert ran == ["2026-12-31T10:00:00:000000", "2027-01-01T10:00:00:000000"]
    assert await Contact.raw("SELECT * FROM other_order") == []


async def test_two_who_start_at_once_share_the_work(database: Database, empty: Database, shop: Shop) -> None:
    app = shop(FIRST, SECOND)
    url = _url(empty)
    others = [Database.from_url(url) for _ in range(3)]
    for other in others:
        await other.open()
    ran = await asyncio.gather(*(each.migrate([core_app(), app]) for each in (empty, *others)))
    for other in others:
        await other.close()
    names = [name for each in ran for name in each]
    assert len(names) == len(set(names)) == len(await Migration.select())


async def test_two_processes_that_start_at_once_share_the_work(empty: Database) -> None:
    program = """
        import asyncio, sys
        from crmcore.database.core_app import core_app
        from crmcore.database.database import Database

        async def main():
            database = Database.from_url(sys.argv[1])
            await database.open()
            print(len(await database.migrate([core_app()])))
            await database.close()

        asyncio.run(main())
    """
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", textwrap.dedent(program), _url(empty), stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    answers = await asyncio.gather(*(process.communicate() for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(int(out) for out, _ in answers) == len(await Migration.select())


async def test_a_migration_waits_for_another_process_that_takes_long(
    tmp_path: Path,
) -> None:
    file = tmp_path / "slow.sqlite"
    database = Database.from_url(f"sqlite:///{file}")
    database.engine.busy_timeout_s = 0.05  # type: ignore[union-attr]  # SQLite here
    await database.open()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    migrating = asyncio.create_task(database.migrate([core_app()]))
    await asyncio.sleep(0.5)
    assert not migrating.done()
    other.execute("ROLLBACK")
    other.close()
    assert len(await migrating) > 0
    await database.close()


def _url(database: Database) -> str:
    engine: Any = database.engine
    return f"sqlite:///{engine.path}" if database.kind == "sqlite" else str(engine.config["dsn"])
