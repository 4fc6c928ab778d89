"""How to reach the shop."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from crmcore import Secret

SHOP_SUFFIX = ".myshopify.com"


def _shown(en: str, ru: str, *, help_en: str = "", help_ru: str = "") -> dict[str, Any]:
    """Return what a form says about a setting."""
    about = {"label": {"en": en, "ru": ru}, "help": {"en": help_en, "ru": help_ru}}
    return {"title": en, "description": help_en, "x-crm": about}


class ShopifySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shop. Only hosts under ``myshopify.com`` can be named, so the token goes nowhere else."""

    shop: Annotated[
        str,
        Meta(
            max_length=80,
            pattern=r"^([a-zA-Z0-9][a-zA-Z0-9-]*(\.myshopify\.com)?)?$",
            extra_json_schema=_shown(
                "Shop domain",
                "Домен магазина",
                help_en="As Shopify names it: my-shop.myshopify.com",
                help_ru="Как его называет Shopify: my-shop.myshopify.com",
            ),
        ),
    ] = ""
    access_token: Annotated[
        Secret,
        Meta(
            max_length=300,
            extra_json_schema=_shown(
                "Admin API access token",
                "Токен доступа Admin API",
                help_en="Needs the scopes read_customers and read_orders.",
                help_ru="Нужны права read_customers и read_orders.",
            ),
        ),
    ] = ""
    most_valuable_from: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000_000,
            extra_json_schema=_shown(
                "Most valuable from",
                "Особо ценный от",
                help_en="Amount spent, in the shop's currency, from which a customer is marked. 0 marks nobody.",
                help_ru="Сумма покупок в валюте магазина, с которой клиент отмечается. 0 — не отмечать.",
            ),
        ),
    ] = 1000
    orders_shown: Annotated[
        int, Meta(ge=1, le=20, extra_json_schema=_shown("Orders shown", "Показывать заказов"))
    ] = 5

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
