"""Whether what plugins depend on works now."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.health import HealthCheck
from crmcore.contracts.labels import Label
from crmcore.contracts.settings import CheckResult
from crmcore.contributions.asking import ask
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Health(Struct, frozen=True, kw_only=True):
    """What a check found, and when it was asked."""

    key: str
    plugin: str
    label: Label
    ok: bool
    message: Label
    at: datetime


class HealthChecks:
    """Asks the checks of all plugins; an answer is kept for the check's ``ttl_s`` in this process."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._kept: dict[str, Health] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._begun: set[asyncio.Future[list[Health]]] = set()

    async def all(self, *, again: bool = False) -> list[Health]:
        """Return every check by plugin and key; one that fails or is late is not ok."""
        checks = sorted(self._crm.registry.health.items())
        return list(await asyncio.gather(*(self._one(key, owned, again) for key, owned in checks)))

    async def lately(self, patience_s: float = 0.3) -> list[Health]:
        """Return what is known after ``patience_s``; what is asked longer than that is told the next time.

        For probes, which themselves wait a second.
        """
        asking = asyncio.ensure_future(self.all())
        self._begun.add(asking)
        asking.add_done_callback(self._begun.discard)
        done, _ = await asyncio.wait({asking}, timeout=patience_s)
        return asking.result() if done else list(self._kept.values())

    async def _one(self, key: str, owned: Registered[HealthCheck], again: bool) -> Health:
        # However many ask at once, the plugin is asked once.
        async with self._asking.setdefault(key, asyncio.Lock()):
            now = self._crm.clock()
            kept = self._kept.get(key)
            if kept is not None and not again and now - kept.at < timedelta(seconds=owned.item.ttl_s):
                return kept
            found = await self._ask(owned)
            health = Health(
                key=key,
                plugin=owned.plugin,
                label=owned.item.label,
                ok=found.ok,
                message=found.message,
                at=now,
            )
            self._kept[key] = health
            return health

    async def _ask(self, owned: Registered[HealthCheck]) -> CheckResult:
        try:
            answer: CheckResult = await ask(
                self._crm,
                owned.plugin,
                f"health.{owned.item.key}",
                owned.item.run,
                timeout_s=owned.item.timeout_s,
                returns=CheckResult,
            )
        except PluginFailed as failure:
            return CheckResult(ok=False, message=failure.reason)
        return answer
