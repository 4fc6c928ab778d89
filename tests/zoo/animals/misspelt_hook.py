"""Implements a hook that nobody calls."""

from crmcore import hookimpl


@hookimpl
def contact_create(event):
    return None
