"""The core's own field types, a family a file."""

from crmcore.builtin.field_types.choices import choice_types
from crmcore.builtin.field_types.contact_points import contact_point_types
from crmcore.builtin.field_types.moments import moment_types
from crmcore.builtin.field_types.money import money_type
from crmcore.builtin.field_types.numbers import number_types
from crmcore.builtin.field_types.references import reference_type
from crmcore.builtin.field_types.texts import text_types
from crmcore.contracts.fields import FieldType
from crmcore.hookspecs import hookimpl


class FieldTypes:
    """Contributes texts, numbers, money, dates and times, choices, contact points and references."""

    @hookimpl
    def register_field_types(self) -> list[FieldType]:
        """Return the built-in field types."""
        return [
            *text_types(),
            *number_types(),
            money_type(),
            *moment_types(),
            *choice_types(),
            *contact_point_types(),
            reference_type(),
        ]
