"""The ``crmcore`` command, a file per command."""

from crmcore.cli.root import main

__all__ = ["main"]
