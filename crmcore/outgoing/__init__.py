"""Requests to the outside: one guarded client for the core and for plugins."""

from crmcore.outgoing.client import GuardedClient

__all__ = ["GuardedClient"]
