"""Builds an object whose field has the wrong type; msgspec lets it pass."""

from crmcore import Panel, hookimpl


async def load(subject, plugin):
    return None


@hookimpl
def register_panels():
    return [
        Panel(key="calls", title="Calls", load=load),
        Panel(key="orders", title="Orders", load=load, order="high"),
    ]
