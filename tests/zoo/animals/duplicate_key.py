"""Brings a validator whose key the healthy plugin owns."""

from crmcore import Panel, Validator, hookimpl


async def load(subject, plugin):
    return None


@hookimpl
def register_panels():
    return [Panel(key="extra", title="Extra", load=load)]


@hookimpl
def register_validators():
    return [Validator(key="digits", label="My digits", check=lambda value, options: value)]
