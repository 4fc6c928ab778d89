"""A plugin with outside partners: a dealer sees the orders and claims of his own company, and nothing else."""

import uuid
from typing import Any

from piccolo.columns import UUID, Integer, Timestamptz, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.table import Table

from crmcore import Actor, RecordType, RowScope, hookimpl
from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class Order(Table, db=WORKSPACE_ENGINE, tablename="dealer_order"):
    id = UUID(primary_key=True, default=uuid7)
    number = Varchar(length=20)
    dealer = UUID()
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
    deleted_at = Timestamptz(null=True, default=None)


def own_orders(record_type: RecordType, actor: Actor) -> Any:
    """Return the condition that an order is the dealer's; a dealer's user id stands for his company here."""
    return WhereRaw('"dealer_order"."dealer" = {}', uuid.UUID(actor.id))


@hookimpl
def register_row_scopes() -> list[RowScope]:
    label = {"en": "The dealer’s", "ru": "Дилера"}
    return [
        RowScope(key="dealer_own", label=label, condition=own_orders, record_types=("dealer_order",)),
    ]


@hookimpl
def register_record_types() -> list[RecordType]:
    return [
        RecordType(
            key="dealer_order",
            plural="dealer_orders",
            label={"en": "Order", "ru": "Заказ"},
            label_plural={"en": "Orders", "ru": "Заказы"},
            table=Order,
            properties={
                "number": {"type": "string", "minLength": 1, "maxLength": 20},
                "dealer": {"type": "string", "format": "uuid"},
            },
            required=("number", "dealer"),
            filters=("number",),
        )
    ]
