"""What is remembered of plugins, and what a purge deletes."""

from pathlib import Path
from typing import Any

import pytest
from piccolo.columns import ForeignKey, Varchar
from piccolo.conf.apps import AppConfig
from piccolo.table import Table
from plugin_making import Given, loaded

from crmcore import CustomField, Job, hookimpl, text_of
from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.database import Database
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.host import PluginHost
from crmcore.plugins.ledger import Ledger, table_exists
from crmcore.plugins.purge import Purge, PurgeRefused
from crmcore.plugins.store import PluginStore
from crmcore.plugins.tables import PluginLedger, PluginSettingsRow
from crmcore.testing.clock import TurnableClock


class Order(Table, db=WORKSPACE_ENGINE, tablename="shop_order"):
    number = Varchar()


class Line(Table, db=WORKSPACE_ENGINE, tablename="shop_line"):
    order = ForeignKey(references=Order)


async def run(payload: Any, plugin: Any) -> None:
    return None


class Shop:
    @hookimpl
    def register_tables(self) -> AppConfig:
        return AppConfig(app_name="shop", migrations_folder_path="nowhere", table_classes=[Order, Line])

    @hookimpl
    def register_jobs(self) -> list[Job]:
        return [Job(key="sync", run=run)]

    @hookimpl
    def register_custom_fields(self) -> list[CustomField]:
        return [CustomField(record_type="contact", key="shop_tier", label="Tier")]


class Broken:
    @hookimpl
    def register_jobs(self) -> list[Job]:
        raise RuntimeError("today not")


def host_with(shop: object) -> PluginHost:
    return loaded(PluginChoice(), [Given("shop", shop)])


async def remembered(database: Database) -> Ledger:
    host = host_with(Shop())
    ledger = Ledger(database)
    await ledger.remember(host.plugins, host.registry)
    return ledger


async def with_remains(database: Database) -> Ledger:
    ledger = await remembered(database)
    await Order.create_table()
    await Line.create_table()
    await Order.insert(Order(number="1"), Order(number="2"))
    order = (await Order.select(Order.id))[0]["id"]
    await Line.insert(Line(order=order))
    await PluginStore("shop").set("cursor", 1)
    await PluginStore("phone").set("cursor", 1)
    await PluginSettingsRow.insert(PluginSettingsRow(plugin="shop"))
    return ledger


async def test_a_loaded_plugin_is_remembered_with_what_it_owns(
    database: Database, clock: TurnableClock
) -> None:
    host = host_with(Shop())
    ledger = Ledger(database, clock)
    first = clock()
    await ledger.remember(host.plugins, host.registry)
    clock.advance(3600)

    await ledger.remember(host.plugins, host.registry)

    (entry,) = await ledger.entries()
    assert entry.name == "shop"
    assert entry.owns == {
        "tables": ["shop_line", "shop_order"],
        "jobs": ["shop.sync"],
        "custom_fields": ["contact.shop_tier"],
    }
    assert entry.enabled is None
    assert (entry.first_seen_at, entry.last_seen_at) == (first, clock())


async def test_a_plugin_that_fails_today_keeps_what_is_known_of_it(database: Database) -> None:
    ledger = await remembered(database)
    host = host_with(Broken())

    await ledger.remember(host.plugins, host.registry)

    entry = await ledger.entry("shop")
    assert entry is not None
    assert entry.owns["tables"] == ["shop_line", "shop_order"]


async def test_a_table_that_a_new_version_gave_up_is_still_known(database: Database) -> None:
    class Smaller:
        @hookimpl
        def register_tables(self) -> AppConfig:
            return AppConfig(app_name="shop", migrations_folder_path="nowhere", table_classes=[Order])

    ledger = await remembered(database)
    host = host_with(Smaller())

    await ledger.remember(host.plugins, host.registry)

    entry = await ledger.entry("shop")
    assert entry is not None
    assert entry.owns == {"tables": ["shop_line", "shop_order"]}


async def test_the_administrators_choice_survives_what_is_loaded(database: Database) -> None:
    ledger = Ledger(database)
    await ledger.choose("shop", False)
    await ledger.choose("phone", True)
    host = host_with(Shop())
    await ledger.remember(host.plugins, host.registry)

    assert await ledger.disabled() == {"shop"}
    await ledger.choose("shop", None)
    assert await ledger.disabled() == frozenset()
    with pytest.raises(ValueError, match="no plugin's name"):
        await ledger.choose("core", False)


async def test_a_plan_counts_and_deletes_nothing(database: Database) -> None:
    purge = Purge(database, await with_remains(database))

    plan = await purge.plan("shop")

    assert plan.tables == {"shop_line": 1, "shop_order": 2}
    assert (plan.values, plan.settings, plan.jobs, plan.custom_fields) == (1, 1, 0, 0)
    assert not plan.is_empty()
    assert await Order.count() == 2


async def test_a_purge_needs_a_yes_and_an_absent_plugin(database: Database) -> None:
    ledger = await with_remains(database)

    with pytest.raises(PurgeRefused, match="needs an explicit yes"):
        await Purge(database, ledger).execute("shop", yes=False)
    with pytest.raises(PurgeRefused) as loaded_now:
        await Purge(database, ledger, loaded=frozenset({"shop"})).execute("shop", yes=True)
    with pytest.raises(PurgeRefused, match="No plugin named “unheard_of” was ever loaded here"):
        await Purge(database, ledger).execute("unheard_of", yes=True)

    assert text_of(loaded_now.value.reason, "ru").startswith("Плагин «shop» загружен.")
    assert await Order.count() == 2
    assert await PluginStore("shop").get("cursor") == 1


async def test_a_purge_deletes_all_of_one_plugin_and_nothing_of_another(database: Database) -> None:
    ledger = await with_remains(database)

    await Purge(database, ledger).execute("shop", yes=True)

    assert not await table_exists(database, "shop_order")
    assert not await table_exists(database, "shop_line")
    assert await PluginStore("shop").get("cursor") is None
    assert await PluginStore("phone").get("cursor") == 1
    assert await PluginSettingsRow.count() == 0
    assert await ledger.entry("shop") is None


async def test_the_ledger_cannot_make_a_purge_drop_a_table_of_the_core(database: Database) -> None:
    ledger = Ledger(database)
    await PluginLedger.insert(
        PluginLedger(
            name="plugin", owns='{"tables": ["plugin_value", "contact", "plugin_x; DROP TABLE job"]}'
        )
    )

    plan = await Purge(database, ledger).execute("plugin", yes=True)

    assert plan.tables == {}
    assert await table_exists(database, "plugin_value")
    assert await table_exists(database, "contact")
    assert await table_exists(database, "job")


async def test_before_the_first_migration_nothing_is_switched_off(tmp_path: Path) -> None:
    database = Database.from_url(f"sqlite:///{tmp_path / 'new.sqlite'}")
    await database.open()
    try:
        with database.bound():
            assert await Ledger(database).disabled() == frozenset()
    finally:
        await database.close()
