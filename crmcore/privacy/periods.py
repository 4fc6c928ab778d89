"""How long each kind of data is kept, and the deletion of what is older."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import Label, text_of
from crmcore.conversations.retention import HANDLED
from crmcore.conversations.tables import InboundDelivery
from crmcore.errors import NotFound
from crmcore.events.tables import EventReplay, EventRow
from crmcore.exporting.tables import ExportRun
from crmcore.importing.tables import ImportRun
from crmcore.jobs.tables import JobRow
from crmcore.notifications.tables import Notification
from crmcore.privacy.aged import AgedConversations, AgedRecords
from crmcore.privacy.tables import PersonalExport, RetentionPeriod
from crmcore.records.scope import demand
from crmcore.records.tables import TagRemoval

if TYPE_CHECKING:
    from crmcore.workspace import Crm

READ, WRITE = "settings.read", "settings.write"
MOST_DAYS = 36_500


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of data with a period. ``days`` is the default, None for ever; ``needed`` kinds always have one."""

    key: str
    label: Label
    days: int | None
    due: Callable[[datetime], Awaitable[int]]
    forget: Callable[[datetime], Awaitable[int]]
    needed: bool = False


class Period(Struct, frozen=True, kw_only=True):
    """A period as it is in force; ``due`` is how much the next run would delete."""

    kind: str
    label: str
    days: int | None
    default_days: int | None
    needed: bool
    due: int


class Periods:
    """The periods of one workspace."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        conversations, records = AgedConversations(crm), AgedRecords(crm)
        self.kinds = {
            kind.key: kind
            for kind in (
                Kind(
                    key="deliveries",
                    label={"en": "Deliveries that were handled", "ru": "Разобранные доставки"},
                    days=crm.settings.keep_deliveries_days,
                    due=lambda before: _count(InboundDelivery, _handled(before)),
                    forget=lambda before: crm.conversations.forget_deliveries((crm.clock() - before).days),
                    needed=True,
                ),
                Kind(
                    key="conversations",
                    label={"en": "Closed conversations", "ru": "Закрытые обращения"},
                    days=None,
                    due=conversations.due,
                    forget=conversations.forget,
                ),
                Kind(
                    key="deleted_records",
                    label={"en": "Deleted contacts, companies and tasks", "ru": "Удалённые записи"},
                    days=None,
                    due=records.due,
                    forget=records.forget,
                ),
                Kind(
                    key="events",
                    label={"en": "Events", "ru": "События"},
                    days=90,
                    due=lambda before: _count(EventRow, EventRow.at < before),
                    forget=lambda before: _delete(EventRow, EventRow.at < before),
                    needed=True,
                ),
                Kind(
                    key="event_replays",
                    label={"en": "Events told again, once it is over", "ru": "Завершённые повторы событий"},
                    days=90,
                    due=lambda before: _count(EventReplay, _over(before)),
                    forget=lambda before: _delete(EventReplay, _over(before)),
                    needed=True,
                ),
                Kind(
                    key="notifications",
                    label={"en": "Notifications", "ru": "Уведомления"},
                    days=90,
                    due=lambda before: _count(Notification, Notification.at < before),
                    forget=lambda before: _delete(Notification, Notification.at < before),
                    needed=True,
                ),
                Kind(
                    key="dead_jobs",
                    label={"en": "Jobs that nobody could do", "ru": "Невыполненные задания"},
                    days=180,
                    due=lambda before: _count(JobRow, _dead(before)),
                    forget=lambda before: _delete(JobRow, _dead(before)),
                ),
                Kind(
                    key="imports",
                    label={"en": "Imports with their files", "ru": "Импорты с файлами"},
                    days=30,
                    due=lambda before: _count(ImportRun, _idle(before)),
                    forget=lambda before: crm.imports.forget_old(before),
                    needed=True,
                ),
                Kind(
                    key="list_exports",
                    label={"en": "Files of exported lists", "ru": "Файлы выгруженных списков"},
                    days=7,
                    due=lambda before: _count(ExportRun, ExportRun.created_at < before),
                    forget=lambda before: crm.export_runs.forget_old(before),
                    needed=True,
                ),
                Kind(
                    key="removed_tags",
                    label={"en": "Deleted tags, to be brought back", "ru": "Удалённые метки, для возврата"},
                    days=30,
                    due=lambda before: _count(TagRemoval, TagRemoval.created_at < before),
                    forget=lambda before: _delete(TagRemoval, TagRemoval.created_at < before),
                    needed=True,
                ),
                Kind(
                    key="personal_exports",
                    label={"en": "Exports of personal data", "ru": "Выгрузки персональных данных"},
                    days=7,
                    due=lambda before: _count(
                        PersonalExport,
                        (PersonalExport.created_at < before) & (PersonalExport.state != "gone"),
                    ),
                    forget=lambda before: crm.privacy.exports.forget_old(before),
                    needed=True,
                ),
            )
        }

    async def all(self, *, actor: Actor) -> list[Period]:
        """Return every period with what is due."""
        demand(actor, READ)
        days = await self._days()
        periods = []
        for kind in self.kinds.values():
            kept = days[kind.key]
            due = await kind.due(self._before(kept)) if kept is not None else 0
            periods.append(
                Period(
                    kind=kind.key,
                    label=text_of(kind.label, actor.language),
                    days=kept,
                    default_days=kind.days,
                    needed=kind.needed,
                    due=due,
                )
            )
        return periods

    async def due(self, kind: str, days: int, *, actor: Actor) -> int:
        """Return how much a period of ``days`` would delete now."""
        demand(actor, READ)
        return await self._kind(kind).due(self._before(days))

    async def set(self, kind: str, days: int | None, *, actor: Actor) -> None:
        """Keep a kind for ``days``, or for ever with None where that is possible. Raises NotFound."""
        demand(actor, WRITE)
        found = self._kind(kind)
        if days is None and found.needed:
            days = found.days
        before = (await self._days())[kind]
        if before == days:
            return
        async with self._crm.database.transaction():
            row = RetentionPeriod(kind=kind, days=days, updated_at=self._crm.clock())
            await RetentionPeriod.insert(row).on_conflict(
                target=RetentionPeriod.kind,
                action="DO UPDATE",
                values=[RetentionPeriod.days, RetentionPeriod.updated_at],
            )
            await self._crm.audit.note(
                "update", "settings", f"retention {kind}", actor=actor, changes={"days": [before, days]}
            )

    async def run(self) -> dict[str, int]:
        """Delete what is older than its period; return how much went, by kind."""
        days = await self._days()
        gone = {}
        for kind in self.kinds.values():
            kept = days[kind.key]
            if kept is not None and (count := await kind.forget(self._before(kept))):
                gone[kind.key] = count
        if gone:
            await self._crm.audit.note(
                "delete",
                "settings",
                "retention",
                actor=system_actor("retention"),
                changes={name: [count, 0] for name, count in gone.items()},
            )
        return gone

    async def _days(self) -> dict[str, int | None]:
        stored = {row["kind"]: row["days"] for row in await RetentionPeriod.select()}
        return {key: stored.get(key, kind.days) for key, kind in self.kinds.items()}

    def _before(self, days: int) -> datetime:
        return self._crm.clock() - timedelta(days=days)

    def _kind(self, key: str) -> Kind:
        if key not in self.kinds:
            raise NotFound()
        return self.kinds[key]


def _handled(before: datetime) -> Any:
    return InboundDelivery.state.is_in(list(HANDLED)) & (InboundDelivery.received_at < before)


def _dead(before: datetime) -> Any:
    return (JobRow.state == "dead") & (JobRow.updated_at < before)


def _over(before: datetime) -> Any:
    return (EventReplay.updated_at < before) & EventReplay.state.not_in(["queued", "running"])


def _idle(before: datetime) -> Any:
    return (ImportRun.updated_at < before) & ImportRun.state.not_in(["queued", "running", "undoing"])


async def _count(table: Any, condition: Any) -> int:
    return int(await table.count().where(condition))


async def _delete(table: Any, condition: Any) -> int:
    """Delete in batches: one statement holds SQLite's writer as long as it runs."""
    gone = 0
    while True:
        rows = await table.select(table.id).where(condition).limit(500)
        if rows:
            await table.delete().where(table.id.is_in([row["id"] for row in rows]), condition)
        gone += len(rows)
        if len(rows) < 500:
            return gone
