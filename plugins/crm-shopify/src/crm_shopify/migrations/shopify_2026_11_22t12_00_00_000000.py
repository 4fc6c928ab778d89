"""The tables of customers and orders, frozen: nothing here may follow the live table classes."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-22T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "customers and orders"


class Contact(Table, tablename="contact"):
    id = UUID(primary_key=True, default=None)


class ShopifyCustomer(Table, tablename="shopify_customer"):
    id = UUID(primary_key=True, default=None)
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


class ShopifyOrder(Table, tablename="shopify_order"):
    id = UUID(primary_key=True, default=None)
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


async def forwards() -> MigrationManager:
    """Make the tables."""
    manager = MigrationManager(migration_id=ID, app_name="shopify", description=DESCRIPTION)
    for table in (ShopifyCustomer, ShopifyOrder):
        name, tablename = table.__name__, table._meta.tablename
        manager.add_table(class_name=name, tablename=tablename)
        for column in table._meta.columns:
            manager.add_columns.append(
                AddColumnClass(column=column, table_class_name=name, tablename=tablename, schema=None)
            )
    return manager
