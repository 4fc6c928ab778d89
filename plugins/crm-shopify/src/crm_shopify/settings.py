"""How to reach the shop."""

from typing import Annotated

from msgspec import Struct

from crmcore import Secret, setting

SHOP_SUFFIX = ".myshopify.com"


class ShopifySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shop. Only hosts under ``myshopify.com`` can be named, so the token goes nowhere else."""

    shop: Annotated[
        str,
        setting(
            {"en": "Shop domain", "ru": "Домен магазина"},
            help={
                "en": "As Shopify names it: my-shop.myshopify.com",
                "ru": "Как его называет Shopify: my-shop.myshopify.com",
            },
            max_length=80,
            pattern=r"^([a-zA-Z0-9][a-zA-Z0-9-]*(\.myshopify\.com)?)?$",
        ),
    ] = ""
    access_token: Annotated[
        Secret,
        setting(
            {"en": "Admin API access token", "ru": "Токен доступа Admin API"},
            help={
                "en": "Needs the scopes read_customers and read_orders.",
                "ru": "Нужны права read_customers и read_orders.",
            },
            max_length=300,
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
    orders_shown: Annotated[int, setting({"en": "Orders shown", "ru": "Показывать заказов"}, ge=1, le=20)] = 5

    @property
    def configured(self) -> bool:
        """Tell whether there is a shop to ask and a token to ask with."""
        return bool(self.shop and self.access_token)

    @property
    def handle(self) -> str:
        """The shop's name in Shopify's own addresses."""
        return self.shop.strip().lower().removesuffix(SHOP_SUFFIX)

    @property
    def host(self) -> str:
        """The host of the shop's API."""
        return self.handle + SHOP_SUFFIX
