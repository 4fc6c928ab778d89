"""What is kept of the shops' customers and orders: for matching, filters, the timeline and events."""

import uuid
from pathlib import Path
from uuid import uuid4

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore.tables import WORKSPACE_ENGINE, Contact


class ShopifyCustomer(Table, db=WORKSPACE_ENGINE, tablename="shopify_customer"):
    """A customer of a shop. ``key`` names both, so that whatever is told twice is there once.

    ``email`` is in lower case, ``phone`` in E.164, both as Shopify has them. ``spent`` is a decimal number in
    ``currency``, ``spent_cents`` the same rounded for sorting. ``changed_at`` is Shopify's own moment of the last
    change that is known here: what is older never takes the place of what is newer. ``told_over`` says that the
    event of having spent over the limit was told. ``marketing`` is the consent to e-mail marketing in capitals.
    """

    id = UUID(primary_key=True, default=uuid4)
    key = Varchar(length=64, unique=True)
    account = UUID(default=None, index=True)
    shopify_id = BigInt()
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    name = Varchar(length=300, default="")
    email = Varchar(length=320, default="", index=True)
    phone = Varchar(length=40, default="", index=True)
    orders_count = BigInt(default=0)
    spent = Varchar(length=40, default="0")
    spent_cents = BigInt(default=0, index=True)
    currency = Varchar(length=3, default="")
    tags = Text(default="[]")
    valuable = Boolean(default=False)
    told_over = Boolean(default=False)
    last_order_at = Timestamptz(null=True, default=None)
    changed_at = Timestamptz(default=None)
    marketing = Varchar(length=40, default="")


class ShopifyFormer(Table, db=WORKSPACE_ENGINE, tablename="shopify_former"):
    """A customer's number that is no more. ``key`` names it and its shop, as a customer's does.

    ``customer_id`` is the number of the customer it was merged into, 0 when it was deleted; ``contact`` is whose it
    was: should a merge be told after the deletion that it brought about, the other number goes to the same contact.
    """

    id = UUID(primary_key=True, default=uuid4)
    key = Varchar(length=64, unique=True)
    account = UUID(default=None, index=True)
    shopify_id = BigInt(index=True)
    customer_id = BigInt(default=0, index=True)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null, index=True)


class ShopifyOrder(Table, db=WORKSPACE_ENGINE, tablename="shopify_order"):
    """An order. ``payment`` and ``delivery`` are Shopify's states in capitals.

    ``refunds`` and ``parcels`` are JSON, see :mod:`crm_shopify.orders`. ``customer_id`` is Shopify's number of the
    customer, 0 without one. ``told`` lists the events that were told of it, with commas.
    """

    id = UUID(primary_key=True, default=uuid4)
    key = Varchar(length=64, unique=True)
    account = UUID(default=None, index=True)
    shopify_id = BigInt()
    customer_id = BigInt(default=0, index=True)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    name = Varchar(length=60, default="")
    items = Varchar(length=300, default="")
    payment = Varchar(length=40, default="")
    delivery = Varchar(length=40, default="")
    total = Varchar(length=40, default="0")
    currency = Varchar(length=3, default="")
    refunds = Text(default="[]")
    parcels = Text(default="[]")
    told = Varchar(length=100, default="")
    ordered_at = Timestamptz(null=True, default=None)
    paid_at = Timestamptz(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)
    changed_at = Timestamptz(default=None)


def key_of(account: uuid.UUID, shopify_id: int) -> str:
    """Return what a customer's or an order's row is found by."""
    return f"{account.hex}:{shopify_id}"


def shopify_app() -> AppConfig:
    """Return the plugin's tables and where their migrations are."""
    return AppConfig(
        app_name="shopify",
        migrations_folder_path=Path(__file__).parent / "migrations",
        table_classes=[ShopifyCustomer, ShopifyFormer, ShopifyOrder],
    )
