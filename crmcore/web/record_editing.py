"""What of a record people write in forms."""

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.records import RecordType
from crmcore.records.composite import TAGS

_CONTACT = (
    "first_name",
    "last_name",
    "emails",
    "phones",
    "handles",
    "company",
    "job_title",
    "language",
    "time_zone",
    "gender",
    "owner_id",
    "team_id",
    "tags",
    "notes",
)
_LABELLED: JsonSchema = {**TAGS, "x-crm": {"label": {"en": "Tags", "ru": "Метки"}}}


def edited_names(kind: RecordType) -> tuple[str, ...]:
    """Return the base properties that forms have, in their order; notes stand last."""
    if kind.key == "contact":
        return _CONTACT
    names = [
        name
        for name, schema in kind.properties.items()
        if not schema.get("readOnly") and schema.get("type") != "object" and name not in ("avatar", "tags")
    ]
    names += ["tags"] if kind.tags else []
    return tuple(sorted(names, key=lambda name: name == "notes"))


def written_schema(kind: RecordType, name: str) -> JsonSchema:
    """Return the schema of a property as forms write it: tags are one of them."""
    return _LABELLED if name == "tags" and kind.tags else kind.properties[name]
