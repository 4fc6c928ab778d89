"""Which record types have which addresses."""

from typing import TYPE_CHECKING

from crmcore.contracts.labels import text_of
from crmcore.contracts.records import RecordType
from crmcore.plugins.names import CORE
from crmcore.records.scope import has_column

if TYPE_CHECKING:
    from crmcore.workspace import Crm

# Addresses under /api/ that are not record types.
TAKEN = frozenset(
    {
        "canned-replies",
        "channel-accounts",
        "channels",
        "connections",
        "docs",
        "exports",
        "field-types",
        "fields",
        "inbound",
        "jobs",
        "me",
        "merges",
        "openapi.json",
        "plugins",
        "schemas",
        "search",
        "tokens",
        "views",
        "x",
    }
)


def record_types(crm: "Crm") -> list[RecordType]:
    """Return the record types that get addresses: all whose plural is not taken by something else.

    Of two types with one plural the first that was registered keeps it, the core's before a plugin's.
    """
    registered = sorted(crm.registry.record_types.values(), key=lambda entry: entry.plugin != CORE)
    found: dict[str, RecordType] = {}
    for entry in registered:
        if entry.item.plural not in TAKEN:
            found.setdefault(entry.item.plural, entry.item)
    return list(found.values())


def component(record_type: RecordType) -> str:
    """Return the name of the record type's schema in OpenAPI: ``order_line`` is ``OrderLine``."""
    return "".join(part.capitalize() for part in record_type.key.split("_"))


def label(record_type: RecordType) -> str:
    """Return what one record is called in a sentence."""
    return text_of(record_type.label).lower()


def labels(record_type: RecordType) -> str:
    """Return what several records are called in a sentence."""
    return text_of(record_type.label_plural).lower()


def changeable(record_type: RecordType) -> bool:
    """Tell whether any field of the record type can be written from outside."""
    writable = any(not schema.get("readOnly", False) for schema in record_type.properties.values())
    return writable or record_type.tags or record_type.custom_fields


def restorable(record_type: RecordType) -> bool:
    """Tell whether deleted records of this type can come back."""
    return record_type.deletable and has_column(record_type, "deleted_at")
