"""The core's own jobs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmcore.accounts.jobs import account_jobs
from crmcore.contacts.tables import Contact
from crmcore.contracts.context import PluginContext
from crmcore.contracts.jobs import Job
from crmcore.conversations.tables import InboundDelivery
from crmcore.errors import NotFound
from crmcore.events.jobs import event_jobs
from crmcore.exporting.jobs import export_jobs
from crmcore.hookspecs import hookimpl
from crmcore.importing.jobs import import_jobs
from crmcore.jobs.host import LONG
from crmcore.jobs.wake_ups import WakeUps
from crmcore.notifications.jobs import notification_jobs
from crmcore.privacy.jobs import privacy_jobs
from crmcore.webhooks.jobs import webhook_jobs

WAKE_JOB = "wake_conversations"


class Jobs:
    """Contributes the work that receiving, answering and events leave for later."""

    crm: Any

    @hookimpl
    def register_jobs(self) -> list[Job]:
        """Return the built-in jobs."""
        return [
            *event_jobs(lambda: self.crm.outbox, lambda: self.crm.replays),
            *export_jobs(lambda: self.crm.export_runs),
            *import_jobs(lambda: self.crm.imports),
            *webhook_jobs(lambda: self.crm.webhooks),
            *privacy_jobs(lambda: self.crm.privacy),
            *notification_jobs(lambda: self.crm.notifications),
            *account_jobs(
                lambda: self.crm.accounts, lambda: self.crm.invitations, lambda: self.crm.password_resets
            ),
            Job(
                key="process_delivery",
                run=self._process_delivery,
                label={"en": "Understand a delivery", "ru": "Разобрать доставку"},
                # What handling a connection's delivery may take, and a little more.
                timeout_s=150,
                cancellable=False,
            ),
            Job(
                key="send_message",
                run=self._send_message,
                label={"en": "Send a reply", "ru": "Отправить ответ"},
                # The reply counts its own attempts and ends held for a person; this is only the upper bound.
                max_attempts=50,
                timeout_s=90,
                # Somebody waits for it.
                priority="high",
                cancellable=False,
            ),
            Job(
                key="reindex_people",
                run=self._reindex_people,
                label={
                    "en": "Find people by their company's new name",
                    "ru": "Искать людей по новому названию компании",
                },
            ),
            Job(
                key="reindex_field",
                run=self._reindex_field,
                label={
                    "en": "Search by a field that was deleted or brought back",
                    "ru": "Поиск по полю, которое удалили или вернули",
                },
            ),
            Job(
                key="scan_duplicates",
                run=self._scan_duplicates,
                label={"en": "Search for duplicates", "ru": "Поиск дублей"},
                timeout_s=300,
            ),
            Job(
                key="run_bulk",
                run=self._run_bulk,
                label={"en": "Change many records", "ru": "Изменить много записей"},
                # A turn takes twenty seconds; each goes on where the one before stopped.
                timeout_s=600,
                max_attempts=50,
            ),
            Job(
                key=WAKE_JOB,
                run=self._wake_conversations,
                label={"en": "Wake snoozed conversations", "ru": "Вернуть отложенные обращения"},
                every_s=10,
            ),
            Job(
                key="pick_up_waiting",
                run=self._pick_up_waiting,
                label={"en": "Go on with what waited", "ru": "Продолжить отложенную работу"},
                every_s=60,
            ),
            Job(
                key="sweep_files",
                run=self._sweep_files,
                label={"en": "Remove files that nothing uses", "ru": "Убрать файлы, которые не используются"},
                every_s=3_600,
                timeout_s=3_000,
            ),
            Job(
                key="seal_fields",
                run=self._seal_fields,
                label={
                    "en": "Seal the values of fields that became sensitive",
                    "ru": "Скрыть значения полей, ставших скрываемыми",
                },
                every_s=60,
                timeout_s=3_600,
            ),
            Job(
                key="seal_audit",
                run=self._seal_audit,
                label={"en": "Seal the audit", "ru": "Закрепить журнал аудита"},
                every_s=10,
                timeout_s=3_600,
            ),
            Job(
                key="purge_fields",
                run=self._purge_fields,
                label={"en": "Purge fields deleted long ago", "ru": "Убрать давно удалённые поля"},
                at="50 3 * * *",
                timeout_s=3_600,
            ),
        ]

    async def _process_delivery(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        id = UUID(payload["delivery_id"])
        try:
            await self.crm.conversations.process(id, accept=bool(payload.get("accept")))
        except NotFound:
            # It went with its connection, which somebody has deleted.
            if await InboundDelivery.exists().where(InboundDelivery.id == id):
                raise

    async def _reindex_people(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        after = UUID(payload["after"]) if "after" in payload else None
        company = UUID(payload["company"])
        last = await self.crm.search_rebuild.refresh("contact", Contact.company == company, after)
        await self.crm.duplicates.company_renamed(company, after)
        if last is not None:
            following = {"company": str(company), "after": str(last)}
            await self.crm.jobs.enqueue(LONG, "core.reindex_people", following)

    async def _reindex_field(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.field_words.turn(payload)

    async def _scan_duplicates(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.duplicates.scan_turn()

    async def _run_bulk(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.bulk.turn(UUID(payload["run"]))

    async def _send_message(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.conversations.send(UUID(payload["message_id"]))

    async def _wake_conversations(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.conversations.wake_due()
        wake_ups = WakeUps(lambda: self.crm.jobs, WAKE_JOB)
        await wake_ups.nearest(await self.crm.conversations.next_wake())

    async def _sweep_files(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.file_sweep.run()

    async def _seal_fields(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.field_sealing.run()

    async def _seal_audit(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.audit.chain.seal()

    async def _purge_fields(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.fields.life.purge_due()

    async def _pick_up_waiting(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        await self.crm.channel_accounts.pick_up_all()
