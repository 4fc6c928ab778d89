"""Typed settings with secrets that are encrypted, masked, and in no repr."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from crmcore import Secret, Settings, text_of
from crmcore.database.database import Database
from crmcore.errors import Invalid, NotFound
from crmcore.plugins.logs import Redactor
from crmcore.plugins.registry import Registered, Registry
from crmcore.plugins.settings_store import PluginSettings, SettingsUnusable
from crmcore.plugins.tables import PluginSettingsRow
from crmcore.secrets import KeyMissing, KeyRing, new_key
from crmcore.secrets.fields import MASK
from crmcore.secrets.keys import parse_keys


class Account(Struct, frozen=True):
    name: str = ""
    token: Secret = ""


class ShopSettings(Struct, frozen=True, kw_only=True):
    shop: str = ""
    key: Secret = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 443
    account: Account = Account()
    more: list[Account] = []


def ring(*keys: str) -> KeyRing:
    return KeyRing(parse_keys(",".join(keys), "the test"), "the test's ring")


KEY = new_key()
ENVIRONMENT = {"SHOP_KEY": "key-from-env", "SHOP_PORT": "8443", "CRMCORE_SECRET_KEY": "not for plugins"}


def settings_of(*keys: str, redactor: Redactor | None = None) -> PluginSettings:
    registry = Registry(settings={"shop": Registered("shop", Settings(type=ShopSettings))})
    return PluginSettings(registry, ring(*(keys or (KEY,))), redactor=redactor, environment=ENVIRONMENT)


async def stored_text() -> str:
    rows = await PluginSettingsRow.select(PluginSettingsRow.settings)
    return str(rows[0]["settings"])


async def test_a_plugin_without_stored_settings_has_its_defaults(database: Database) -> None:
    settings = settings_of()

    assert (await settings.load("shop")).port == 443  # type: ignore[attr-defined]
    assert settings.current("shop").shop == ""
    assert settings.current("without") is None
    assert await settings.masked("shop") == {
        "shop": "",
        "key": "",
        "port": 443,
        "account": {"name": "", "token": ""},
        "more": [],
    }


async def test_secrets_are_encrypted_where_they_are_stored_and_dots_where_they_are_shown(
    database: Database,
) -> None:
    settings = settings_of()
    await settings.save(
        "shop",
        {"key": "sk-12345", "account": {"name": "a", "token": "tok-1"}, "more": [{"token": "tok-2"}]},
    )

    text = await stored_text()
    assert "sk-12345" not in text
    assert "tok-" not in text
    assert text.count("enc:v1:") == 3
    masked = await settings.masked("shop")
    assert masked["key"] == MASK
    assert masked["account"] == {"name": "a", "token": MASK}
    assert masked["more"] == [{"token": MASK}]

    again = await settings_of().load("shop")
    assert again.key == "sk-12345"  # type: ignore[attr-defined]
    assert again.more[0].token == "tok-2"  # type: ignore[attr-defined]
    assert isinstance(again, ShopSettings)


async def test_no_repr_shows_a_secret(database: Database) -> None:
    settings = settings_of()
    await settings.save("shop", {"key": "sk-12345", "account": {"name": "a", "token": "tok-1"}})

    loaded = settings.current("shop")

    assert "sk-12345" not in repr(loaded)
    assert "tok-1" not in repr(loaded)
    assert "tok-1" not in repr(loaded.account)
    assert repr(loaded).startswith(f"ShopSettings(shop='', key={MASK!r}, port=443, account=Account(name='a'")
    assert loaded.key == "sk-12345"
    assert msgspec.json.decode(msgspec.json.encode(loaded))["key"] == "sk-12345"


async def test_what_is_left_out_or_still_masked_stays(database: Database) -> None:
    settings = settings_of()
    await settings.save("shop", {"shop": "one", "key": "sk-12345", "more": [{"name": "m", "token": "tok-2"}]})

    await settings.save("shop", {"shop": "two", "key": MASK, "more": [{"name": "n", "token": MASK}]})
    await settings.save("shop", {"port": 80})

    loaded = settings.current("shop")
    assert (loaded.shop, loaded.key, loaded.port) == ("two", "sk-12345", 80)
    assert [(account.name, account.token) for account in loaded.more] == [("n", "tok-2")]
    await settings.save("shop", {"key": ""})
    assert settings.current("shop").key == ""


async def test_values_are_taken_from_the_environment(database: Database) -> None:
    settings = settings_of()

    await settings.save("shop", {"key": {"$env": "SHOP_KEY"}, "port": {"$env": "SHOP_PORT"}})

    assert settings.current("shop").key == "key-from-env"
    assert settings.current("shop").port == 8443
    assert "key-from-env" not in await stored_text()
    assert (await settings.masked("shop"))["key"] == {"$env": "SHOP_KEY"}
    await settings.save("shop", {"shop": "two"})
    assert settings.current("shop").key == "key-from-env"


@pytest.mark.parametrize(
    ("values", "path", "code", "sentence"),
    [
        ({"port": "many"}, "/port", "wrong_type", "This must be a whole number."),
        ({"port": 0}, "/port", "too_small", "This must be at least 1."),
        (
            {"more": [{"token": 5}]},
            "/more/0/token",
            "wrong_type",
            "This must be a text.",
        ),
        ({"shp": "x"}, "/shp", "unknown", "There is no such setting."),
        (
            {"account": {"token": {"$env": "NOT_SET"}}},
            "/account/token",
            "no_variable",
            "The environment variable “NOT_SET” is not set.",
        ),
        (
            {"shop": {"$env": "CRMCORE_SECRET_KEY"}},
            "/shop",
            "no_variable",
            "The environment variable “CRMCORE_SECRET_KEY” is not set.",
        ),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_path(
    database: Database, values: dict[str, Any], path: str, code: str, sentence: str
) -> None:
    settings = settings_of()

    with pytest.raises(Invalid) as refused:
        await settings.save("shop", values)

    (problem,) = refused.value.problems
    assert problem.path.replace("...", "0") == path
    assert (problem.code, problem.sentence()) == (code, sentence)
    assert await PluginSettingsRow.count() == 0


async def test_settings_of_an_unknown_plugin_are_not_there(database: Database) -> None:
    with pytest.raises(NotFound, match="The plugin “without” has no settings"):
        await settings_of().save("without", {})


async def test_stored_settings_that_no_longer_fit_are_said_and_not_guessed(database: Database) -> None:
    row = PluginSettingsRow(plugin="shop", settings='{"port": "many"}')
    await PluginSettingsRow.insert(row)
    settings = settings_of()

    await settings.load_all()

    assert text_of(settings.problem("shop")) == (
        "The stored settings no longer fit the plugin: /port: This must be a whole number. Save them again."
    )
    assert "/port: Здесь должно быть: целое число." in text_of(settings.problem("shop"), "ru")
    with pytest.raises(SettingsUnusable):
        settings.current("shop")
    await settings.save("shop", {"port": 80})
    assert settings.current("shop").port == 80
    assert settings.problem("shop") == ""


async def test_a_missing_key_is_a_clear_error_and_an_old_key_still_opens(database: Database) -> None:
    old, new = new_key(), new_key()
    await settings_of(old).save("shop", {"key": "sk-12345"})

    with pytest.raises(KeyMissing, match=r"which is not in the test's ring\. Put that key back"):
        await settings_of(new).load_all()

    rotated = settings_of(new, old)
    await rotated.load_all()
    assert rotated.current("shop").key == "sk-12345"
    assert await rotated.seal_again() == 1
    assert await rotated.seal_again() == 0
    only_new = settings_of(new)
    await only_new.load_all()
    assert only_new.current("shop").key == "sk-12345"


async def test_an_envelope_does_not_open_in_another_place(database: Database) -> None:
    settings = settings_of()
    await settings.save("shop", {"account": {"token": "tok-1"}})
    document = msgspec.json.decode(await stored_text())
    moved = msgspec.json.encode({"key": document["account"]["token"]}).decode()
    await PluginSettingsRow.update({PluginSettingsRow.settings: moved}).where(
        PluginSettingsRow.plugin == "shop"
    )

    await settings.load_all()

    assert "changed or copied from another place" in text_of(settings.problem("shop"))


async def test_the_log_learns_every_secret(database: Database) -> None:
    redactor = Redactor()
    settings = settings_of(redactor=redactor)

    await settings.save("shop", {"key": {"$env": "SHOP_KEY"}, "account": {"token": "tok-123"}})

    assert redactor.clean("sent key-from-env and tok-123") == "sent [removed] and [removed]"


def test_the_schema_marks_secrets() -> None:
    schema = settings_of().schema("shop")

    assert schema["type"] == "object"
    assert schema["properties"]["key"]["writeOnly"] is True
    assert schema["properties"]["port"] == {"type": "integer", "minimum": 1, "maximum": 65535, "default": 443}
    assert schema["$defs"]["Account"]["properties"]["token"]["writeOnly"] is True
