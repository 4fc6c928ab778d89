"""The erasure of a person: step by step, going on where it was stopped, never half known."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import structlog

from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.personal_data import DataSubject
from crmcore.errors import Conflict, NotFound, Unavailable
from crmcore.jobs.host import LONG
from crmcore.jobs.progress import tell_progress
from crmcore.jobs.queue import JobQueue
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE
from crmcore.privacy.sources import Sources
from crmcore.privacy.subject import subject_of
from crmcore.privacy.tables import Erasure, ErasureStep

if TYPE_CHECKING:
    from crmcore.workspace import Crm

JOB = "erase_person"
_log = structlog.get_logger("crmcore.privacy")

_PSEUDONYM: Label = {"en": "Erased person {mark}", "ru": "Стёртые данные {mark}"}
_UNDER_WAY: Label = {
    "en": "The data of this person is being erased already.",
    "ru": "Данные этого человека уже стираются.",
}
_ERASED: Label = {
    "en": "The data of this person was erased already.",
    "ru": "Данные этого человека уже стёрты.",
}
_AWAY: Label = {
    "en": "The plugin “{plugin}” is not there.",
    "ru": "Плагина «{plugin}» сейчас нет.",
}
_TASK: Label = {
    "en": "Erasing personal data stopped at {step}",
    "ru": "Удаление персональных данных остановилось: {step}",
}
_TASK_NOTES: Label = {
    "en": "{reason}\nWhen that is mended, go on: /contacts/{contact}/personal-data",
    "ru": "{reason}\nКогда причина устранена, продолжите: /contacts/{contact}/personal-data",
}


class Erasures:
    """Begins erasures and brings them to their end."""

    def __init__(self, crm: "Crm", sources: Sources, queue: JobQueue) -> None:
        self._crm = crm
        self._sources = sources
        self._queue = queue

    async def begin(self, contact: UUID, *, actor: Actor, in_background: bool = True) -> UUID:
        """Write down what is to be done and let a job do it; return the erasure's id.

        From here on the contact points are known as erased. Raises NotFound, Conflict when it was begun before.
        """
        crm = self._crm
        id = uuid7(crm.clock())
        pseudonym = text_of(_PSEUDONYM, crm.settings.language, mark=id.hex[-6:])
        subject = await subject_of(contact, pseudonym)
        async with crm.database.transaction():
            await self._refuse_again(subject)
            entry = await crm.audit.note("erase", "person", pseudonym, actor=actor, id=subject.contacts[0])
            sealed = crm.keys.encrypt(msgspec.json.encode(subject).decode(), "erasure", "subject", str(id))
            await Erasure.insert(
                Erasure(
                    id=id,
                    contact=subject.contacts[0],
                    pseudonym=pseudonym,
                    subject=sealed,
                    entry=entry,
                    started_by=actor.label[:200],
                    created_at=crm.clock(),
                )
            )
            steps = [
                ErasureStep(erasure=id, position=place, plugin=source.plugin, key=source.item.key)
                for place, source in enumerate(self._sources.all().values())
            ]
            await ErasureStep.insert(*steps)
            await crm.privacy.marks.leave(subject.points)
            if in_background:
                await self._queue.enqueue(LONG, f"{CORE}.{JOB}", {"erasure": str(id)}, key=f"erase:{id}")
        return id

    async def resume(self, id: UUID, *, actor: Actor, skip: str = "", in_background: bool = True) -> None:
        """Let a stopped erasure go on; ``skip`` names a step, ``plugin.key``, that nobody can do any more."""
        row = await self.row(id)
        if row["state"] == "done":
            raise Conflict(_ERASED, code="already_erased")
        async with self._crm.database.transaction():
            if skip:
                plugin, _, key = skip.partition(".")
                skipped: dict[Any, Any] = {ErasureStep.state: "skipped"}
                mine = (ErasureStep.erasure == id) & (ErasureStep.state == "failed")
                rows = (
                    await ErasureStep.update(skipped, force=True)
                    .where(mine, ErasureStep.plugin == plugin, ErasureStep.key == key)
                    .returning(ErasureStep.id)
                )
                if not rows:
                    raise NotFound()
                changes = {"skipped": [None, skip]}
                await self._crm.audit.note("erase", "person", row["pseudonym"], actor=actor, changes=changes)
            values: dict[Any, Any] = {Erasure.state: "queued"}
            await Erasure.update(values, force=True).where(Erasure.id == id)
            if in_background:
                await self._queue.enqueue(LONG, f"{CORE}.{JOB}", {"erasure": str(id)}, key=f"erase:{id}")

    async def run(self, id: UUID) -> str:
        """Do every step that is not done; return the state: done, or stopped at a step that failed."""
        row = await self.row(id)
        if row["state"] == "done":
            return "done"
        crm = self._crm
        await self._set(id, {Erasure.state: "running"})
        subject = msgspec.json.decode(
            crm.keys.decrypt(row["subject"], "erasure", "subject", str(id)), type=DataSubject
        )
        if crm.database.kind == "sqlite":
            # What is deleted is overwritten in the file, as long as this process runs.
            await crm.database.engine.execute("PRAGMA secure_delete = ON", ())
        steps = await self.steps(id)
        for number, step in enumerate(steps):
            await tell_progress(number, len(steps))
            if step["state"] in ("done", "skipped"):
                continue
            if error := await self._do(step, subject):
                await self._stop(row, step, error)
                return "stopped"
        done = {Erasure.state: "done", Erasure.subject: "", Erasure.finished_at: crm.clock()}
        await self._set(id, done)
        _log.info("person_erased", erasure=str(id), pseudonym=row["pseudonym"])
        return "done"

    async def row(self, id: UUID) -> dict[str, Any]:
        """Return an erasure; raises NotFound."""
        rows: list[dict[str, Any]] = await Erasure.select().where(Erasure.id == id)
        if not rows:
            raise NotFound()
        return rows[0]

    async def of_contact(self, contact: UUID) -> dict[str, Any] | None:
        """Return the newest erasure of a contact with its ``steps``; None when there is none."""
        rows: list[dict[str, Any]] = (
            await Erasure.select()
            .where(Erasure.contact == contact)
            .order_by(Erasure.id, ascending=False)
            .limit(1)
        )
        return {**rows[0], "steps": await self.steps(rows[0]["id"])} if rows else None

    async def steps(self, id: UUID) -> list[dict[str, Any]]:
        """Return the steps in their order."""
        query = ErasureStep.select().where(ErasureStep.erasure == id).order_by(ErasureStep.position)
        steps: list[dict[str, Any]] = await query
        return steps

    async def _do(self, step: dict[str, Any], subject: DataSubject) -> str:
        """Do one step; return why it failed, empty when it did not."""
        source = self._sources.all().get(f"{step['plugin']}.{step['key']}")
        error, erased = "", 0
        if source is None:
            error = text_of(_AWAY, self._crm.settings.language, plugin=step["plugin"])
        else:
            try:
                erased = await self._sources.erase(source, subject)
            except PluginFailed as failed:
                error = failed.sentence(self._crm.settings.language)
            except Unavailable:
                raise  # the job tries again by itself: nobody has to help
            except Exception as failure:
                # Whatever it is, a person has to know where it stands; the log has the rest.
                _log.exception("erase_step_failed", plugin=step["plugin"], step=step["key"])
                error = str(failure) or type(failure).__name__
        for word in subject.words:
            error = error.replace(word, subject.pseudonym)
        now = self._crm.clock()
        values: dict[Any, Any] = {
            ErasureStep.state: "failed" if error else "done",
            ErasureStep.erased: step["erased"] + erased,
            ErasureStep.error: error[:500],
            ErasureStep.finished_at: None if error else now,
        }
        await ErasureStep.update(values, force=True).where(ErasureStep.id == step["id"])
        return error

    async def _stop(self, row: dict[str, Any], step: dict[str, Any], error: str) -> None:
        language = self._crm.settings.language
        async with self._crm.database.transaction():
            values: dict[Any, Any] = {Erasure.state: "stopped"}
            if row["task"] is None:
                document = {
                    "title": text_of(_TASK, language, step=f"{step['plugin']}.{step['key']}")[:300],
                    "notes": text_of(_TASK_NOTES, language, reason=error, contact=row["contact"]),
                    "due_at": self._crm.clock().isoformat(),
                }
                task = await self._crm.records.create("task", document, actor=system_actor("crmcore"))
                values[Erasure.task] = task.id
            await self._set(row["id"], values)

    async def _refuse_again(self, subject: DataSubject) -> None:
        before = await self.of_contact(subject.contacts[0])
        if before is not None:
            if before["state"] == "done":
                raise Conflict(_ERASED, code="already_erased")
            raise Conflict(_UNDER_WAY, code="being_erased")

    @staticmethod
    async def _set(id: UUID, values: dict[Any, Any]) -> None:
        await Erasure.update(values, force=True).where(Erasure.id == id)
