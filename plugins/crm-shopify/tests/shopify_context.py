"""The plugin's context, as far as the plugin asks for it."""

from typing import Any

from crm_shopify.settings import ShopifySettings
from stand_in import NOW, TOKEN, Shopify


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    warning = error = info


class Context:
    """What the plugin reaches while it works: settings, the client, a log and a clock."""

    name = "shopify"

    def __init__(self, http: Shopify) -> None:
        self.http = http
        self.log = Lines()
        self.settings = ShopifySettings(shop="My-Shop.myshopify.com", access_token=TOKEN)

    def now(self) -> Any:
        return NOW
