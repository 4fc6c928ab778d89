"""One customer of one shop with the latest orders, from Shopify now or as last told."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct

from crm_shopify.answers import CustomerAnswer
from crm_shopify.client import ask
from crm_shopify.facts import CustomerFacts, OrderFacts, customer_facts, order_facts
from crm_shopify.orders import parcels_of, refunds_of
from crm_shopify.queries import CUSTOMER_WITH_ORDERS
from crm_shopify.refreshing import enqueue_refresh, gid
from crm_shopify.shop import ShopConfig
from crm_shopify.tables import ShopifyCustomer, ShopifyOrder
from crm_shopify.trouble import ShopifyTrouble
from crmcore import ChannelAccount, PluginContext

MOST_ADDRESSES = 3  # a question each, until Shopify knows one of them


class Purchases(Struct, frozen=True, kw_only=True):
    """What a customer bought. ``trouble`` is why Shopify was not asked: then all of it is as last told."""

    account: ChannelAccount
    customer: CustomerFacts
    orders: tuple[OrderFacts, ...]
    trouble: ShopifyTrouble | None = None

    @property
    def valuable(self) -> bool:
        """Tell whether the customer is one of the most valuable."""
        config: ShopConfig = self.account.config
        limit, spent = config.most_valuable_from, self.customer.spent
        return bool(limit) and spent is not None and spent >= limit


async def purchases_of(
    contact: Mapping[str, Any], account: ChannelAccount, orders: int, plugin: PluginContext
) -> Purchases | None:
    """Return what this contact bought in the shop; None for who is no customer.

    Shopify is asked by the customer's number where it is known, else by e-mail addresses, else by phone. When
    Shopify cannot be asked and the customer is known here, what is kept stands in; when not, raises
    :class:`ShopifyTrouble`.
    """
    row = await _known(contact, account)
    try:
        for identifier in _identifiers(contact, row):
            variables = {"identifier": identifier, "orders": orders}
            answer = await ask(account, plugin, CUSTOMER_WITH_ORDERS, variables, CustomerAnswer)
            customer = answer.customer_by_identifier
            if customer is None:
                continue
            if row is None or customer.updated_at > row["changed_at"]:
                await enqueue_refresh(account.id, customer.legacy_resource_id, plugin)
            return Purchases(
                account=account,
                customer=customer_facts(customer),
                orders=tuple(
                    order_facts(one, customer.legacy_resource_id) for one in customer.orders.nodes[:orders]
                ),
            )
    except ShopifyTrouble as error:
        if row is None:
            raise
        return await _kept(row, account, orders, error)
    return None


def _identifiers(contact: Mapping[str, Any], row: Mapping[str, Any] | None) -> list[dict[str, str]]:
    found = [{"id": gid("Customer", row["shopify_id"])}] if row else []
    found += [{"emailAddress": str(one)} for one in (contact.get("emails") or ())[:MOST_ADDRESSES]]
    found += [{"phoneNumber": str(one)} for one in (contact.get("phones") or ())[:1]]
    return found


async def _known(contact: Mapping[str, Any], account: ChannelAccount) -> dict[str, Any] | None:
    id = contact.get("id")
    if id is None:
        return None
    return (
        await ShopifyCustomer.select()
        .where(ShopifyCustomer.contact == UUID(str(id)), ShopifyCustomer.account == account.id)
        .order_by(ShopifyCustomer.spent_cents, ascending=False)
        .first()
    )


async def _kept(
    row: Mapping[str, Any], account: ChannelAccount, count: int, trouble: ShopifyTrouble
) -> Purchases:
    rows = (
        await ShopifyOrder.select()
        .where(
            ShopifyOrder.account == account.id,
            ShopifyOrder.customer_id == row["shopify_id"],
            ShopifyOrder.ordered_at.is_not_null(),
        )
        .order_by(ShopifyOrder.ordered_at, ascending=False)
        .limit(count)
    )
    customer = CustomerFacts(
        id=row["shopify_id"],
        changed_at=row["changed_at"],
        name=row["name"],
        orders_count=row["orders_count"],
        spent=Decimal(row["spent"]),
        currency=row["currency"],
        last_order_at=row["last_order_at"],
    )
    return Purchases(account=account, customer=customer, orders=tuple(_orders(rows)), trouble=trouble)


def _orders(rows: Sequence[Mapping[str, Any]]) -> list[OrderFacts]:
    return [
        OrderFacts(
            id=row["shopify_id"],
            customer_id=row["customer_id"],
            name=row["name"],
            changed_at=row["changed_at"],
            ordered_at=row["ordered_at"],
            cancelled_at=row["cancelled_at"],
            payment=row["payment"],
            delivery=row["delivery"],
            total=Decimal(row["total"]),
            currency=row["currency"],
            items=row["items"],
            refunds=tuple(refunds_of(row)),
            parcels=tuple(parcels_of(row)),
        )
        for row in rows
    ]
