"""Its validator refuses its own example."""

from crmcore import InvalidValue, Validator, hookimpl


def check(value, options):
    raise InvalidValue({"en": "Too short.", "ru": "Слишком коротко."})


@hookimpl
def register_validators():
    return [Validator(key="zip", label="ZIP", check=check, examples=("12345",))]
