"""Spares a process 13 MB that others import for what it never does. Imported before anything else of crmcore is.

Piccolo's app configuration imports ``black``, which formats a configuration that its commands write: it is loaded
when they do. structlog imports ``rich``, with ``pygments``, to draw tracebacks in colours on a terminal: ours are
lines of JSON or plain text, and structlog does without it where it is not installed.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class Later(ModuleType):
    """Stands for a module and imports it when something in it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # who looks through all modules
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


def import_with(name: str, needed: str, stand_in: ModuleType | None) -> None:
    """Import the module ``name`` with ``stand_in`` for the module ``needed``; None says that there is none.

    For everybody else ``needed`` is as before. Where one of the two is imported already, nothing is done.
    """
    if name in sys.modules or needed in sys.modules:
        return
    sys.modules[needed] = stand_in  # type: ignore[assignment]  # None is how Python is told so
    try:
        import_module(name)
    finally:
        del sys.modules[needed]


import_with("piccolo.conf.apps", "black", Later("black"))
import_with("structlog", "rich", None)
