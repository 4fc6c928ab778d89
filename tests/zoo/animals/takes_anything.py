"""Hopes to be called with everything."""

from crmcore import hookimpl


@hookimpl
def contact_created(**everything):
    return None
