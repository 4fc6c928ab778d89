"""Its validator accepts what it should refuse."""

from crmcore import Validator, hookimpl


@hookimpl
def register_validators():
    return [
        Validator(key="zip", label="ZIP", check=lambda value, options: value, counter_examples=("no digits",))
    ]
