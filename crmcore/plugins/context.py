"""The context that a plugin works in, bound to that plugin and to one workspace."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from crmcore.contracts.context import (
    HttpClient,
    Log,
    PluginConnections,
    PluginFiles,
    PluginRecords,
    Store,
)
from crmcore.contracts.points import PluginPoints
from crmcore.contracts.pops import Pop
from crmcore.contracts.views import PluginViews
from crmcore.plugins.services import PluginServices


class NotAttached(RuntimeError):
    """A plugin asked for a service before the workspace was started."""


class BoundContext:
    """Implements :class:`~crmcore.PluginContext` on the services of one workspace."""

    __slots__ = ("_log", "_name", "_services")

    def __init__(self, name: str, log: Log, services: PluginServices | None) -> None:
        self._name = name
        self._log = log
        self._services = services

    def __repr__(self) -> str:
        return f"<context of plugin {self._name!r}>"

    @property
    def name(self) -> str:
        return self._name

    @property
    def log(self) -> Log:
        return self._log

    @property
    def settings(self) -> Any:
        return self._attached().settings_for(self._name)

    @property
    def http(self) -> HttpClient:
        return self._attached().http_for(self._name)

    @property
    def store(self) -> Store:
        return self._attached().store_for(self._name)

    @property
    def records(self) -> PluginRecords:
        return self._attached().records_for(self._name)

    @property
    def points(self) -> PluginPoints:
        return self._attached().points_for(self._name)

    @property
    def views(self) -> PluginViews:
        return self._attached().views_for(self._name)

    @property
    def files(self) -> PluginFiles:
        return self._attached().files_for(self._name)

    @property
    def connections(self) -> PluginConnections:
        return self._attached().connections_for(self._name)

    def now(self) -> datetime:
        return self._attached().now()

    def lock(self, name: str, timeout_s: float = 10.0) -> AbstractAsyncContextManager[None]:
        return self._attached().lock(self._name, name, timeout_s)

    async def emit(
        self, name: str, record_type: str, record_id: UUID, data: Mapping[str, Any] | None = None
    ) -> None:
        await self._attached().emit(self._name, name, record_type, record_id, data or {})

    async def pop(self, pop: Pop) -> None:
        await self._attached().pop(self._name, pop)

    async def enqueue(
        self, job: str, payload: Mapping[str, Any] | None = None, *, key: str = "", delay_s: float = 0
    ) -> None:
        await self._attached().enqueue(self._name, job, payload or {}, key=key, delay_s=delay_s)

    async def progress(self, done: int, total: int) -> None:
        await self._attached().progress(done, total)

    def url_for(self, path: str) -> str:
        return self._attached().url_for(path)

    def _attached(self) -> PluginServices:
        if self._services is None:
            raise NotAttached(f"plugin {self._name!r} asked for a service before the workspace was started")
        return self._services
