"""The engine that tables are bound to: it finds the engine of the workspace that is at work.

Piccolo binds a table to one engine when the class is made. Several workspaces live in one process, so the
tables are bound to this stand-in, which passes every call on to the engine named by a context variable. Tasks
inherit the variable from the task that started them; two workspaces in concurrent tasks stay apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from piccolo.engine.base import Engine

_engine: ContextVar[Engine[Any]] = ContextVar("crmcore_engine")


class NoWorkspace(RuntimeError):
    """A query was run outside any workspace: wrap it in ``with crm.bound():``."""


def current_engine() -> Engine[Any]:
    """Return the engine of the workspace at work, or raise :class:`NoWorkspace`."""
    try:
        return _engine.get()
    except LookupError:
        raise NoWorkspace("no workspace is bound here: use `with crm.bound():`") from None


@contextmanager
def bound_engine(engine: Engine[Any]) -> Iterator[None]:
    """Make ``engine`` the one that tables use, in this task and in the tasks it starts."""
    token = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(token)


class WorkspaceEngine(Engine[Any]):
    """Stands in for the current workspace's engine."""

    def __init__(self) -> None:
        """Keep nothing: the base class would open a connection to ask for the version."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("__class__", "__dict__", "__reduce_ex__", "__deepcopy__", "__copy__"):
            return object.__getattribute__(self, name)
        return getattr(current_engine(), name)

    async def get_version(self) -> float:
        return await current_engine().get_version()

    def get_version_sync(self) -> float:
        return current_engine().get_version_sync()

    async def prep_database(self) -> None:
        await current_engine().prep_database()  # type: ignore[no-untyped-call]  # Piccolo's base has no types

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> Any:
        return await current_engine().batch(query, batch_size, node)

    async def run_querystring(self, querystring: Any, in_pool: bool = True) -> Any:
        return await current_engine().run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        return await current_engine().run_ddl(ddl, in_pool)

    def transaction(self, *args: Any, **kwargs: Any) -> Any:
        return current_engine().transaction(*args, **kwargs)

    def atomic(self) -> Any:
        return current_engine().atomic()


WORKSPACE_ENGINE = WorkspaceEngine()
"""Bind every table to it: ``class Order(Table, db=WORKSPACE_ENGINE)``. It holds no state of its own."""
