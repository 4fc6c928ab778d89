"""Plugins whose tables would get in the core's way."""

from piccolo.columns import UUID, ForeignKey, Varchar
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore import RecordType, hookimpl
from crmcore.contacts.tables import Contact
from crmcore.database.current import WORKSPACE_ENGINE


class Order(Table, db=WORKSPACE_ENGINE, tablename="orders"):
    number = Varchar()


class BlockingOrder(Table, db=WORKSPACE_ENGINE, tablename="animal_order"):
    contact = ForeignKey(references=Contact, on_delete=OnDelete.restrict)


class UnboundOrder(Table, tablename="animal_order"):
    number = Varchar()


class BareOrder(Table, db=WORKSPACE_ENGINE, tablename="animal_order"):
    id = UUID(primary_key=True)


class Shadow(Table, db=WORKSPACE_ENGINE, tablename="contact_point"):
    number = Varchar()


def _app(*tables, name="animal"):
    return AppConfig(app_name=name, migrations_folder_path="nowhere", table_classes=list(tables))


class UnprefixedTable:
    @hookimpl
    def register_tables(self):
        return _app(Order)


class BlockingTable:
    @hookimpl
    def register_tables(self):
        return _app(BlockingOrder)


class UnboundTable:
    @hookimpl
    def register_tables(self):
        return _app(UnboundOrder)


class WrongApp:
    @hookimpl
    def register_tables(self):
        return _app(name="shop")


class CoreTable:
    """Loaded under the name ``contact``, whose prefix is that of some of the core's tables."""

    @hookimpl
    def register_tables(self):
        return _app(Shadow, name="contact")


class BareRecord:
    @hookimpl
    def register_record_types(self):
        return [
            RecordType(
                key="order",
                plural="orders",
                label="Order",
                label_plural="Orders",
                table=BareOrder,
                properties={},
            )
        ]
