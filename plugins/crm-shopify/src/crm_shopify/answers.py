"""Shopify's answers: only what we asked for, bounded, because what comes from outside is never trusted."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Raw, Struct, field

from crmcore import Money

Text = Annotated[str, Meta(max_length=2000)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]  # UnsignedInt64 comes as text


LARGEST = 10**15
MOST_PLACES = 6  # Shopify's Decimal has no bounds of its own


class _Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """Fields that we do not know are ignored: Shopify adds some with every version."""


class Amount(_Answer, frozen=True, kw_only=True):
    """An amount in a currency."""

    amount: Decimal
    currency_code: Annotated[str, Meta(pattern="^[A-Z]{3}$")]

    def __post_init__(self) -> None:
        digits_after = self.amount.as_tuple().exponent
        if not isinstance(digits_after, int) or abs(self.amount) > LARGEST or digits_after < -MOST_PLACES:
            raise ValueError("no amount of money")

    def money(self) -> Money:
        """Return it as a value for a panel."""
        return Money(amount=self.amount, currency=self.currency_code)


class _PriceSet(_Answer, frozen=True, kw_only=True):
    shop_money: Amount


class Order(_Answer, frozen=True, kw_only=True):
    """One order, with its total after returns."""

    legacy_resource_id: Count
    name: Text
    created_at: datetime
    cancelled_at: datetime | None = None
    display_financial_status: Text | None = None
    display_fulfillment_status: Text
    current_total_price_set: _PriceSet

    @property
    def total(self) -> Amount:
        """The total in the shop's currency."""
        return self.current_total_price_set.shop_money


class _Orders(_Answer, frozen=True, kw_only=True):
    nodes: Annotated[list[Order], Meta(max_length=250)]


class Customer(_Answer, frozen=True, kw_only=True):
    """A customer of the shop with their latest orders."""

    legacy_resource_id: Count
    display_name: Text
    number_of_orders: Count
    amount_spent: Amount
    orders: _Orders


class CustomerAnswer(_Answer, frozen=True, kw_only=True):
    """The answer to ``CUSTOMER_WITH_ORDERS``."""

    customer_by_identifier: Customer | None = None


class _Shop(_Answer, frozen=True, kw_only=True):
    name: Text


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
        """What the token may do."""
        return {scope.handle for scope in self.current_app_installation.access_scopes}


class _Extensions(Struct, frozen=True):
    code: str = ""


class GraphqlError(Struct, frozen=True):
    """One of the errors that come with HTTP status 200."""

    message: str = ""
    extensions: _Extensions = field(default_factory=_Extensions)


class Envelope(Struct, frozen=True):
    """What every GraphQL answer has; ``errors`` is a plain text when Shopify refuses before it parses."""

    data: Raw = Raw(b"null")
    errors: list[GraphqlError] | str = field(default_factory=list)

    def codes(self) -> set[str]:
        """Return the codes of the errors."""
        return set() if isinstance(self.errors, str) else {error.extensions.code for error in self.errors}
