"""Which columns an export has."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import RecordType
from crmcore.errors import Invalid
from crmcore.records.columns import reference_of
from crmcore.records.composite import base_properties
from crmcore.records.definition import Definition

_UNKNOWN: Label = {
    "en": "There is no column “{name}”. Possible: {known}.",
    "ru": "Столбца «{name}» нет. Можно: {known}.",
}
_SYSTEM: dict[str, Label] = {
    "id": {"en": "ID", "ru": "ID"},
    "version": {"en": "Version", "ru": "Версия"},
    "created_at": {"en": "Created", "ru": "Создано"},
    "updated_at": {"en": "Changed", "ru": "Изменено"},
    "tags": {"en": "Tags", "ru": "Метки"},
}


class Column(Struct, frozen=True, kw_only=True):
    """One column: the field's name (``custom.tier``), its label, whether its texts are days, or it has files."""

    name: str
    label: Label
    day: bool = False
    files: bool = False

    def value(self, document: Mapping[str, Any]) -> Any:
        """Return the field's value in a record's document."""
        if self.name.startswith("custom."):
            return (document.get("custom") or {}).get(self.name[7:])
        return document.get(self.name)

    def heading(self, labels: bool, language: str) -> str:
        """Return what stands in the first row."""
        return text_of(self.label, language) if labels else self.name


def columns_of(
    record_type: RecordType,
    definitions: Sequence[Definition],
    chosen: Sequence[str] | None = None,
    hidden: Collection[str] = (),
) -> list[Column]:
    """Return the ``chosen`` columns, or all that an import of the file understands, and the record's times.

    A reference beside its own name (``company_id`` beside ``company``) is left out unless it is chosen: the name
    means the same in another workspace. So are files, of which a table has the names. Raises Invalid for a column
    that is not there; what is ``hidden`` is not.
    """
    columns = possible_columns(record_type, definitions)
    possible = {column.name: column for column in columns if column.name not in hidden}
    if chosen is None:
        writable = base_properties(record_type)
        names = [
            "id",
            *(
                name
                for name, schema in writable.items()
                if not (reference_of(schema) and name.removesuffix("_id") in writable)
            ),
            *(name for name, column in possible.items() if name.startswith("custom.") and not column.files),
            "created_at",
            "updated_at",
        ]
        return [possible[name] for name in names if name in possible]
    for place, name in enumerate(chosen):
        if name not in possible:
            params = {"name": name[:80], "known": ", ".join(possible)}
            problem = Problem(path=f"/columns/{place}", code="unknown_field", message=_UNKNOWN, params=params)
            raise Invalid(problems=(problem,))
    return [possible[name] for name in dict.fromkeys(chosen)]


def possible_columns(record_type: RecordType, definitions: Sequence[Definition]) -> list[Column]:
    """Return every column that the records have."""
    names = ["id", "version", *record_type.properties]
    if record_type.tags and "tags" not in record_type.properties:
        names.append("tags")
    columns = [_base(name, record_type.properties.get(name, {})) for name in names]
    if record_type.custom_fields:
        ordered = sorted(definitions, key=lambda item: (item.position, item.key))
        columns += [
            Column(
                name=f"custom.{item.key}",
                label=item.label,
                day=item.schema.get("format") == "date",
                files=item.schema.get("x-crm", {}).get("stored") == "file",
            )
            for item in ordered
        ]
    return [*columns, _base("created_at", {}), _base("updated_at", {})]


def _base(name: str, schema: JsonSchema) -> Column:
    label = schema.get("x-crm", {}).get("label") or _SYSTEM.get(name, name)
    return Column(name=name, label=label, day=schema.get("format") == "date")
