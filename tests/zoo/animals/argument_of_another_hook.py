"""Asks a register hook, which has no arguments, for its context."""

from crmcore import hookimpl


@hookimpl
def register_panels(plugin):
    return []
