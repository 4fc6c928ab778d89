"""Tables: made by migrations that can go back, tied to the core so that the core can delete."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import ForeignKey, Timestamp
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore.contacts.tables import Contact
from crmcore.database.migration_file import migration_files
from crmcore.plugins.ledger import table_exists
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.rule import Broken, Nothing, Unshown, rules


def _app(bench: Bench) -> AppConfig:
    (app,) = bench.items("tables").values()
    assert isinstance(app, AppConfig)  # noqa: S101  # the host has checked it
    if not app.table_classes:
        raise Nothing
    return app


def _tables(bench: Bench) -> list[type[Table]]:
    return list(_app(bench).table_classes)


def _of_contacts(bench: Bench) -> Iterator[tuple[type[Table], ForeignKey[Any]]]:
    for table in _tables(bench):
        for column in table._meta.foreign_key_columns:
            if column._foreign_key_meta.resolved_references is Contact:
                yield table, column


async def are_made(bench: Bench) -> None:
    """The migrations make every table, with the columns that the code names."""
    for table in _tables(bench):
        name = table._meta.tablename
        if not await table_exists(bench.crm.database, name):
            raise Broken(
                f"No migration makes the table {name}: crmcore loads what is in the migrations folder."
            )
        try:
            await table.select().first()
        except Exception as error:
            raise Broken(
                f"The table {name} is another than the code says ({error}): add a migration."
            ) from error


async def go_back_and_forth(bench: Bench) -> None:
    """Every migration goes forth, back and forth again."""
    app = _app(bench)
    async with bench.fresh() as crm:
        for file in reversed(migration_files(app)):
            manager = await file.manager()
            if manager is None:
                continue
            backwards = getattr(file._module, "backwards", None)
            async with crm.database.transaction():
                if backwards is not None:
                    await backwards()
                else:
                    await _back(manager)
        for table in _tables(bench):
            if await table_exists(crm.database, table._meta.tablename):
                raise Broken(
                    f"The table {table._meta.tablename} is still there after all migrations went back: give the "
                    "migration an async def backwards()."
                )
        async with crm.database.transaction():
            for file in migration_files(app):
                await file.forwards(app)
        for table in _tables(bench):
            await table.select().first()


async def _back(manager: MigrationManager) -> None:
    if manager.raw_backwards:
        for raw in manager.raw_backwards:
            done = raw()
            if hasattr(done, "__await__"):
                await done
    elif manager.raw:
        raise Broken(
            f"The migration {manager.migration_id} runs statements and says nothing of the way back: "
            "manager.add_raw_backwards(…)."
        )
    made = {added.tablename for added in manager.add_tables}
    for added in manager.add_columns.add_columns:
        if added.tablename not in made:
            column = added.column._meta.db_column_name
            await Contact.raw(f'DROP INDEX IF EXISTS "{added.tablename}_{column}"')
            await Contact.raw(f'ALTER TABLE "{added.tablename}" DROP COLUMN "{column}"')
    for table in made:
        await Contact.raw(f'DROP TABLE "{table}"')


async def migrations_are_frozen(bench: Bench) -> None:
    """A migration imports nothing of the plugin: what it made once, it makes for ever."""
    folder = Path(str(_app(bench).resolved_migrations_folder_path))
    package = bench.point.value.partition(":")[0].partition(".")[0]
    for file in sorted(folder.glob("*.py")):  # noqa: ASYNC240 - a handful of files of a test
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            if module and module.partition(".")[0] == package:
                raise Broken(
                    f"{file.name} imports {module}: write the tables down in it as they are at that moment."
                )


async def let_the_core_delete(bench: Bench) -> None:
    """A contact that rows of the plugin point at can be deleted, by people and for good."""
    if not list(_of_contacts(bench)):
        raise Nothing
    story = bench.samples.story
    if story is None:
        raise Unshown("Rows that point at contacts cannot be tried: add Samples(story=…), which writes some.")
    async with bench.fresh() as crm:
        record = await bench.make(crm).contact()
        await story(crm, record.id)
        await crm.worker.drain()
        if not any([await table.count().where(column == record.id) for table, column in _of_contacts(bench)]):
            raise Unshown("The story writes no row about the contact: let it do what the plugin does.")
        try:
            await crm.records.delete("contact", record.id, actor=MAKER)
            await Contact.delete().where(Contact.id == record.id)
        except Exception as error:
            raise Broken(
                f"A contact with rows of the plugin cannot be deleted ({error}): "
                "on_delete=OnDelete.cascade or set_null."
            ) from error


async def follow_a_merge(bench: Bench) -> None:
    """Rows about a contact go along when it is merged into another: merge_contacts names them."""
    pointing = list(_of_contacts(bench))
    if not pointing:
        raise Nothing
    if "merge_contacts" not in bench.hooks():
        raise Broken(
            f"{pointing[0][0]._meta.tablename} points at contacts, and nobody moves its rows when two become one: "
            "implement merge_contacts."
        )
    if bench.samples.story is None:
        raise Unshown("A merge cannot be tried: add Samples(story=…), which writes rows about a contact.")
    async with bench.fresh() as crm:
        kept, merged = await bench.make(crm).contact(), await bench.make(crm).contact()
        await bench.samples.story(crm, merged.id)
        await crm.worker.drain()
        before = [await table.count().where(column == merged.id) for table, column in pointing]
        merge = await crm.contacts.merge(kept.id, merged.id, actor=MAKER)
        after = [await table.count().where(column == kept.id) for table, column in pointing]
        if after != before:
            raise Broken(
                f"Of {sum(before)} rows {sum(after)} followed a merge: merge_contacts has to name all of them."
            )
        await crm.contacts.undo_merge(merge, actor=MAKER)


async def know_their_zone(bench: Bench) -> None:
    """Moments are kept with their zone: Timestamptz, never Timestamp."""
    for table in _tables(bench):
        for column in table._meta.columns:
            if type(column) is Timestamp:
                raise Broken(f"{table._meta.tablename}.{column._meta.name} has no zone: use Timestamptz.")


async def are_found_by_contact(bench: Bench) -> None:
    """A column that points at contacts has an index: it is asked on every page, and when a contact is deleted."""
    if not list(_of_contacts(bench)):
        raise Nothing
    for table, column in _of_contacts(bench):
        if not column._meta.index and not column._meta.primary_key:
            raise Broken(
                f"{table._meta.tablename}.{column._meta.name} has no index: ForeignKey(…, index=True)."
            )


RULES = rules(
    "tables",
    are_made=("bronze", are_made),
    let_the_core_delete=("bronze", let_the_core_delete),
    go_back_and_forth=("silver", go_back_and_forth),
    migrations_are_frozen=("silver", migrations_are_frozen),
    follow_a_merge=("silver", follow_a_merge),
    know_their_zone=("silver", know_their_zone),
    are_found_by_contact=("gold", are_found_by_contact),
)
