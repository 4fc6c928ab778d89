"""One application for all workspaces that are made of the same plugins."""

import asyncio
from typing import TYPE_CHECKING

from litestar.types import ASGIApp

from crmcore.hosting.current import asked_workspace, building_with

if TYPE_CHECKING:
    from crmcore.workspace import Crm

Composition = tuple[tuple[str, str], ...]


def composition_of(crm: "Crm") -> Composition:
    """Return the loaded plugins of ``crm`` with their versions."""
    return tuple(
        sorted((name, state.version) for name, state in crm.host.plugins.items() if state.state == "loaded")
    )


class Applications:
    """Keeps the applications. Routes are made from record types, so workspaces with equal plugins share theirs.

    One costs some 8 MB and 0.2 s: two hundred workspaces with three sets of plugins need three.
    """

    def __init__(self) -> None:
        self._built: dict[Composition, ASGIApp] = {}
        self._lock = asyncio.Lock()

    async def of(self, crm: "Crm") -> ASGIApp:
        """Return the application for ``crm``, built off the event loop when it is the first of its kind."""
        composition = composition_of(crm)
        if composition not in self._built:
            async with self._lock:
                if composition not in self._built:
                    self._built[composition] = await asyncio.to_thread(_build, crm)
        return self._built[composition]

    def keep_only(self, wanted: set[Composition]) -> None:
        """Forget the applications of compositions that no workspace has any more."""
        for composition in set(self._built) - wanted:
            del self._built[composition]


def _build(crm: "Crm") -> ASGIApp:
    from crmcore.http.app import create_shared_app

    with building_with(crm):
        return create_shared_app(asked_workspace())
