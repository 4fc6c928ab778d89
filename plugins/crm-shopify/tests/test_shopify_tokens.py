"""Tokens: got, renewed once for all, kept safe while they rotate; and connecting by consent."""

import asyncio
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from crm_shopify.answers import ShopAnswer
from crm_shopify.check import check_shop
from crm_shopify.client import ask
from crm_shopify.oauth import finish, signed, signed_string, start
from crm_shopify.queries import SHOP_AND_SCOPES
from crm_shopify.shop import ShopConfig
from crm_shopify.trouble import REVOKED, ShopifyTrouble
from shopify_workspace import ADMIN, NOW, SHOP, Workspace

from crmcore import InvalidValue, Refusal, text_of
from crmcore.errors import Invalid

VECTORS = Path(__file__).parent / "fixtures" / "signature-vectors.json"


async def say_hello(workspace: Workspace) -> ShopAnswer:
    """Ask the shop for its name, as whoever holds the account's settings of this moment."""
    return await ask(await workspace.account(), workspace.plugin, SHOP_AND_SCOPES, {}, ShopAnswer)


async def connected_by_consent(workspace: Workspace) -> str:
    """Give the account a token for an hour and a refresh token; return the latter."""
    workspace.server.refresh_tokens.add("shprt_first")
    await workspace.change(
        access_token=workspace.server.new_token(),
        refresh_token="shprt_first",
        expires_at="2026-11-22T13:00:00+00:00",
    )
    return "shprt_first"


async def test_a_token_for_a_day_is_asked_for_once_and_again_the_next_day(workspace: Workspace) -> None:
    account = await workspace.account()
    asked = [ask(account, workspace.plugin, SHOP_AND_SCOPES, {}, ShopAnswer) for _ in range(5)]
    answers = await asyncio.gather(*asked)
    assert {one.shop.name for one in answers} == {"Demo shop"}
    assert [one["grant_type"] for one in workspace.server.grants] == ["client_credentials"]
    workspace.clock.advance(23 * 3600)
    await say_hello(workspace)
    assert len(workspace.server.grants) == 1
    workspace.clock.advance(3600)
    await say_hello(workspace)
    assert len(workspace.server.grants) == 2


async def test_a_refresh_token_rotates_and_is_used_once(workspace: Workspace) -> None:
    first = await connected_by_consent(workspace)
    await say_hello(workspace)
    assert workspace.server.grants == []
    workspace.clock.advance(59 * 60)
    account = await workspace.account()
    await asyncio.gather(*(ask(account, workspace.plugin, SHOP_AND_SCOPES, {}, ShopAnswer) for _ in range(5)))
    assert [one["refresh_token"] for one in workspace.server.grants] == [first]
    config = (await workspace.account()).config
    assert config.refresh_token in workspace.server.refresh_tokens
    # The new one has worked: the old one is dropped.
    assert (config.previous_refresh_token, config.expires_at) == ("", "2026-11-22T13:59:00+00:00")


async def test_the_old_refresh_token_stays_until_the_new_one_has_worked(here: Workspace) -> None:
    await connected_by_consent(here)
    here.clock.advance(3600)
    here.server.instead = (503, b"{}", {})
    with pytest.raises(ShopifyTrouble):
        await say_hello(here)
    config = (await here.account()).config
    assert config.previous_refresh_token == "shprt_first"
    assert config.refresh_token in here.server.refresh_tokens
    # Should the new pair be lost after all, the old token is tried too.
    here.server.instead = None
    here.server.refresh_tokens = {"shprt_first"}
    here.clock.advance(3600)
    await say_hello(here)
    assert here.server.grants[-1]["refresh_token"] == "shprt_first"


async def test_a_token_refused_in_its_time_is_renewed_once(here: Workspace) -> None:
    await say_hello(here)
    here.server.tokens.clear()
    await say_hello(here)
    assert len(here.server.grants) == 2
    here.server.client_secret = "rotated"
    here.server.tokens.clear()
    with pytest.raises(ShopifyTrouble) as revoked:
        await say_hello(here)
    assert revoked.value.label is REVOKED
    result = await check_shop(await here.account(), here.plugin)
    assert not result.ok
    assert "connect the shop again" in text_of(result.message)
    assert "подключить магазин заново" in text_of(result.message, "ru")


def test_the_official_signature_of_a_return() -> None:
    (vector,) = json.loads(VECTORS.read_text(encoding="utf-8"))["oauth_query"]
    query = {name: values[0] for name, values in parse_qs(vector["signed_string"]).items()}
    assert signed_string(query) == vector["signed_string"]
    config = ShopConfig(shop=SHOP, client_secret=vector["secret"])
    assert signed({**query, "hmac": vector["hmac_hex"]}, config)
    assert not signed({**query, "hmac": vector["hmac_hex"], "shop": "another"}, config)
    assert not signed(query, config)


def returned(config: ShopConfig, **changes: str) -> dict[str, str]:
    """Return a return from Shopify, signed after ``changes``."""
    query = {
        "code": "c0de",
        "shop": f"{SHOP}.myshopify.com",
        "state": "s",
        "timestamp": str(int(NOW.timestamp())),
        **changes,
    }
    digest = hmac.new(config.client_secret.encode(), signed_string(query).encode(), hashlib.sha256)
    return {**query, "hmac": digest.hexdigest()}


async def test_connecting_by_consent(here: Workspace) -> None:
    account = await here.account()
    url = urlsplit(start(account, "https://crm.example/back", "s"))
    assert (url.netloc, url.path) == (f"{SHOP}.myshopify.com", "/admin/oauth/authorize")
    asked = parse_qs(url.query)
    assert asked["redirect_uri"] == ["https://crm.example/back"]
    assert {"read_customers", "read_orders", "write_orders"} <= set(asked["scope"][0].split(","))

    here.server.codes.add("c0de")
    config = await finish(returned(account.config), account, here.plugin)
    assert here.server.grants[-1]["expiring"] == "1"
    assert config.access_token in here.server.tokens
    assert (config.refresh_token in here.server.refresh_tokens, config.expires_at) == (
        True,
        "2026-11-22T13:00:00+00:00",
    )
    # The code is good once.
    with pytest.raises(Refusal):
        await finish(returned(account.config), account, here.plugin)


async def test_a_return_that_is_not_shopifys(here: Workspace) -> None:
    account = await here.account()
    for changes in (
        {"shop": "evil.example"},
        {"timestamp": "1"},
        {"timestamp": "x"},
        {"hmac": "00"},
        {"hmac": "é"},
    ):
        query = returned(account.config, **{name: value for name, value in changes.items() if name != "hmac"})
        with pytest.raises(InvalidValue):
            await finish({**query, **changes}, account, here.plugin)
    assert here.server.grants == []


async def test_without_an_app_there_is_nobody_to_ask(here: Workspace) -> None:
    account = await here.account()
    bare = msgspec.structs.replace(account, config=ShopConfig(shop=SHOP))
    with pytest.raises(Refusal):
        start(bare, "https://crm.example/back", "s")
    assert not (await check_shop(bare, here.plugin)).ok


async def test_a_missing_scope_is_named(here: Workspace) -> None:
    assert "Demo shop" in text_of((await check_shop(await here.account(), here.plugin)).message)
    here.server.shop.scopes = ["read_customers", "write_products"]
    result = await check_shop(await here.account(), here.plugin)
    assert "lacks the scopes read_orders." in text_of(result.message)
    here.server.shop.scopes = ["read_customers", "read_orders"]
    result = await check_shop(await here.account(), here.plugin)
    assert (result.ok, "write_orders" in text_of(result.message, "ru")) == (True, True)


async def test_the_token_goes_to_shopify_only(here: Workspace) -> None:
    shops = (
        "evil.example",
        "my-shop/../x",
        "a@b",
        "my shop",
        "-x",
        "a.b",
        "",
        "my-shop.myshopify.com.evil.example",
    )
    refused: list[dict[str, Any]] = [{"shop": shop} for shop in shops]
    refused += [
        {"stand_in": "http://evil.example:80"},
        {"stand_in": "https://127.0.0.1:80"},
        {"unknown": 1},
    ]
    for changes in refused:
        with pytest.raises(Invalid):
            await here.connect("second", **changes)


def stored(url: str) -> bytes:
    """Return everything in the files of the database."""
    file = Path(url.removeprefix("sqlite:///").partition("?")[0])
    return b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))


async def test_secrets_are_kept_as_secrets(here: Workspace) -> None:
    await say_hello(here)
    token = (await here.account()).config.access_token
    assert token
    document = await here.crm.channel_accounts.document("shop", actor=ADMIN)
    assert token not in repr(document)
    assert here.server.client_secret not in repr(document)
    assert SHOP.encode() in stored(here.crm.settings.effective_database_url())
    assert token.encode() not in stored(here.crm.settings.effective_database_url())


def test_every_setting_is_labelled_in_both_languages() -> None:
    properties = msgspec.json.schema(ShopConfig)["$defs"]["ShopConfig"]["properties"]
    assert {name for name, one in properties.items() if one.get("writeOnly")} == {
        "client_secret",
        "previous_secret",
        "access_token",
        "refresh_token",
        "previous_refresh_token",
    }
    for one in properties.values():
        assert set(one["x-crm"]["label"]) == {"en", "ru"}
