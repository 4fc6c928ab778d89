"""Consent to e-mail marketing, and numbers of customers that were merged or deleted, frozen like every migration."""

from piccolo.apps.migrations.auto.migration_manager import AddColumnClass, MigrationManager
from piccolo.columns import UUID, BigInt, ForeignKey, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

ID = "2026-11-27T02:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "marketing consent, former customers"


class Contact(Table, tablename="contact"):
    id = UUID(primary_key=True, default=None)


class ShopifyFormer(Table, tablename="shopify_former"):
    id = UUID(primary_key=True, default=None)
    key = Varchar(length=64, unique=True)
    account = UUID(default=None, index=True)
    shopify_id = BigInt(index=True)
    customer_id = BigInt(default=0, index=True)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null, index=True)


class ShopifyCustomer(Table, tablename="shopify_customer"):
    marketing = Varchar(length=40, default="")


async def forwards() -> MigrationManager:
    """Make the table, and add the column."""
    manager = MigrationManager(migration_id=ID, app_name="shopify", description=DESCRIPTION)
    manager.add_table(class_name=ShopifyFormer.__name__, tablename=ShopifyFormer._meta.tablename)
    columns = [(ShopifyFormer, column) for column in ShopifyFormer._meta.columns]
    for table, column in [*columns, (ShopifyCustomer, ShopifyCustomer.marketing)]:
        manager.add_columns.append(
            AddColumnClass(
                column=column,
                table_class_name=table.__name__,
                tablename=table._meta.tablename,
                schema=None,
            )
        )
    return manager
