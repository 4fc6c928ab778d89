"""The three privacy topics that every app has to answer.

Source: https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance. A shop's owner has 30 days to give a
customer their data, and an app 30 days to erase what it has from the shop.
"""

from datetime import timedelta
from uuid import UUID

from crm_shopify.forgetting import forget_customer, forget_shop_soon
from crm_shopify.shop import ShopConfig
from crm_shopify.tables import ShopifyCustomer, key_of
from crm_shopify.webhooks.payloads import PrivacyPayload
from crmcore import ChannelAccount, PluginContext, RawDelivery

ANSWER_WITHIN_DAYS = 30


async def asked_for_data(
    payload: PrivacyPayload, delivery: RawDelivery, account: ChannelAccount, plugin: PluginContext
) -> None:
    """Make one task: a customer asks for their data, and what is kept here is exported on the contact's page."""
    done = f"data_request:{delivery.delivery_key}"
    if payload.customer is None or await plugin.store.get(done):
        return
    config: ShopConfig = account.config
    contact = await _contact_of(payload.customer.id, account)
    title = f"Shopify {config.handle}: customer {payload.customer.id} asks for their data (GDPR)"
    document = {
        "title": title,
        "due_at": (delivery.received_at + timedelta(days=ANSWER_WITHIN_DAYS)).isoformat(),
        **({"contact_id": str(contact)} if contact else {}),
    }
    await plugin.records.create("task", document, reason="Shopify: customers/data_request")
    await plugin.store.set(done, value=True)


async def redact_customer(payload: PrivacyPayload, account: ChannelAccount, plugin: PluginContext) -> None:
    """Erase what is kept from the shop of this customer; contact and conversations are the company's own."""
    if payload.customer is not None:
        await forget_customer(payload.customer.id, account, plugin, orders=payload.orders_to_redact)


async def redact_shop(account: ChannelAccount, plugin: PluginContext) -> None:
    """Erase everything that is kept from the shop, in a job."""
    await forget_shop_soon(account.id, plugin)


async def _contact_of(customer: int, account: ChannelAccount) -> UUID | None:
    row = (
        await ShopifyCustomer.select(ShopifyCustomer.contact)
        .where(ShopifyCustomer.key == key_of(account.id, customer))
        .first()
    )
    return row["contact"] if row else None
