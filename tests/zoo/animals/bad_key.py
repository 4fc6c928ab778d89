"""Brings a key that no URL can hold."""

from crmcore import Job, hookimpl


async def run(payload, plugin):
    return None


@hookimpl
def register_jobs():
    return [Job(key="Sync now!", run=run)]
