"""The demo's shop: orders for the demo's customers, on this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from crm_shopify.shop import KEY
from crm_shopify.standin.documents import seeded
from crm_shopify.standin.schema import trimmed
from crm_shopify.standin.server import StandInServer
from crm_shopify.standin.shop import StandInShop
from crmcore.demo.standins import StandInPlace

SHOP = "crmcore-demo"
MOST_VALUABLE_FROM = 500
OPENED_AT = "demo_opened_at"


async def _opened_at(place: StandInPlace) -> datetime:
    """Return when the shop was there for the first time: every start has the same orders on the same days."""
    now = place.plugin.now()
    text = await place.plugin.store.get(OPENED_AT)
    if text is None:
        await place.plugin.store.set(OPENED_AT, now.isoformat())
    return datetime.fromisoformat(text) if text else now


@asynccontextmanager
async def stand_in(place: StandInPlace) -> AsyncIterator[None]:
    """Serve the shop as long as the demo does, and connect it."""
    people = [(customer.name, customer.email) for customer in place.customers]
    shop = StandInShop(trimmed(), seeded(people, await _opened_at(place)), now=place.plugin.now)
    server = StandInServer(shop)
    async with place.serving(server):
        await place.account(
            KEY,
            "Demo shop",
            {
                "shop": SHOP,
                "client_id": server.client_id,
                "client_secret": server.client_secret,
                "stand_in": f"http://{place.address}",
                "most_valuable_from": MOST_VALUABLE_FROM,
                # A token of the last start means nothing to this one.
                "access_token": None,
                "expires_at": "",
            },
        )
        yield
