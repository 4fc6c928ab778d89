"""The workspace that is asked right now, behind one object: so an application can serve many."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from crmcore.workspace import Crm

IN_COMMON = frozenset({"registry", "search"})
"""What an application may take from a workspace while it is built: the record types, which all that share it have."""

_asked: ContextVar["Crm"] = ContextVar("crmcore_hosting_asked")
_building: ContextVar[bool] = ContextVar("crmcore_hosting_building", default=False)


class Captured(RuntimeError):
    """An application that is being built takes something that belongs to one workspace."""


class AskedWorkspace:
    """Stands for the workspace whose request or job this is; without one there is nothing to be had."""

    def __getattr__(self, name: str) -> Any:
        if _building.get() and name not in IN_COMMON:
            raise Captured(f"crm.{name} belongs to one workspace: take it when a request comes")
        return getattr(_asked.get(), name)


def asked_workspace() -> "Crm":
    """Return the stand-in, as the type that it stands for."""
    return cast("Crm", AskedWorkspace())


@contextmanager
def asking(crm: "Crm") -> Iterator[None]:
    """Let the stand-in be ``crm``, in this task and the tasks it starts."""
    token = _asked.set(crm)
    try:
        yield
    finally:
        _asked.reset(token)


@contextmanager
def building_with(crm: "Crm") -> Iterator[None]:
    """Let the stand-in give away what :data:`IN_COMMON` names of ``crm``, and nothing else."""
    building = _building.set(True)
    try:
        with asking(crm):
            yield
    finally:
        _building.reset(building)
