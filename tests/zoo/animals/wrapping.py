"""Wants to stand around the others."""

from crmcore import hookimpl


@hookimpl(wrapper=True)
def before_write(change):
    return (yield)
