"""Registers ten thousand panels."""

from crmcore import Panel, hookimpl


async def load(subject, plugin):
    return None


@hookimpl
def register_panels():
    return [Panel(key=f"p{number}", title="One of many", load=load) for number in range(10_000)]
