"""Settings and the connection test."""

import msgspec
import pytest
from crm_shopify import plugin as hooks
from crm_shopify.settings import ShopifySettings
from shopify_context import Context
from stand_in import Shopify, answer

from crmcore import CheckResult, text_of


async def check(plugin: Context) -> CheckResult:
    """Run "Test connection"."""
    test = hooks.register_settings().check
    assert test is not None
    return await test(plugin)  # type: ignore[arg-type]


async def test_connected(plugin: Context) -> None:
    result = await check(plugin)
    assert result.ok
    assert text_of(result.message) == "Connected to the shop “My Shop”."
    assert text_of(result.message, "ru") == "Есть связь с магазином «My Shop»."


async def test_a_missing_scope_is_named(plugin: Context, shopify: Shopify) -> None:
    shopify.scopes = ["read_customers", "write_products"]
    result = await check(plugin)
    assert not result.ok
    assert "lacks the scopes read_orders." in text_of(result.message)


async def test_trouble_is_told_in_both_languages(plugin: Context, shopify: Shopify) -> None:
    shopify.instead = answer(401, {"errors": "[API] Invalid API key"})
    result = await check(plugin)
    assert not result.ok
    assert "токен" in text_of(result.message, "ru")


async def test_nothing_is_asked_before_there_is_a_shop(plugin: Context, shopify: Shopify) -> None:
    plugin.settings = ShopifySettings()
    assert not (await check(plugin)).ok
    assert shopify.asked == []


@pytest.mark.parametrize("shop", ["my-shop", "my-shop.myshopify.com", "MY-SHOP.myshopify.com", "my-shop\n"])
def test_spellings_of_the_shop(shop: str) -> None:
    settings = msgspec.convert({"shop": shop}, ShopifySettings)
    assert (settings.host, settings.handle) == ("my-shop.myshopify.com", "my-shop")


@pytest.mark.parametrize(
    "shop",
    [
        "evil.example",
        "my-shop.myshopify.com.evil.example",
        "my-shop/../x",
        "a@b",
        "my shop",
        "-x",
        "a.b",
    ],
)
def test_the_token_goes_to_shopify_only(shop: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"shop": shop}, ShopifySettings)


def test_the_token_is_a_secret_and_every_setting_is_labelled() -> None:
    schema = msgspec.json.schema(ShopifySettings)
    properties = schema["$defs"]["ShopifySettings"]["properties"]
    assert [name for name, setting in properties.items() if setting.get("writeOnly")] == ["access_token"]
    for setting in properties.values():
        assert set(setting["x-crm"]["label"]) == {"en", "ru"}
    assert hooks.register_panels()[0].slots == ("conversation", "contact")
