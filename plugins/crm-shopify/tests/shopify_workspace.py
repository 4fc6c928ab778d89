"""A workspace with a shop, as the tests work with it."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from crm_shopify.shop import KEY
from crm_shopify.standin.documents import Document, bag, make_customer, make_order
from crm_shopify.standin.server import StandInServer
from crm_shopify.webhooks.signature import signature_of

from crmcore import ChannelAccount, InboundRequest, PanelContent, PluginContext, Subject, system_actor
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SHOP = "my-shop"
ADMIN = system_actor("tests")


def order_worth(number: int, total: str, **changes: Any) -> Document:
    """Return a paid order, sent two days after."""
    order = make_order(number, NOW - timedelta(days=10 + number), Random(1), NOW)
    order |= {
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "cancelledAt": None,
        "currentTotalPriceSet": bag(Decimal(total)),
        "totalRefundedSet": bag(Decimal()),
        "refunds": [],
        "fulfillments": [],
        **changes,
    }
    return order


def bob(*orders: Document, email: str = "bob@example.com", phone: str = "", number: int = 1) -> Document:
    """Return a customer with these orders."""
    return make_customer(number, "Bob Norman", email, phone, orders)


class Workspace:
    """A workspace, its clock, and Shopify at the other end."""

    def __init__(self, crm: Crm, server: StandInServer, clock: TurnableClock, root: str) -> None:
        self.crm = crm
        self.server = server
        self.clock = clock
        self.root = root

    @property
    def plugin(self) -> PluginContext:
        """The plugin's context."""
        return self.crm.host.context("shopify")

    async def connect(self, slug: str = "shop", **changes: Any) -> UUID:
        """Connect a shop."""
        config = {
            "shop": SHOP,
            "client_id": self.server.client_id,
            "client_secret": self.server.client_secret,
            "stand_in": self.root,
            **changes,
        }
        return await self.crm.channel_accounts.create(KEY, slug.title(), config, actor=ADMIN, slug=slug)

    async def account(self, slug: str = "shop") -> ChannelAccount:
        """Return the shop's account, secrets decrypted."""
        return (await self.crm.channel_accounts.get(slug)).account

    async def change(self, **config: Any) -> None:
        """Change the shop's settings."""
        account = await self.account()
        await self.crm.channel_accounts.update(account.id, {"config": config}, actor=ADMIN)

    async def contact(self, *emails: str, phones: tuple[str, ...] = (), **values: Any) -> UUID:
        """Make a contact."""
        document = {"first_name": "Bob", "emails": list(emails), "phones": list(phones), **values}
        return (await self.crm.records.create("contact", document, actor=ADMIN)).id

    async def document(self, contact: UUID) -> dict[str, Any]:
        """Return a contact."""
        return (await self.crm.records.get("contact", contact, actor=ADMIN)).document

    async def custom(self, contact: UUID) -> dict[str, Any]:
        """Return what the plugin's fields say, without those that have no value."""
        custom = (await self.document(contact))["custom"]
        return {key: value for key, value in custom.items() if value is not None}

    async def work(self, seconds: float = 70.0) -> None:
        """Turn the clock and let the worker do what is due."""
        self.clock.advance(seconds)
        await self.crm.worker.drain()

    async def panel(self, contact: UUID, language: str = "en") -> PanelContent:
        """Load the panel as a page does."""
        document = await self.document(contact)
        subject = Subject(
            record_type="contact", id=contact, document=document, contact=document, language=language
        )
        load = self.crm.registry.panels["shopify.orders"].item.load
        content = await self.crm.host.dispatch.run("shopify", "panel.load", load, subject, self.plugin)
        assert isinstance(content, PanelContent)
        return content

    async def deliver(self, topic: str, body: Any, id: str, **headers: str) -> int:
        """Let Shopify deliver; return the status of our answer. Nothing is worked on yet."""
        raw = json.dumps(body).encode()
        secret = headers.pop("secret", self.server.client_secret)
        sent = {
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": f"{SHOP}.myshopify.com",
            "x-shopify-api-version": "2026-07",
            "x-shopify-webhook-id": id,
            "x-shopify-hmac-sha256": signature_of(raw, secret),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        request = InboundRequest(
            method="POST",
            url="https://crm.example/hooks/shop",
            headers={name: value for name, value in sent.items() if value},
            body=raw,
            received_at=self.clock(),
        )
        return (await self.crm.conversations.receive("shop", request)).status
