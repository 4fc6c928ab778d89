"""One shop: how it is reached, by which app, and what counts as much there."""

from datetime import datetime
from typing import Annotated

from msgspec import Struct

from crmcore import Secret, setting

SHOP_SUFFIX = ".myshopify.com"
KEY = "shop"


class ShopConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one shop's account.

    Only hosts under ``myshopify.com`` can be named, so no token goes anywhere else. The tokens below are written
    by the plugin when the shop was connected or a token was renewed; ``expires_at`` is ISO 8601 in UTC, empty when
    the token does not expire.
    """

    shop: Annotated[
        str,
        setting(
            {"en": "Shop domain", "ru": "Домен магазина"},
            help={
                "en": "As Shopify names it: my-shop.myshopify.com",
                "ru": "Как его называет Shopify: my-shop.myshopify.com",
            },
            max_length=80,
            pattern=r"^[a-zA-Z0-9][a-zA-Z0-9-]*(\.myshopify\.com)?$",
        ),
    ]
    client_id: Annotated[
        str,
        setting(
            {"en": "Client ID", "ru": "Client ID"},
            help={
                "en": "Dev Dashboard: your app → Settings.",
                "ru": "Dev Dashboard: ваше приложение → Settings.",
            },
            max_length=100,
            pattern="^[0-9A-Za-z_-]*$",
        ),
    ] = ""
    client_secret: Annotated[
        Secret,
        setting(
            {"en": "Client secret", "ru": "Client secret"},
            help={
                "en": "From the same page. It signs webhooks and renews tokens.",
                "ru": "С той же страницы. Им подписаны вебхуки и обновляются токены.",
            },
            max_length=200,
        ),
    ] = ""
    previous_secret: Annotated[
        Secret,
        setting(
            {"en": "Previous client secret", "ru": "Прежний client secret"},
            help={
                "en": "Only while you rotate the secret: what it signed is accepted too. Empty it afterwards.",
                "ru": "Только на время смены секрета: подписанное им тоже принимается. Потом очистите.",
            },
            max_length=200,
        ),
    ] = ""
    most_valuable_from: Annotated[
        int,
        setting(
            {"en": "Most valuable from", "ru": "Особо ценный от"},
            help={
                "en": "Amount spent, in the shop's currency, from which a customer is marked. 0 marks nobody.",
                "ru": "Сумма покупок в валюте магазина, с которой клиент отмечается. 0 — не отмечать.",
            },
            ge=0,
            le=1_000_000_000,
        ),
    ] = 1000
    spent_over: Annotated[
        int,
        setting(
            {"en": "Tell when a customer has spent over", "ru": "Сообщить, когда клиент потратил больше"},
            help={
                "en": "In the shop's currency: the event shopify.customer_spent_over. 0: never.",
                "ru": "В валюте магазина: событие shopify.customer_spent_over. 0 — никогда.",
            },
            ge=0,
            le=1_000_000_000,
        ),
    ] = 0
    create_contacts: Annotated[
        bool,
        setting(
            {"en": "Make contacts of unknown customers", "ru": "Создавать контакты для новых клиентов"},
            help={
                "en": "Otherwise a customer is joined to a contact when there is one.",
                "ru": "Иначе клиент связывается с контактом, когда тот появится.",
            },
        ),
    ] = False
    access_token: Annotated[
        Secret,
        setting(
            {"en": "Access token", "ru": "Токен доступа"},
            help={
                "en": "Written by the plugin. Enter one yourself only for a custom app made before 2026.",
                "ru": "Заполняется плагином. Вводите сами только для приложения, созданного до 2026 года.",
            },
            max_length=500,
        ),
    ] = ""
    expires_at: Annotated[
        str,
        setting(
            {"en": "Token expires", "ru": "Токен действует до"},
            help={"en": "Written by the plugin.", "ru": "Заполняется плагином."},
            max_length=40,
            pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|\+00:00))?$",
        ),
    ] = ""
    refresh_token: Annotated[
        Secret,
        setting(
            {"en": "Refresh token", "ru": "Токен обновления"},
            help={"en": "Written by the plugin.", "ru": "Заполняется плагином."},
            max_length=500,
        ),
    ] = ""
    previous_refresh_token: Annotated[
        Secret,
        setting(
            {"en": "Previous refresh token", "ru": "Прежний токен обновления"},
            help={
                "en": "Kept until the new one has worked once.",
                "ru": "Хранится, пока новый не сработал.",
            },
            max_length=500,
        ),
    ] = ""
    stand_in: Annotated[
        str,
        setting(
            {"en": "Demo server", "ru": "Демонстрационный сервер"},
            help={
                "en": "Leave empty. A stand-in for Shopify on this machine, for the demo and for tests.",
                "ru": "Оставьте пустым. Замена Shopify на этой машине для демонстрации и тестов.",
            },
            max_length=60,
            pattern=r"^(http://127\.0\.0\.1:[0-9]{1,5})?$",
        ),
    ] = ""

    @property
    def handle(self) -> str:
        """The shop's name in Shopify's own addresses."""
        return self.shop.strip().lower().removesuffix(SHOP_SUFFIX)

    @property
    def host(self) -> str:
        """The host of the shop."""
        return self.handle + SHOP_SUFFIX

    @property
    def root(self) -> str:
        """The beginning of the API's addresses."""
        return self.stand_in or f"https://{self.host}"

    @property
    def demo(self) -> bool:
        """Tell whether all of it is made up."""
        return bool(self.stand_in)

    @property
    def connected(self) -> bool:
        """Tell whether there is a token, or what gets one."""
        return bool(self.access_token or (self.client_id and self.client_secret))

    def is_fresh(self, now: datetime, margin_s: float) -> bool:
        """Tell whether the token is good for ``margin_s`` more seconds."""
        if not self.access_token:
            return False
        if not self.expires_at:
            return True
        return (datetime.fromisoformat(self.expires_at) - now).total_seconds() > margin_s

    def admin(self, kind: str, id: int | str) -> str:
        """Return the page of an order or a customer (``orders``, ``customers``) in Shopify's admin."""
        return f"https://admin.shopify.com/store/{self.handle}/{kind}/{id}"
