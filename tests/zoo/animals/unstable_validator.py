"""Its validator changes what it has already normalised."""

from crmcore import Validator, hookimpl


@hookimpl
def register_validators():
    return [Validator(key="wave", label="Wave", check=lambda value, options: value + "~", examples=("a",))]
