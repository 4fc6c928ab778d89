"""A plugin for the tests of lists: orders, of which it says next to nothing."""

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore import RecordType, hookimpl
from crmcore.clock import utc_now, uuid7
from crmcore.tables import WORKSPACE_ENGINE, Contact


class Order(Table, db=WORKSPACE_ENGINE, tablename="orders_order"):
    id = UUID(primary_key=True, default=uuid7)
    number = Varchar(length=20)
    pieces = Integer(default=0)
    paid = Boolean(default=False)
    paid_at = Timestamptz(null=True, default=None)
    contact = ForeignKey(references=Contact, null=True, default=None)
    search_text = Text(default="")
    custom = JSONB(default="{}")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)


class Orders(RecordType, frozen=True, kw_only=True):
    """An order is called by its number."""

    def title(self, document: dict) -> str:  # type: ignore[override, type-arg]  # a plugin's author
        return f"#{document['number']}"


@hookimpl
def register_record_types() -> list[RecordType]:
    null = ["string", "null"]
    kind = Orders(
        key="orders_order",
        plural="orders_orders",
        label={"en": "Order", "ru": "Заказ"},
        label_plural={"en": "Orders", "ru": "Заказы"},
        table=Order,
        properties={
            "number": {"type": "string", "maxLength": 20, "minLength": 1},
            "pieces": {"type": "integer", "minimum": 0},
            "paid": {"type": "boolean"},
            "paid_at": {"type": null, "format": "date-time"},
            "contact_id": {"type": null, "format": "uuid", "x-crm": {"reference": "contact"}},
        },
        required=("number",),
        filters=("number", "pieces", "paid", "paid_at", "contact_id", "created_at"),
        sorts=("created_at", "number"),
        custom_fields=True,
    )
    return [kind]
