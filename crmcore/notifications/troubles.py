"""What administrators hear of by themselves: jobs that were given up, webhooks that rest after failures."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.accounts.tables import User
from crmcore.contracts.labels import text_of
from crmcore.jobs.desk import WRITE as JOB_WRITE
from crmcore.jobs.tables import JobRow
from crmcore.notifications.telling import Teller, Telling
from crmcore.plugins.names import CORE
from crmcore.plugins.store import PluginStore
from crmcore.webhooks.service import WRITE as WEBHOOK_WRITE
from crmcore.webhooks.tables import WebhookEndpoint

if TYPE_CHECKING:
    from crmcore.workspace import Crm

EVERY_S = 60.0
"""How often it is looked."""
AGAIN = timedelta(hours=1)
"""A plugin that fails all day is told of once an hour, not with each of its jobs."""
REASONS = ("gone", "failing")
_PLACE = "troubles"
_NAMED = 3


class Told(Struct):
    """What was told already: dead letters up to a moment, and the resting webhooks by their version."""

    dead_until: datetime | None = None
    dead_at: datetime | None = None
    webhooks: dict[str, int] = {}


class Troubles:
    """Looks for what is new, and tells those who can do something about it."""

    def __init__(self, crm: "Crm", teller: Teller) -> None:
        self._crm = crm
        self._teller = teller

    async def tell(self) -> int:
        """Tell of what came up since the last time; return how many notifications were written."""
        async with self._crm.database.transaction():
            store = PluginStore(CORE)
            told = msgspec.convert(await store.get(_PLACE, {}), Told)
            before = msgspec.json.encode(told)
            written = await self._abandoned_jobs(told) + await self._resting_webhooks(told)
            if msgspec.json.encode(told) != before:
                await store.set(_PLACE, msgspec.to_builtins(told))
        return written

    async def _abandoned_jobs(self, told: Told) -> int:
        now = self._crm.clock()
        if told.dead_at is not None and timedelta() <= now - told.dead_at < AGAIN:
            return 0
        since = [JobRow.updated_at > told.dead_until] if told.dead_until is not None else []
        rows = (
            await JobRow.select(JobRow.plugin, JobRow.name, JobRow.updated_at)
            .where(JobRow.state == "dead", *since)
            .order_by(JobRow.updated_at, ascending=False)
            .limit(1000)
        )
        if not rows:
            return 0
        told.dead_until, told.dead_at = rows[0]["updated_at"], now
        kinds = sorted(
            {row["name"] if "." in row["name"] else f"{row['plugin']}.{row['name']}" for row in rows}
        )
        written = 0
        for user, language in await self._users(JOB_WRITE):
            names = [self._label(kind, language) for kind in kinds[:_NAMED]]
            more = ["…"] if len(kinds) > _NAMED else []
            written += await self._teller.tell(
                Telling(
                    user=user,
                    kind="jobs_abandoned",
                    key=f"jobs:{rows[0]['updated_at'].isoformat()}",
                    details={"count": str(len(rows)), "name": ", ".join([*names, *more])[:300]},
                )
            )
        return written

    async def _resting_webhooks(self, told: Told) -> int:
        rows = await WebhookEndpoint.select(
            WebhookEndpoint.id, WebhookEndpoint.url, WebhookEndpoint.version, WebhookEndpoint.reason
        ).where(WebhookEndpoint.reason.is_in(list(REASONS)))
        fresh = [row for row in rows if told.webhooks.get(str(row["id"])) != row["version"]]
        told.webhooks = {str(row["id"]): row["version"] for row in rows}
        written = 0
        users = await self._users(WEBHOOK_WRITE) if fresh else []
        for row in fresh:
            for user, _ in users:
                written += await self._teller.tell(
                    Telling(
                        user=user,
                        kind="webhook_rests",
                        key=f"webhook:{row['id']}:{row['version']}",
                        record_id=row["id"],
                        details={"name": row["url"][:300]},
                    )
                )
        return written

    async def _users(self, permission: str) -> list[tuple[UUID, str]]:
        """Return the active users who may do something about it, with their languages."""
        rows: list[dict[str, Any]] = await User.select(User.id, User.language).where(User.active.eq(True))
        found = []
        for row in rows:
            actor = await self._crm.accounts.actor_for_user(row["id"])
            if actor is not None and actor.may(permission):
                found.append((row["id"], row["language"]))
        return found

    def _label(self, kind: str, language: str) -> str:
        registered = self._crm.registry.jobs.get(kind)
        return text_of(registered.item.label, language) if registered and registered.item.label else kind
