"""Its validator breaks on its counter-example instead of refusing it."""

from crmcore import Validator, hookimpl


@hookimpl
def register_validators():
    return [
        Validator(key="n", label="N", check=lambda value, options: str(int(value)), counter_examples=("x",))
    ]
