"""The core's own field types, a family a file."""

from typing import TYPE_CHECKING

from crmcore.builtin.field_types.choices import choice_types
from crmcore.builtin.field_types.contact_points import contact_point_types
from crmcore.builtin.field_types.files import file_type
from crmcore.builtin.field_types.moments import moment_types
from crmcore.builtin.field_types.money import money_type
from crmcore.builtin.field_types.numbers import number_types
from crmcore.builtin.field_types.references import reference_type
from crmcore.builtin.field_types.texts import text_types
from crmcore.contracts.fields import FieldType
from crmcore.hookspecs import hookimpl

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class FieldTypes:
    """Contributes texts, numbers, money, dates and times, choices, contact points, references and files."""

    crm: "Crm"

    @hookimpl
    def register_field_types(self) -> list[FieldType]:
        """Return the built-in field types."""
        return built_in_types(self.crm.settings.default_country)


def built_in_types(default_country: str) -> list[FieldType]:
    """Return every built-in field type; national phone numbers belong to ``default_country`` unless said."""
    return [
        *text_types(),
        *number_types(),
        money_type(),
        *moment_types(),
        *choice_types(),
        *contact_point_types(default_country),
        reference_type(),
        file_type(),
    ]
