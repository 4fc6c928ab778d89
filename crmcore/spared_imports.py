"""Spares a process 18 MB that others import for what it never does. Imported before anything else of crmcore is.

Piccolo's app configuration imports ``black``, which formats a configuration that its commands write: it is loaded
when they do. structlog imports ``rich``, with ``pygments``, to draw tracebacks in colours on a terminal: ours are
lines of JSON or plain text, and structlog does without it where it is not installed.

Piccolo's query strings take from ``asyncpg`` the class of its ids, to write them into the text that a query is shown
as: what works on PostgreSQL says so, see :func:`know_ids_of`, and SQLite does without.
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


def import_with(name: str, **stand_ins: ModuleType | None) -> None:
    """Import the module ``name`` with ``stand_ins`` for modules that it needs; None says that there is none.

    For everybody else these are as before. What is imported already stays what it is.
    """
    if name in sys.modules:
        return
    absent = [needed for needed in stand_ins if needed not in sys.modules]
    for needed in absent:
        sys.modules[needed] = stand_ins[needed]  # type: ignore[assignment]  # None is how Python is told so
    try:
        import_module(name)
    finally:
        for needed in absent:
            del sys.modules[needed]


def know_ids_of(driver: ModuleType) -> None:
    """Let query strings know the ids of ``driver``, asyncpg's: it is loaded now."""
    from piccolo import querystring

    vars(querystring)["apgUUID"] = driver.pgproto.pgproto.UUID


import_with("piccolo.querystring", asyncpg=None)
import_with("piccolo.conf.apps", black=Later("black"))
import_with("structlog", rich=None)
