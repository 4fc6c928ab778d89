"""What an administrator does once: connect a shop."""

from crm_shopify.shop import KEY
from crmcore import PluginContext, SetupStep


async def is_connected(plugin: PluginContext) -> bool:
    """Tell whether there is a shop with what it needs."""
    return any(one.config.connected for one in await plugin.connections.list(KEY))


CONNECT_A_SHOP = SetupStep(
    key="shop",
    title={"en": "Connect a Shopify shop", "ru": "Подключить магазин Shopify"},
    text={
        "en": "Its orders stand beside every conversation then.",
        "ru": "Его заказы будут видны рядом с каждым обращением.",
    },
    open="/settings/connections",
    done=is_connected,
    order=600,
)
