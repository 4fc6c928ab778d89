"""Numbers of customers that are no more: merged into another, or deleted."""

from typing import Any
from uuid import UUID

from crm_shopify.customers import give_orders
from crm_shopify.fields import write_fields
from crm_shopify.tables import ShopifyCustomer, ShopifyFormer, ShopifyOrder, key_of
from crmcore import ChannelAccount, PluginContext


async def current(account: UUID, id: int) -> int:
    """Return the number that customer ``id`` of the shop has today: that of the one it was merged into."""
    row = await ShopifyFormer.select().where(ShopifyFormer.key == key_of(account, id)).first()
    return int(row["customer_id"]) or id if row else id


async def remember(account: UUID, id: int, *, customer: int = 0, contact: UUID | None = None) -> None:
    """Keep that ``id`` is no more: merged into ``customer``, or deleted where that is 0. It was ``contact``'s.

    A merge that is known stays known when the deletion is told after it.
    """
    row = ShopifyFormer(
        key=key_of(account, id), account=account, shopify_id=id, customer_id=customer, contact=contact
    )
    columns: list[Any] = [*([ShopifyFormer.customer_id] if customer else [])]
    columns += [ShopifyFormer.contact] if contact else []
    if columns:
        await ShopifyFormer.insert(row).on_conflict(
            target=ShopifyFormer.key, action="DO UPDATE", values=columns
        )


async def merge(kept: int, gone: int, account: ChannelAccount, plugin: PluginContext) -> None:
    """Let everything of the customer ``gone`` be the customer's ``kept``; the caller holds the account's lock.

    The contact is that of ``kept``, and that of ``gone`` where the other has none. Done twice, or broken off and
    done again, it ends in the same state.
    """
    rows = {id: await _row(account.id, id) for id in (kept, gone)}
    there, lost = rows[kept], rows[gone]
    former = await ShopifyFormer.select().where(ShopifyFormer.key == key_of(account.id, gone)).first()
    contacts = [row["contact"] for row in (there, lost, former) if row and row["contact"]]
    contact: UUID | None = contacts[0] if contacts else None
    await ShopifyFormer.update({ShopifyFormer.customer_id: kept}).where(
        ShopifyFormer.account == account.id, ShopifyFormer.customer_id == gone
    )
    await remember(account.id, gone, customer=kept, contact=contact)
    order = ShopifyOrder
    await order.update({order.customer_id: kept, order.contact: contact}, force=True).where(
        order.account == account.id, order.customer_id == gone
    )
    if there is None and lost is not None:
        values: dict[Any, Any] = {"key": key_of(account.id, kept), "shopify_id": kept}
        await ShopifyCustomer.update(values, force=True).where(ShopifyCustomer.id == lost["id"])
        lost = None
    elif there is not None and contact is not None:
        await ShopifyCustomer.update({ShopifyCustomer.contact: contact}).where(
            ShopifyCustomer.id == there["id"], ShopifyCustomer.contact.is_null()
        )
    if contact is not None:
        await give_orders(account.id, kept, contact)
    # The fields before the row: broken off here, the whole is done again.
    await write_fields(list(dict.fromkeys(contacts)), plugin, but_for=[key_of(account.id, gone)])
    if lost is not None:
        await ShopifyCustomer.delete().where(ShopifyCustomer.id == lost["id"])


async def _row(account: UUID, id: int) -> dict[str, Any] | None:
    row: dict[str, Any] | None = (
        await ShopifyCustomer.select().where(ShopifyCustomer.key == key_of(account, id)).first()
    )
    return row
