"""Custom fields with a check whose options make no sense, or that is none for this type."""

from crmcore import CustomField, FieldType, InvalidValue, Validator, hookimpl


def _check_options(options):
    if options.get("pattern") == "(":
        raise InvalidValue({"en": "This is no pattern.", "ru": "Это не шаблон."})
    if options.get("pattern") == "crash":
        raise ZeroDivisionError("no pattern")


class _Animal:
    type = "words"
    format_options: dict = {}

    @hookimpl
    def register_field_types(self):
        return [
            FieldType(key="words", label="Words", schema=lambda options: {"type": "string"}),
            FieldType(key="count", label="Count", schema=lambda options: {"type": "integer"}),
        ]

    @hookimpl
    def register_validators(self):
        return [
            Validator(
                key="own",
                label="Own",
                check=lambda value, options: value,
                options_schema={
                    "type": "object",
                    "properties": {"pattern": {"type": "string"}},
                    "additionalProperties": False,
                },
                check_options=_check_options,
            )
        ]

    @hookimpl
    def register_custom_fields(self):
        options = {"format_options": self.format_options} if self.format_options else {}
        return [
            CustomField(
                record_type="contact",
                key="animal_code",
                label="Code",
                type=self.type,
                format="own",
                options=options,
            )
        ]


class BadPattern(_Animal):
    format_options = {"pattern": "("}


class Crash(_Animal):
    format_options = {"pattern": "crash"}


class UnknownOption(_Animal):
    format_options = {"colour": "red"}


class NoText(_Animal):
    type = "count"
