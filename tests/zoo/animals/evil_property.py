"""An object with an attribute that ends the program when it is looked at."""

from crmcore import hookimpl


class Plugin:
    @property
    def trap(self):
        raise SystemExit(1)

    @hookimpl
    def register_jobs(self):
        return []


class Base:
    def __init__(self):
        raise RuntimeError("cannot be made")

    @hookimpl
    def register_jobs(self):
        return []
