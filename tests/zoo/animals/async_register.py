"""Registers in a coroutine that nobody awaits."""

from crmcore import hookimpl


@hookimpl
async def register_panels():
    return []
