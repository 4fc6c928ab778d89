"""A plugin for the tests of connections: a shop that delivers, a line that is listened to, a service with consent."""

import asyncio
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from crmcore import (
    Authorization,
    ChannelAccount,
    CheckResult,
    Connection,
    Forged,
    InboundRequest,
    InvalidValue,
    PluginContext,
    Problem,
    RawDelivery,
    Refusal,
    Retry,
    Secret,
    Verified,
    hookimpl,
)

FAILURES: dict[str, list[Exception]] = {}
"""What handling a delivery raises, by its key, one after the other."""


class ShopConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secret: Secret = "s3cret"
    token: Secret = ""
    mode: str = "ok"


def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
    if not hmac.compare_digest(request.headers.get("x-shop-secret", ""), account.config.secret):
        raise Forged
    return Verified(delivery_key=request.headers["x-shop-id"], status=200, answer=b"ok")


async def handle(delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext) -> None:
    if waiting := FAILURES.get(delivery.delivery_key):
        raise waiting.pop(0)
    handled = await plugin.store.get("handled", [])
    await plugin.store.set(
        "handled", [*handled, [account.name, delivery.delivery_key, delivery.body.decode()]]
    )


async def check(account: ChannelAccount, plugin: PluginContext) -> CheckResult:
    good = account.config.mode == "ok"
    return CheckResult(
        ok=good, message={"en": "Connected." if good else "No.", "ru": "Связь есть." if good else "Нет."}
    )


async def check_config(config: ShopConfig) -> list[Problem]:
    if config.mode == "impossible":
        return [Problem(path="/mode", code="impossible", message={"en": "Not that.", "ru": "Не так."})]
    return []


async def listen(account: ChannelAccount, plugin: PluginContext) -> None:
    """Tell by the store that it is there, and do what the account's mode says."""
    began = await plugin.store.get("began", 0)
    await plugin.store.set("began", began + 1)
    if account.config.mode == "fails":
        raise ConnectionError("no line to the exchange")
    if account.config.mode == "ends":
        return
    await plugin.connections.deliver(account.id, f"call-{began}", b"ring", {"x-from": "+4930123"})
    await asyncio.Event().wait()


def depart(account: ChannelAccount, callback_url: str, state: str) -> str:
    return f"https://vendor.example/consent?redirect_uri={callback_url}&state={state}"


async def arrive(query: Mapping[str, str], account: ChannelAccount, plugin: PluginContext) -> Struct:
    if "error" in query:
        raise Refusal(Problem(code="denied", message={"en": "You said no.", "ru": "Вы отказались."}))
    if query.get("hmac") != "good":
        raise InvalidValue({"en": "Not from the vendor.", "ru": "Не от сервиса."})
    return msgspec.structs.replace(account.config, token=f"granted-{query['code']}")


@hookimpl
def register_connections() -> list[Connection]:
    return [
        Connection(
            key="shop",
            label={"en": "Shop", "ru": "Магазин"},
            help={"en": "Orders of a shop.", "ru": "Заказы магазина."},
            icon="package",
            config=ShopConfig,
            check=check,
            check_config=check_config,
            verify=verify,
            handle=handle,
            authorize=Authorization(start=depart, finish=arrive, label={"en": "Connect", "ru": "Подключить"}),
        ),
        Connection(
            key="line", label={"en": "Line", "ru": "Линия"}, config=ShopConfig, listen=listen, handle=handle
        ),
    ]


def later(after_s: float = 5.0) -> Exception:
    return Retry("the shop is busy", after_s=after_s)


__all__: list[Any] = ["FAILURES", "ShopConfig", "later", "register_connections"]
