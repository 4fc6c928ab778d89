"""Its validator never answers on its own example."""

import time

from crmcore import Validator, hookimpl


@hookimpl
def register_validators():
    return [
        Validator(key="slow", label="Slow", check=lambda value, options: time.sleep(3600), examples=("a",))
    ]
