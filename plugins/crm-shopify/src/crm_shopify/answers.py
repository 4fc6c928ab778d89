"""Shopify's answers: only what we asked for, bounded, because what comes from outside is never trusted."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Raw, Struct, field

from crm_shopify.throttle import Cost
from crmcore import Money

Text = Annotated[str, Meta(max_length=2000)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]  # UnsignedInt64 comes as text
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]

LARGEST = 10**15
MOST_PLACES = 6  # Shopify's Decimal has no bounds of its own


class _Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """Fields that we do not know are ignored: Shopify adds some with every version."""


def bounded(amount: Decimal) -> Decimal:
    """Return ``amount`` unless no amount of money looks so; raises ValueError."""
    digits_after = amount.as_tuple().exponent
    if not isinstance(digits_after, int) or abs(amount) > LARGEST or digits_after < -MOST_PLACES:
        raise ValueError("no amount of money")
    return amount


class Amount(_Answer, frozen=True, kw_only=True):
    """An amount in a currency."""

    amount: Decimal
    currency_code: Currency

    def __post_init__(self) -> None:
        bounded(self.amount)

    def money(self) -> Money:
        """Return it as a value for a panel."""
        return Money(amount=self.amount, currency=self.currency_code)


class PriceSet(_Answer, frozen=True, kw_only=True):
    """A price, in the shop's currency."""

    shop_money: Amount


class LineItem(_Answer, frozen=True, kw_only=True):
    """What was ordered."""

    title: Text
    quantity: Annotated[int, Meta(ge=-(10**9), le=10**9)]


class _LineItems(_Answer, frozen=True, kw_only=True):
    nodes: Annotated[list[LineItem], Meta(max_length=250)]


class Refund(_Answer, frozen=True, kw_only=True):
    """Money that went back."""

    legacy_resource_id: Count
    created_at: datetime | None = None
    total_refunded_set: PriceSet


class Tracking(_Answer, frozen=True, kw_only=True):
    """Where a parcel is to be followed."""

    company: Text | None = None
    number: Text | None = None
    url: Text | None = None


class Fulfillment(_Answer, frozen=True, kw_only=True):
    """A parcel."""

    legacy_resource_id: Count
    created_at: datetime
    delivered_at: datetime | None = None
    display_status: Text | None = None
    tracking_info: Annotated[list[Tracking], Meta(max_length=250)]


class _CustomerId(_Answer, frozen=True, kw_only=True):
    legacy_resource_id: Count


class Order(_Answer, frozen=True, kw_only=True):
    """One order, with its total after returns. ``customer`` comes only where it was not asked for first."""

    legacy_resource_id: Count
    name: Text
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    display_financial_status: Text | None = None
    display_fulfillment_status: Text
    current_total_price_set: PriceSet
    total_refunded_set: PriceSet
    line_items: _LineItems
    refunds: Annotated[list[Refund], Meta(max_length=250)]
    fulfillments: Annotated[list[Fulfillment], Meta(max_length=250)]
    customer: _CustomerId | None = None

    @property
    def total(self) -> Amount:
        """The total in the shop's currency."""
        return self.current_total_price_set.shop_money


class _Orders(_Answer, frozen=True, kw_only=True):
    nodes: Annotated[list[Order], Meta(max_length=250)]


class _Email(_Answer, frozen=True, kw_only=True):
    email_address: Annotated[str, Meta(max_length=320)]
    marketing_state: Text = ""


class _Phone(_Answer, frozen=True, kw_only=True):
    phone_number: Annotated[str, Meta(max_length=40)]


class _LastOrder(_Answer, frozen=True, kw_only=True):
    created_at: datetime


class Customer(_Answer, frozen=True, kw_only=True):
    """A customer of the shop. ``orders`` are the latest, where they were asked for."""

    legacy_resource_id: Count
    display_name: Text
    first_name: Text | None = None
    last_name: Text | None = None
    tags: Annotated[list[Text], Meta(max_length=1000)] = field(default_factory=list)
    updated_at: datetime
    number_of_orders: Count
    amount_spent: Amount
    default_email_address: _Email | None = None
    default_phone_number: _Phone | None = None
    last_order: _LastOrder | None = None
    orders: _Orders = _Orders(nodes=[])

    @property
    def email(self) -> str:
        """The address that Shopify writes to; empty without one."""
        return self.default_email_address.email_address if self.default_email_address else ""

    @property
    def phone(self) -> str:
        """The phone number in E.164; empty without one."""
        return self.default_phone_number.phone_number if self.default_phone_number else ""


class CustomerAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``CUSTOMER_WITH_ORDERS``."""

    customer_by_identifier: Customer | None = None


class PageInfo(_Answer, frozen=True, kw_only=True):
    """Whether there is more, and after what."""

    has_next_page: bool
    end_cursor: Annotated[str, Meta(max_length=2000)] | None = None


class CustomersPage(_Answer, frozen=True, kw_only=True):
    """One page of customers."""

    nodes: Annotated[list[Customer], Meta(max_length=250)]
    page_info: PageInfo


class CustomersAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``CUSTOMERS``."""

    customers: CustomersPage


class OrdersPage(_Answer, frozen=True, kw_only=True):
    """One page of orders."""

    nodes: Annotated[list[Order], Meta(max_length=250)]
    page_info: PageInfo


class OrdersAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``ORDERS``."""

    orders: OrdersPage


class OrderAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``ORDER``."""

    order: Order | None = None


class _Counted(_Answer, frozen=True, kw_only=True):
    count: Annotated[int, Meta(ge=0, le=2**53)]


class CountsAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``COUNTS``."""

    customers_count: _Counted | None = None
    orders_count: _Counted | None = None

    @property
    def total(self) -> int:
        """Customers and orders together."""
        return sum(one.count for one in (self.customers_count, self.orders_count) if one)


class _Shop(_Answer, frozen=True, kw_only=True):
    name: Text
    currency_code: Currency


class _Scope(_Answer, frozen=True, kw_only=True):
    handle: Text


class _Installation(_Answer, frozen=True, kw_only=True):
    access_scopes: list[_Scope]


class ShopAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``SHOP_AND_SCOPES``."""

    shop: _Shop
    current_app_installation: _Installation

    @property
    def scopes(self) -> set[str]:
        """What the token may do; who may write may read."""
        granted = {scope.handle for scope in self.current_app_installation.access_scopes}
        return granted | {
            f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")
        }


class _Subscription(_Answer, frozen=True, kw_only=True):
    topic: Text
    uri: Text


class _Subscriptions(_Answer, frozen=True, kw_only=True):
    nodes: Annotated[list[_Subscription], Meta(max_length=250)]
    page_info: PageInfo


class SubscriptionsAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``SUBSCRIPTIONS``."""

    webhook_subscriptions: _Subscriptions


class UserError(_Answer, frozen=True, kw_only=True):
    """What Shopify does not accept in what it was given."""

    field: list[Text] | None = None
    message: Text
    code: Text | None = None


class _Payload(_Answer, frozen=True, kw_only=True):
    user_errors: Annotated[list[UserError], Meta(max_length=100)] = field(default_factory=list)


class SubscribeAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``SUBSCRIBE``."""

    webhook_subscription_create: _Payload


class _Node(_Answer, frozen=True, kw_only=True):
    id: Text


class _Coupon(_Payload, frozen=True, kw_only=True):
    code_discount_node: _Node | None = None


class CouponAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``CREATE_COUPON``."""

    discount_code_basic_create: _Coupon


class RefundPayload(_Payload, frozen=True, kw_only=True):
    """The refund that was made."""

    refund: Refund | None = None


class RefundAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``CREATE_REFUND``."""

    refund_create: RefundPayload


class SuggestedTransaction(_Answer, frozen=True, kw_only=True):
    """A payment that money can go back to, and how much of it."""

    gateway: Text | None = None
    parent_transaction: _Node | None = None
    maximum_refundable_set: PriceSet | None = None


class _SuggestedRefund(_Answer, frozen=True, kw_only=True):
    maximum_refundable_set: PriceSet
    suggested_transactions: Annotated[list[SuggestedTransaction], Meta(max_length=250)]


class Buyer(_Answer, frozen=True, kw_only=True):
    """Who bought: the number, and the addresses by which a contact is compared."""

    legacy_resource_id: Count
    default_email_address: _Email | None = None
    default_phone_number: _Phone | None = None


class BuyerAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``BUYER``."""

    customer: Buyer | None = None


class RefundableOrder(_Answer, frozen=True, kw_only=True):
    """How much of an order can be given back, and to which payments."""

    name: Text
    customer: Buyer | None = None
    total_refunded_set: PriceSet
    suggested_refund: _SuggestedRefund | None = None


class RefundableAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``REFUNDABLE``."""

    order: RefundableOrder | None = None


class _ErrorExtensions(Struct, frozen=True):
    code: str = ""


class GraphqlError(Struct, frozen=True):
    """One of the errors that come with HTTP status 200."""

    message: str = ""
    extensions: _ErrorExtensions = field(default_factory=_ErrorExtensions)


class _Extensions(Struct, frozen=True):
    cost: Cost = field(default_factory=Cost)


class Envelope(Struct, frozen=True):
    """What every GraphQL answer has; ``errors`` is a plain text when Shopify refuses before it parses."""

    data: Raw = Raw(b"null")
    errors: list[GraphqlError] | str = field(default_factory=list)
    extensions: _Extensions = field(default_factory=_Extensions)

    def codes(self) -> set[str]:
        """Return the codes of the errors."""
        return set() if isinstance(self.errors, str) else {error.extensions.code for error in self.errors}
