"""Registers one panel with a title of fifty megabytes."""

from crmcore import Panel, hookimpl


async def load(subject, plugin):
    return None


@hookimpl
def register_panels():
    return [Panel(key="large", title="x" * 50_000_000, load=load)]
