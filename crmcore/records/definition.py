"""A custom field's definition as the register works with it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.fields import CustomField, FieldType, JsonSchema, Leaving
from crmcore.contracts.labels import Label
from crmcore.contracts.validators import Validator


class Definition(Struct, frozen=True, kw_only=True):
    """A stored definition and whether it works at the moment.

    ``dormant`` says in words why the field cannot be written now (its plugin, type or validator is away); its
    values are kept, exported and never required. ``schema`` is the property without annotations. ``operators``
    are those of its filters. ``sensitive`` values are sealed and masked, ``shown_last`` of their characters stay
    readable; ``sealed`` says that the stored values are sealed already. ``field_type`` is given for the
    core's own types, which are called without isolation. ``leaving_asleep`` says in words why
    ``required_before_leaving`` cannot hold at the moment: what it names is away.
    """

    id: UUID
    record_type: str
    key: str
    owner: str
    label: Label
    description: Label
    group: Label
    type: str
    options: dict[str, Any]
    format: str
    schema: JsonSchema
    position: int
    required: bool
    read_only: bool
    filterable: bool
    version: int
    default: Any = None
    required_when: str = ""
    required_before_leaving: Leaving | None = None
    leaving_asleep: Label = ""
    rule: JsonSchema = {}
    aliases: tuple[str, ...] = ()
    deleted_at: datetime | None = None
    dormant: Label = ""
    operators: tuple[str, ...] = ()
    sensitive: bool = False
    shown_last: int = 0
    sealed: bool = False
    field_type: FieldType | None = None

    @property
    def writable(self) -> bool:
        """Tell whether people may write the field at the moment."""
        return not self.dormant and not self.read_only

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which documents may give the value: the key first."""
        return (self.key, *self.aliases)

    def as_custom_field(self) -> CustomField:
        """Return the definition in the form in which it is declared."""
        return CustomField(
            record_type=self.record_type,
            key=self.key,
            label=self.label,
            description=self.description,
            group=self.group,
            type=self.type,
            options=self.options,
            format=self.format,
            order=self.position,
            required=self.required,
            read_only=self.read_only,
            filterable=self.filterable,
            default=self.default,
            required_when=self.required_when,
            required_before_leaving=self.required_before_leaving,
            rule=self.rule,
        )


def definition_of(
    row: dict[str, Any],
    dormant: Label = "",
    field_type: FieldType | None = None,
    validator: Validator | None = None,
    *,
    core: bool = False,
) -> Definition:
    """Return the definition stored in ``row``, of ``field_type``, which is one of the ``core`` or of a plugin."""
    guards = [item for item in (field_type, validator) if item is not None and item.sensitive]
    # While its type or check is away, nobody can tell: what is sealed stays hidden.
    sensitive = bool(guards) or bool(dormant and row["sealed"])
    decoded = {
        name: msgspec.json.decode(row[name])
        for name in ("label", "description", "group", "options", "schema", "rule")
    }
    return Definition(
        id=row["id"],
        record_type=row["record_type"],
        key=row["key"],
        owner=row["owner"],
        type=row["type"],
        format=row["format"],
        position=row["position"],
        required=row["required"],
        read_only=row["read_only"],
        filterable=row["filterable"],
        version=row["version"],
        default=msgspec.json.decode(row["default_value"]),
        required_when=row["required_when"],
        required_before_leaving=msgspec.json.decode(row["required_before_leaving"], type=Leaving | None),
        aliases=tuple(msgspec.json.decode(row["aliases"])),
        deleted_at=row["deleted_at"],
        dormant=dormant,
        operators=_operators(field_type, sensitive),
        sensitive=sensitive,
        shown_last=min((item.shown_last for item in guards), default=0),
        sealed=row["sealed"],
        field_type=field_type if core else None,
        **decoded,
    )


def _operators(field_type: FieldType | None, sensitive: bool) -> tuple[str, ...]:
    """Return the operators of the field's filters. What is sealed cannot be compared, only missed."""
    if field_type is None:
        return ()
    return ("empty",) if sensitive else field_type.operators
