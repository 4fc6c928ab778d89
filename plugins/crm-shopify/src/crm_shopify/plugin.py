"""What crmcore finds under the entry point ``shopify``."""

from piccolo.conf.apps import AppConfig

from crm_shopify.actions import coupon, refund
from crm_shopify.check import HEALTH
from crm_shopify.connection import SHOP
from crm_shopify.fields import CUSTOM_FIELDS
from crm_shopify.forgetting import FORGET_JOB
from crm_shopify.matching import SAME_CUSTOMER, unmatched, who_wrote
from crm_shopify.page import CUSTOMERS_PAGE
from crm_shopify.panel import ORDERS_PANEL
from crm_shopify.personal import PURCHASES
from crm_shopify.refreshing import MATCH, MATCH_JOB, REFRESH_JOB, REFRESH_ORDER_JOB
from crm_shopify.settings import ShopifySettings
from crm_shopify.setup import CONNECT_A_SHOP
from crm_shopify.syncing import NIGHTLY_JOB, SYNC_JOB, WATCH_JOB
from crm_shopify.tables import ShopifyCustomer, ShopifyFormer, ShopifyOrder, shopify_app
from crm_shopify.timeline import TIMELINE
from crmcore import (
    Action,
    ChannelAccount,
    Connection,
    ContactMatch,
    CustomField,
    Event,
    HealthCheck,
    InboundMessage,
    Job,
    Matcher,
    Merge,
    Move,
    Page,
    Panel,
    Permission,
    PersonalData,
    PluginContext,
    Settings,
    SetupStep,
    TimelineSource,
    hookimpl,
)


@hookimpl
def register_settings() -> Settings:
    """Return what holds for all shops."""
    return Settings(
        type=ShopifySettings,
        title="Shopify",
        help={
            "en": "Shops are connected under Settings → Connections; here is what holds for all of them.",
            "ru": "Магазины подключаются в разделе «Настройки → Подключения»; здесь — общее для всех.",
        },
    )


@hookimpl
def register_tables() -> AppConfig:
    """Return the tables of customers and orders."""
    return shopify_app()


@hookimpl
def register_custom_fields() -> list[CustomField]:
    """Return what stands on a contact of the purchases."""
    return list(CUSTOM_FIELDS)


@hookimpl
def register_connections() -> list[Connection]:
    """Return the shop."""
    return [SHOP]


@hookimpl
def register_panels() -> list[Panel]:
    """Return the panel "Shopify orders"."""
    return [ORDERS_PANEL]


@hookimpl
def register_actions() -> list[Action]:
    """Return refund and coupon."""
    return [refund.REFUND, coupon.COUPON]


@hookimpl
def register_permissions() -> list[Permission]:
    """Return who may refund and who may give coupons."""
    return [refund.PERMISSION, coupon.PERMISSION]


@hookimpl
def register_timeline() -> list[TimelineSource]:
    """Return what happened to orders."""
    return [TIMELINE]


@hookimpl
def register_pages() -> list[Page]:
    """Return the page of shops and their most valuable customers."""
    return [CUSTOMERS_PAGE]


@hookimpl
def register_matchers() -> list[Matcher]:
    """Return the matcher of customers."""
    return [SAME_CUSTOMER]


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Return the purchases of a person."""
    return [PURCHASES]


@hookimpl
def register_health() -> list[HealthCheck]:
    """Return whether the shops answer."""
    return [HEALTH]


@hookimpl
def register_setup_steps() -> list[SetupStep]:
    """Return the step of connecting a shop."""
    return [CONNECT_A_SHOP]


@hookimpl
def register_jobs() -> list[Job]:
    """Return what fetches, refreshes, joins and erases."""
    return [
        SYNC_JOB,
        NIGHTLY_JOB,
        WATCH_JOB,
        REFRESH_JOB,
        REFRESH_ORDER_JOB,
        MATCH_JOB,
        FORGET_JOB,
    ]


@hookimpl
async def contact_created(event: Event, plugin: PluginContext) -> None:
    """Join the customers that a new contact is."""
    await _match(event, plugin)


@hookimpl
async def contact_updated(event: Event, plugin: PluginContext) -> None:
    """Join the customers of an address that a contact got."""
    if {"emails", "phones"} & set(event.changes):
        await _match(event, plugin)


async def _match(event: Event, plugin: PluginContext) -> None:
    record = await plugin.records.get("contact", event.record_id)
    if record is not None and await unmatched(record.document):
        await plugin.enqueue(MATCH, {"contact": str(event.record_id)}, key=str(event.record_id))


@hookimpl
async def resolve_contact(
    message: InboundMessage, account: ChannelAccount, plugin: PluginContext
) -> ContactMatch | None:
    """Return the contact whom Shopify knows by the address that wrote."""
    return await who_wrote(message, account, plugin)


@hookimpl
async def merge_contacts(merge: Merge) -> list[Move]:
    """Return the merged contact's customers and orders, which go to the kept one."""
    moves = []
    for table in (ShopifyCustomer, ShopifyFormer, ShopifyOrder):
        rows = await table.select(table.id).where(table.contact == merge.merged)
        moves += [Move(table=table, column="contact", row=row["id"]) for row in rows]
    return moves
