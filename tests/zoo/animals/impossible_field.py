"""Custom fields that their field types cannot make."""

from crmcore import CustomField, FieldType, hookimpl


def _breaks(options):
    raise ZeroDivisionError("no choices")


def _nonsense(options):
    return {"type": "strnig"}


class _Animal:
    type = ""
    options: dict = {}

    @hookimpl
    def register_field_types(self):
        return [
            FieldType(key="breaks", label="Breaks", schema=_breaks),
            FieldType(key="nonsense", label="Nonsense", schema=_nonsense),
        ]

    @hookimpl
    def register_custom_fields(self):
        return [
            CustomField(
                record_type="contact", key="animal_size", label="Size", type=self.type, options=self.options
            )
        ]


class Breaks(_Animal):
    type = "breaks"


class Nonsense(_Animal):
    type = "nonsense"


class UnknownOption(_Animal):
    type = "nonsense"
    options = {"colour": "red"}
