"""A plugin for the tests of the API: settings with a secret, a record type, a field, a validator."""

import hashlib
import hmac
from typing import Annotated

from msgspec import Meta, Struct
from piccolo.columns import JSONB, UUID, Integer, Timestamptz, Varchar
from piccolo.table import Table

from crmcore import (
    Capabilities,
    Channel,
    ChannelAccount,
    CheckResult,
    CustomField,
    Forged,
    Identity,
    InboundMessage,
    InboundRequest,
    InvalidValue,
    PluginContext,
    RawDelivery,
    RecordType,
    Secret,
    Settings,
    Validator,
    Verified,
    hookimpl,
)
from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class Order(Table, db=WORKSPACE_ENGINE, tablename="shop_order"):
    id = UUID(primary_key=True, default=uuid7)
    number = Varchar(length=20)
    custom = JSONB(default="{}")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
    deleted_at = Timestamptz(null=True, default=None)


class ShopSettings(Struct, frozen=True, kw_only=True):
    shop: Annotated[str, Meta(max_length=60)] = ""
    token: Secret = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 443


async def check(plugin: PluginContext) -> CheckResult:
    if plugin.settings.shop == "broken":
        raise RuntimeError("no connection")
    ok = plugin.settings.token == "s3cret"
    message = (
        {"en": "It works.", "ru": "Работает."} if ok else {"en": "Wrong token.", "ru": "Неверный токен."}
    )
    return CheckResult(ok=ok, message=message)


def gold(value: str, options: object) -> str:
    if value.lower() not in ("gold", "silver"):
        raise InvalidValue({"en": "Gold or silver.", "ru": "Золото или серебро."}, code="not_a_metal")
    return value.lower()


@hookimpl
def register_settings() -> Settings:
    return Settings(type=ShopSettings, title={"en": "Shop", "ru": "Магазин"}, check=check)


@hookimpl
def register_validators() -> list[Validator]:
    return [
        Validator(key="shop-metal", label="Metal", check=gold, examples=("Gold",), counter_examples=("tin",))
    ]


@hookimpl
def register_custom_fields() -> list[CustomField]:
    label = {"en": "Metal", "ru": "Металл"}
    return [
        CustomField(
            record_type="contact", key="shop_metal", label=label, format="shop-metal", filterable=True
        )
    ]


@hookimpl
def register_record_types() -> list[RecordType]:
    return [
        RecordType(
            key="shop_order",
            plural="shop_orders",
            label={"en": "Order", "ru": "Заказ"},
            label_plural={"en": "Orders", "ru": "Заказы"},
            table=Order,
            properties={"number": {"type": "string", "minLength": 1, "maxLength": 20}},
            required=("number",),
            filters=("number",),
            custom_fields=True,
        )
    ]


class HookConfig(Struct, frozen=True, kw_only=True):
    secret: Secret = ""


def signature(url: str, body: bytes) -> str:
    return hmac.new(b"s3cret", url.encode() + body, hashlib.sha256).hexdigest()


def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
    if request.method == "GET":
        return Verified(delivery_key=None, status=200, content_type="text/plain", answer=b"here")
    if not hmac.compare_digest(request.headers.get("x-signature", ""), signature(request.url, request.body)):
        raise Forged
    return Verified(delivery_key=request.headers["x-delivery"])


def parse(delivery: RawDelivery, account: ChannelAccount) -> list[InboundMessage]:
    sender = (Identity(kind="email", value="lena@example.com"),)
    text = delivery.body.decode("utf-8", "replace")
    return [InboundMessage(external_id=delivery.delivery_key, text=text, identities=sender)]


@hookimpl
def register_channels() -> list[Channel]:
    return [
        Channel(
            key="shop_hook",
            label="Shop",
            verify=verify,
            parse=parse,
            config=HookConfig,
            capabilities=Capabilities(),
        )
    ]
