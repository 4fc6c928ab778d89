"""Brings the same job twice."""

from crmcore import Job, hookimpl


async def run(payload, plugin):
    return None


@hookimpl
def register_jobs():
    return [Job(key="sync", run=run), Job(key="sync", run=run)]
