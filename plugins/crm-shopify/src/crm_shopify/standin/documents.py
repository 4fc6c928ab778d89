"""Customers and orders of a made-up shop, in the form of the schema's types."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

Document = dict[str, Any]

CURRENCY = "EUR"
GOODS = (
    ("Stoneware mug", "14.90"),
    ("Linen tablecloth", "49.00"),
    ("Oak cutting board", "38.50"),
    ("Espresso cups, set of 4", "32.00"),
    ("Cast-iron pan", "89.00"),
    ("Wool blanket", "129.00"),
    ("Tea towel", "9.50"),
    ("Glass carafe", "27.00"),
)
# Payment, delivery, state of the parcel, and how often.
_FATES = (
    ("PAID", "FULFILLED", "DELIVERED", 10),
    ("PAID", "FULFILLED", "IN_TRANSIT", 3),
    ("PAID", "FULFILLED", "OUT_FOR_DELIVERY", 1),
    ("PAID", "UNFULFILLED", "", 3),
    ("PENDING", "UNFULFILLED", "", 1),
    ("PARTIALLY_REFUNDED", "FULFILLED", "DELIVERED", 1),
    ("REFUNDED", "RESTOCKED", "", 1),
)


def money(amount: Decimal | str, currency: str = CURRENCY) -> Document:
    """Return a ``MoneyV2``."""
    return {"amount": str(amount), "currencyCode": currency}


def bag(amount: Decimal | str, currency: str = CURRENCY) -> Document:
    """Return a ``MoneyBag``."""
    return {"shopMoney": money(amount, currency)}


def make_order(number: int, at: datetime, random: Random, now: datetime) -> Document:
    """Return an order placed at ``at`` that has come as far as one of its age."""
    lines = random.sample(GOODS, random.randint(1, 3))
    bought = [(title, Decimal(price), random.choice((1, 1, 1, 2))) for title, price in lines]
    items = [{"title": title, "quantity": count} for title, _, count in bought]
    total = sum((price * count for _, price, count in bought), Decimal())
    payment, delivery, parcel, _ = random.choices(_FATES, [fate[-1] for fate in _FATES])[0]
    changed = min(at + timedelta(days=2), now)
    refunded = {"REFUNDED": total, "PARTIALLY_REFUNDED": (total / 4).quantize(Decimal("0.01"))}.get(
        payment, Decimal()
    )
    id = 5_100_000_000 + number
    return {
        "id": f"gid://shopify/Order/{id}",
        "legacyResourceId": str(id),
        "name": f"#{1000 + number}",
        "createdAt": at.isoformat(),
        "updatedAt": changed.isoformat(),
        "cancelledAt": changed.isoformat() if payment == "REFUNDED" else None,
        "displayFinancialStatus": payment,
        "displayFulfillmentStatus": delivery,
        "currentTotalPriceSet": bag(total),
        "totalRefundedSet": bag(refunded),
        "lineItems": {"nodes": items},
        "refunds": [make_refund(id * 10, changed, refunded)] if refunded else [],
        "fulfillments": [_parcel(id * 10, changed, parcel)] if parcel else [],
    }


def make_refund(id: int, at: datetime, amount: Decimal) -> Document:
    """Return a refund."""
    return {"legacyResourceId": str(id), "createdAt": at.isoformat(), "totalRefundedSet": bag(amount)}


def _parcel(id: int, at: datetime, state: str) -> Document:
    number = f"DEMO{id % 10**8:08}"
    return {
        "legacyResourceId": str(id),
        "createdAt": at.isoformat(),
        "deliveredAt": at.isoformat() if state == "DELIVERED" else None,
        "displayStatus": state,
        "trackingInfo": [
            {"company": "Demo Post", "number": number, "url": f"https://example.com/track/{number}"}
        ],
    }


def make_customer(number: int, name: str, email: str, phone: str, orders: Sequence[Document]) -> Document:
    """Return a customer with these orders, whose totals they have spent."""
    first, _, last = name.partition(" ")
    spent = sum((_kept(order) for order in orders), Decimal())
    id = 7_200_000_000 + number
    times = sorted(order["createdAt"] for order in orders)
    changes = sorted(order["updatedAt"] for order in orders)
    customer: Document = {
        "id": f"gid://shopify/Customer/{id}",
        "legacyResourceId": str(id),
        "displayName": name,
        "firstName": first,
        "lastName": last,
        "tags": ["newsletter"] if number % 3 else ["newsletter", "wholesale"],
        "updatedAt": changes[-1] if changes else "2026-01-01T09:00:00+00:00",
        "numberOfOrders": str(len(orders)),
        "amountSpent": money(spent),
        "defaultEmailAddress": {
            "emailAddress": email,
            "marketingState": "SUBSCRIBED" if number % 3 else "NOT_SUBSCRIBED",
        }
        if email
        else None,
        "defaultPhoneNumber": {"phoneNumber": phone} if phone else None,
        "lastOrder": {"createdAt": times[-1]} if times else None,
        "all_orders": list(orders),
    }
    for order in orders:
        order["customer"] = customer
    return customer


def _kept(order: Mapping[str, Any]) -> Decimal:
    total = Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])
    return total - Decimal(order["totalRefundedSet"]["shopMoney"]["amount"])


def seeded(people: Sequence[tuple[str, str]], now: datetime, days: int = 400) -> list[Document]:
    """Return a customer for each (name, e-mail), with up to eight orders of the last ``days``; always the same."""
    customers = []
    count = 0
    for number, (name, email) in enumerate(people, start=1):
        random = Random(email)  # noqa: S311 - a made-up shop, not a secret
        orders = []
        for _ in range(random.choice((0, 1, 1, 2, 2, 3, 5, 8))):
            count += 1
            at = now - timedelta(days=days) * random.random() ** 2 - timedelta(hours=3)
            orders.append(make_order(count, at.replace(microsecond=0), random, now.replace(microsecond=0)))
        customers.append(make_customer(number, name, email, "", orders))
    return customers
