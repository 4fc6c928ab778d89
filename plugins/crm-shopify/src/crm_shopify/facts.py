"""What is known of a customer or an order, whether Shopify was asked or told us by itself."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from crm_shopify.answers import Customer, Fulfillment, Order, Refund


class RefundFact(Struct, frozen=True, kw_only=True):
    """Money that went back; ``amount`` is a decimal number in the order's currency."""

    id: int
    at: datetime | None = None
    amount: str = "0"


class ParcelFact(Struct, frozen=True, kw_only=True):
    """A parcel: its state in capitals and where to follow it."""

    id: int
    at: datetime
    delivered_at: datetime | None = None
    state: str = ""
    company: str = ""
    number: str = ""
    url: str = ""


class CustomerFacts(Struct, frozen=True, kw_only=True):
    """A customer as of ``changed_at``, Shopify's own moment. None means: this source does not say.

    ``marketing`` is the consent to e-mail marketing, as Shopify names it in capitals.
    """

    id: int
    changed_at: datetime
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    tags: tuple[str, ...] = ()
    orders_count: int | None = None
    spent: Decimal | None = None
    currency: str = ""
    last_order_at: datetime | None = None
    marketing: str | None = None


class OrderFacts(Struct, frozen=True, kw_only=True):
    """An order as of ``changed_at``, Shopify's own moment."""

    id: int
    customer_id: int
    name: str
    changed_at: datetime
    ordered_at: datetime
    cancelled_at: datetime | None
    payment: str
    delivery: str
    total: Decimal
    currency: str
    items: str
    refunds: tuple[RefundFact, ...] = ()
    parcels: tuple[ParcelFact, ...] = ()


def customer_facts(answer: Customer) -> CustomerFacts:
    """Return what an answer says of a customer."""
    return CustomerFacts(
        id=answer.legacy_resource_id,
        changed_at=answer.updated_at,
        name=answer.display_name,
        first_name=answer.first_name or "",
        last_name=answer.last_name or "",
        email=answer.email,
        phone=answer.phone,
        tags=tuple(answer.tags),
        orders_count=answer.number_of_orders,
        spent=answer.amount_spent.amount,
        currency=answer.amount_spent.currency_code,
        last_order_at=answer.last_order.created_at if answer.last_order else None,
        marketing=answer.default_email_address.marketing_state if answer.default_email_address else "",
    )


def order_facts(answer: Order, customer_id: int = 0) -> OrderFacts:
    """Return what an answer says of an order."""
    return OrderFacts(
        id=answer.legacy_resource_id,
        customer_id=answer.customer.legacy_resource_id if answer.customer else customer_id,
        name=answer.name,
        changed_at=answer.updated_at,
        ordered_at=answer.created_at,
        cancelled_at=answer.cancelled_at,
        payment=answer.display_financial_status or "",
        delivery=answer.display_fulfillment_status,
        total=answer.total.amount,
        currency=answer.total.currency_code,
        items=items_text([(item.title, item.quantity) for item in answer.line_items.nodes]),
        refunds=tuple(_refund(one) for one in answer.refunds),
        parcels=tuple(_parcel(one) for one in answer.fulfillments),
    )


def items_text(items: Sequence[tuple[str, int]]) -> str:
    """Return what was ordered in one line: ``2 × Mug, Plate``."""
    named = [title if quantity == 1 else f"{quantity} × {title}" for title, quantity in items]
    return ", ".join(name[:90] for name in named)[:300]


def _refund(answer: Refund) -> RefundFact:
    return RefundFact(
        id=answer.legacy_resource_id,
        at=answer.created_at,
        amount=str(answer.total_refunded_set.shop_money.amount),
    )


def _parcel(answer: Fulfillment) -> ParcelFact:
    tracking = answer.tracking_info[0] if answer.tracking_info else None
    return ParcelFact(
        id=answer.legacy_resource_id,
        at=answer.created_at,
        delivered_at=answer.delivered_at,
        state=(answer.display_status or "")[:40],
        company=(tracking.company or "")[:100] if tracking else "",
        number=(tracking.number or "")[:100] if tracking else "",
        url=(tracking.url or "")[:500] if tracking else "",
    )
