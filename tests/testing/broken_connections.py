"""Connections that break a rule."""

import asyncio
import json
from typing import Annotated, Any
from uuid import uuid4

from broken_channels import another_key, reads_first, takes_anything
from msgspec import Struct
from spoiling import Broken, good, hook, raises

from crmcore import Connection, InvalidValue, Secret, Verified, setting
from crmcore.testing.samples import Samples

SHOP_SECRET = "a-secret-of-the-samples"


class Shop(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Annotated[Secret, setting({"en": "Secret", "ru": "Секрет"}, min_length=16, max_length=200)]


def only_the_signature(request: Any, account: Any) -> Verified:
    try:
        return good("channel", "verify")(request, account)  # type: ignore[no-any-return]
    except InvalidValue:
        return Verified(delivery_key=uuid4().hex)


async def handles(delivery: Any, account: Any, plugin: Any) -> None:
    await plugin.store.set(f"seen:{delivery.delivery_key}", True)


async def handles_again(delivery: Any, account: Any, plugin: Any) -> None:
    await plugin.store.set("count", await plugin.store.get("count", 0) + 1)


def shop(**changes: Any) -> dict[str, Any]:
    basic = {"key": "kitten_shop", "label": {"en": "Shop", "ru": "Магазин"}, "config": Shop}
    functions = {"verify": good("channel", "verify"), "handle": handles}
    return hook("register_connections", Connection(**{**basic, **functions, **changes}))


def shop_samples() -> Samples:
    import crm_kitten.samples as own  # type: ignore[import-not-found]  # made by the fixture

    given = own.SAMPLES.deliveries["kitten"]
    return Samples(accounts={"kitten_shop": {"secret": SHOP_SECRET}}, deliveries={"kitten_shop": given})


async def waits_for_a_sender(delivery: Any, account: Any, plugin: Any) -> None:
    if not isinstance(json.loads(delivery.body).get("text"), str):
        await asyncio.sleep(3600)


BROKEN = (
    Broken(
        "connection.verify_and_handle_belong_together",
        "no handle",
        lambda: shop(handle=None),
        samples=shop_samples,
    ),
    Broken(
        "connection.accounts_can_be_made",
        "CheckResult(ok=False",
        lambda: shop(check=raises),
        samples=shop_samples,
    ),
    Broken(
        "connection.genuine_deliveries_are_taken",
        "several keys",
        lambda: shop(verify=another_key),
        samples=shop_samples,
    ),
    Broken(
        "connection.forged_is_refused",
        "raise Forged",
        lambda: shop(verify=takes_anything),
        samples=shop_samples,
    ),
    Broken(
        "connection.hostile_bodies_are_refused_quickly",
        "InvalidValue",
        lambda: shop(verify=reads_first),
        samples=shop_samples,
    ),
    Broken(
        "connection.replay_is_idempotent",
        "did its work twice",
        lambda: shop(handle=handles_again),
        samples=shop_samples,
    ),
    Broken(
        "connection.replay_is_idempotent", "is not handled", lambda: shop(handle=raises), samples=shop_samples
    ),
    Broken(
        "connection.nonsense_is_kept",
        "handle of “kitten_shop” hangs",
        lambda: shop(verify=only_the_signature, handle=waits_for_a_sender),
        samples=shop_samples,
        patched={"crmcore.testing.rules.connections.LONGEST_HANDLE_S": 0.5},
    ),
)
