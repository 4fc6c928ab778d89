"""What the plugin shows of itself to be checked: a shop, what it delivers, and what Shopify answers."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crm_shopify.customers import keep_customers
from crm_shopify.facts import CustomerFacts, OrderFacts
from crm_shopify.orders import keep_orders
from crm_shopify.shop import KEY, ShopConfig
from crm_shopify.webhooks.signature import signature_of
from crmcore import ChannelAccount
from crmcore.testing import Delivery, RecordedHttp, Samples

if TYPE_CHECKING:
    from crmcore.workspace import Crm

SHOP = "samples-shop"
SECRET = "a-secret-of-the-samples"  # noqa: S105 - opens nothing
AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
CUSTOMER, ORDER = 7_300_000_001, 5_300_000_001
_ACCOUNT = UUID("01900000-0000-7000-8000-000000000001")


def _delivery(topic: str, id: str, body: dict[str, Any]) -> Delivery:
    return Delivery(
        body=json.dumps(body).encode(),
        headers={
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": f"{SHOP}.myshopify.com",
            "x-shopify-api-version": "2026-07",
            "x-shopify-webhook-id": id,
        },
        sign=lambda url, body: {"x-shopify-hmac-sha256": signature_of(body, SECRET)},
    )


def _order(id: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": id,
        "name": f"#{id % 1000}",
        "created_at": AT.isoformat(),
        "updated_at": AT.isoformat(),
        "financial_status": "paid",
        "fulfillment_status": None,
        "total_price": "40.00",
        "currency": "EUR",
        "line_items": [{"title": "Stoneware mug", "quantity": 2}],
        **changes,
    }


def shopify(http: RecordedHttp) -> None:
    """Answer as a shop in which nobody has bought."""
    page = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    root = f"https://{SHOP}.myshopify.com/admin"
    http.answer(f"{root}/oauth/access_token", json={"access_token": "shpat_samples", "expires_in": 86_399})
    http.answer(
        f"{root}/api/",
        json={
            "data": {
                "shop": {"name": "Samples", "currencyCode": "EUR"},
                "currentAppInstallation": {
                    "accessScopes": [{"handle": "read_customers"}, {"handle": "read_orders"}]
                },
                "customerByIdentifier": None,
                "customer": None,
                "order": None,
                "customers": page,
                "orders": page,
                "customersCount": {"count": 0},
                "ordersCount": {"count": 0},
                "webhookSubscriptions": page,
                "webhookSubscriptionCreate": {"userErrors": []},
            }
        },
    )


async def story(crm: "Crm", contact: UUID) -> None:
    """Let the contact be a customer of the shop with one paid order."""
    plugin = crm.host.context("shopify")
    account = ChannelAccount(
        id=_ACCOUNT, name="Samples", channel=KEY, plugin="shopify", config=ShopConfig(shop=SHOP)
    )
    record = await plugin.records.get("contact", contact)
    document = record.document if record else {}
    customer = CustomerFacts(
        id=CUSTOMER,
        changed_at=AT,
        name="Samples",
        email=next(iter(document.get("emails") or ()), ""),
        phone=next(iter(document.get("phones") or ()), ""),
        orders_count=1,
        spent=Decimal("40.00"),
        currency="EUR",
    )
    order = OrderFacts(
        id=ORDER,
        customer_id=CUSTOMER,
        name="#1001",
        changed_at=AT,
        ordered_at=AT,
        cancelled_at=None,
        payment="PAID",
        delivery="UNFULFILLED",
        total=Decimal("40.00"),
        currency="EUR",
        items="2 × Stoneware mug",
    )
    await keep_customers([customer], account, plugin, tell=False)
    await keep_orders([order], account, plugin, tell=False)


SAMPLES = Samples(
    accounts={KEY: {"shop": SHOP, "client_id": "samples", "client_secret": SECRET}},
    deliveries={
        KEY: (
            _delivery("orders/create", "samples-1", _order(ORDER)),
            _delivery("orders/paid", "samples-2", _order(ORDER + 1)),
        )
    },
    http=shopify,
    story=story,
    payloads={
        "sync": {"account": str(_ACCOUNT)},
        "refresh_customer": {"account": str(_ACCOUNT), "customer": CUSTOMER},
        "refresh_order": {"account": str(_ACCOUNT), "order": 1},
        "match_contact": {"contact": str(_ACCOUNT)},
        "forget_shop": {"account": str(_ACCOUNT)},
    },
    forms={"refund": {"amount": "1.00"}, "coupon": {"percent": 10}},
)
