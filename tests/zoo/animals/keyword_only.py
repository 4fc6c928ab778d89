"""Declares an argument that pluggy cannot see."""

from crmcore import hookimpl


@hookimpl
def contact_created(event, *, plugin):
    return None
