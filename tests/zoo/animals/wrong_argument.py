"""Asks a hook for an argument that it does not have."""

from crmcore import hookimpl


@hookimpl
def contact_created(evnt, plugin):
    return None
