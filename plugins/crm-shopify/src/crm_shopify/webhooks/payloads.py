"""The bodies of deliveries: bare resources of the REST API, only what is used, bounded.

Numbers and texts come as they like: a total is a text, an id a number, a missing value null or left out.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct, field

from crm_shopify.answers import Count, Currency, Text, bounded
from crm_shopify.facts import CustomerFacts, OrderFacts, ParcelFact, RefundFact, items_text

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

_CUSTOMER_GID = r"^(gid://shopify/Customer/[0-9]{1,18})?$"
# What REST calls these states, GraphQL and everybody else call otherwise.
_DELIVERY = {
    "": "UNFULFILLED",
    "FULFILLED": "FULFILLED",
    "PARTIAL": "PARTIALLY_FULFILLED",
    "RESTOCKED": "RESTOCKED",
}
_PARCEL = {"SUCCESS": "FULFILLED", "CANCELLED": "CANCELED", "ERROR": "FAILURE", "FAILURE": "FAILURE"}


class Person(Struct, frozen=True, kw_only=True):
    """A customer, in a delivery of their own or inside an order."""

    id: Count
    email: Annotated[str, Meta(max_length=320)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    tags: Annotated[str, Meta(max_length=20_000)] | None = None
    updated_at: datetime | None = None
    orders_count: Count | None = None
    total_spent: Decimal | None = None
    currency: Currency | None = None

    def __post_init__(self) -> None:
        bounded(self.total_spent or Decimal())

    def facts(self) -> CustomerFacts:
        """Return what this says of the customer."""
        name = " ".join(filter(None, (self.first_name, self.last_name)))
        return CustomerFacts(
            id=self.id,
            changed_at=self.updated_at or _EPOCH,
            name=name or self.email or "",
            first_name=self.first_name or "",
            last_name=self.last_name or "",
            email=self.email or "",
            phone=self.phone or "",
            tags=tuple(tag.strip() for tag in (self.tags or "").split(",") if tag.strip()),
            orders_count=self.orders_count,
            spent=self.total_spent,
            currency=self.currency or "",
        )


class _Line(Struct, frozen=True, kw_only=True):
    title: Text | None = None
    quantity: Annotated[int, Meta(ge=-(10**9), le=10**9)] | None = None


class _Parcel(Struct, frozen=True, kw_only=True):
    id: Count
    created_at: datetime
    status: Text | None = None
    shipment_status: Text | None = None
    updated_at: datetime | None = None
    tracking_company: Text | None = None
    tracking_number: Text | None = None
    tracking_url: Text | None = None

    def facts(self) -> ParcelFact:
        state = (self.shipment_status or self.status or "").upper()
        return ParcelFact(
            id=self.id,
            at=self.created_at,
            delivered_at=self.updated_at if state == "DELIVERED" else None,
            state=_PARCEL.get(state, state)[:40],
            company=(self.tracking_company or "")[:100],
            number=(self.tracking_number or "")[:100],
            url=(self.tracking_url or "")[:500],
        )


class _Transaction(Struct, frozen=True, kw_only=True):
    kind: Text | None = None
    status: Text | None = None
    amount: Decimal | None = None

    def __post_init__(self) -> None:
        bounded(self.amount or Decimal())


class RefundPayload(Struct, frozen=True, kw_only=True):
    """A refund; its amount is that of its transactions that did not fail."""

    id: Count
    order_id: Count | None = None
    created_at: datetime | None = None
    transactions: Annotated[list[_Transaction], Meta(max_length=250)] = field(default_factory=list)

    def facts(self) -> RefundFact:
        """Return what this says of the refund."""
        amounts = [
            one.amount
            for one in self.transactions
            if one.amount is not None
            and one.kind in (None, "refund")
            and one.status in (None, "success", "pending")
        ]
        return RefundFact(id=self.id, at=self.created_at, amount=str(sum(amounts, Decimal())))


class OrderPayload(Struct, frozen=True, kw_only=True):
    """An order."""

    id: Count
    name: Text = ""
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    financial_status: Text | None = None
    fulfillment_status: Text | None = None
    total_price: Decimal = Decimal()
    current_total_price: Decimal | None = None
    currency: Currency
    customer: Person | None = None
    line_items: Annotated[list[_Line], Meta(max_length=1000)] = field(default_factory=list)
    refunds: Annotated[list[RefundPayload], Meta(max_length=1000)] | None = None
    fulfillments: Annotated[list[_Parcel], Meta(max_length=1000)] | None = None

    def __post_init__(self) -> None:
        bounded(self.total_price)
        bounded(self.current_total_price or Decimal())

    def facts(self) -> OrderFacts:
        """Return what this says of the order."""
        total = self.total_price if self.current_total_price is None else self.current_total_price
        delivery = (self.fulfillment_status or "").upper()
        return OrderFacts(
            id=self.id,
            customer_id=self.customer.id if self.customer else 0,
            name=self.name,
            changed_at=self.updated_at,
            ordered_at=self.created_at,
            cancelled_at=self.cancelled_at,
            payment=(self.financial_status or "").upper(),
            delivery=_DELIVERY.get(delivery, delivery),
            total=total,
            currency=self.currency,
            items=items_text([(line.title or "", line.quantity or 1) for line in self.line_items[:3]]),
            refunds=tuple(one.facts() for one in self.refunds or ()),
            parcels=tuple(one.facts() for one in self.fulfillments or ()),
        )


class Deleted(Struct, frozen=True, kw_only=True):
    """A customer or an order that is no more."""

    id: Count


class OfCustomer(Struct, frozen=True, kw_only=True):
    """Something about a customer that the delivery tells in part: the whole is asked for.

    Tags and purchases name the customer by a global id, consent by a number.
    """

    customer_gid: Annotated[str, Meta(pattern=_CUSTOMER_GID)] = field(default="", name="customerId")
    customer_id: Count = 0

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("no customer")

    @property
    def id(self) -> int:
        """The customer's number."""
        return self.customer_id or int(self.customer_gid.rpartition("/")[2] or 0)


class _Edit(Struct, frozen=True, kw_only=True):
    order_id: Count


class EditedPayload(Struct, frozen=True, kw_only=True):
    """An order whose lines were changed. What changed is told, what it costs now is not: it is asked for."""

    order_edit: _Edit


class MergePayload(Struct, frozen=True, kw_only=True):
    """Two customers that were to become one. ``status`` is a ``CustomerMergeRequestStatus`` in any letters."""

    kept: Annotated[str, Meta(min_length=1, pattern=_CUSTOMER_GID)] = field(
        name="admin_graphql_api_customer_kept_id"
    )
    deleted: Annotated[str, Meta(min_length=1, pattern=_CUSTOMER_GID)] = field(
        name="admin_graphql_api_customer_deleted_id"
    )
    status: Text

    @property
    def ids(self) -> tuple[int, int] | None:
        """The number that stays and the one that is no more; None while the merge is not completed."""
        if self.status.upper() != "COMPLETED":
            return None
        kept, gone = (int(one.rpartition("/")[2]) for one in (self.kept, self.deleted))
        return (kept, gone) if kept != gone else None


class PrivacyPayload(Struct, frozen=True, kw_only=True):
    """A privacy request; ``customer`` is absent where the whole shop is meant."""

    shop_domain: Text = ""
    customer: Person | None = None
    orders_requested: Annotated[list[Count], Meta(max_length=10_000)] = field(default_factory=list)
    orders_to_redact: Annotated[list[Count], Meta(max_length=10_000)] = field(default_factory=list)
