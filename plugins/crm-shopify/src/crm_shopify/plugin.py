"""What crmcore finds under the entry point ``shopify``."""

from crm_shopify.connection import check_connection
from crm_shopify.panel import ORDERS_PANEL
from crm_shopify.settings import ShopifySettings
from crmcore import Panel, Settings, hookimpl


@hookimpl
def register_settings() -> Settings:
    """Return how to reach the shop, with its connection test."""
    return Settings(
        type=ShopifySettings,
        title="Shopify",
        help={
            "en": "In the Shopify admin make an app for your own shop with the scopes read_customers and "
            "read_orders, and enter its Admin API access token here.",
            "ru": "В панели Shopify создайте приложение для своего магазина с правами read_customers и "
            "read_orders и введите здесь его токен Admin API.",
        },
        check=check_connection,
    )


@hookimpl
def register_panels() -> list[Panel]:
    """Return the panel "Shopify orders"."""
    return [ORDERS_PANEL]
