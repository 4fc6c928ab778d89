"""Returns a panel instead of a list of panels."""

from crmcore import Panel, hookimpl


async def load(subject, plugin):
    return None


@hookimpl
def register_panels():
    return Panel(key="orders", title="Orders", load=load)
