"""A plugin's key-value space."""

from typing import Any

import pytest

from crmcore.database.database import Database
from crmcore.plugins.store import PluginStore


@pytest.mark.parametrize("value", [None, 0, "ж", ["a", {"b": 1.5}], {"cursor": "x" * 60_000}, True])
async def test_what_was_set_is_read(database: Database, value: Any) -> None:
    store = PluginStore("shop")

    await store.set("cursor", "older")
    await store.set("cursor", value)

    assert await store.get("cursor", "default") == value


async def test_plugins_do_not_see_each_others_values(database: Database) -> None:
    shop, phone = PluginStore("shop"), PluginStore("phone")
    await shop.set("cursor", 1)

    assert await phone.get("cursor") is None
    assert await phone.get("cursor", 7) == 7
    await phone.delete("cursor")
    assert await shop.get("cursor") == 1
    await shop.delete("cursor")
    assert await shop.get("cursor") is None


async def test_a_rollback_takes_the_value_with_it(database: Database) -> None:
    store = PluginStore("shop")

    with pytest.raises(RuntimeError, match="undo"):
        async with database.transaction():
            await store.set("cursor", 1)
            raise RuntimeError("undo")

    assert await store.get("cursor") is None


@pytest.mark.parametrize("key", ["", "x" * 201, "a\0b"])
async def test_impossible_keys_are_refused(database: Database, key: str) -> None:
    with pytest.raises(ValueError, match="a key has 1 to 200 characters"):
        await PluginStore("shop").set(key, 1)


async def test_a_value_that_is_too_large_is_refused_and_the_old_one_stays(database: Database) -> None:
    store = PluginStore("shop")
    await store.set("page", "small")

    with pytest.raises(ValueError, match="64000 is the most"):
        await store.set("page", "x" * 64_001)

    assert await store.get("page") == "small"
