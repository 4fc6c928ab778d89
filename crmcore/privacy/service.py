"""The privacy of one workspace: what is stored of a person, given out, erased, kept no longer than it should be."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Record
from crmcore.errors import Invalid, NotFound
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE
from crmcore.privacy.erasing import Erasures
from crmcore.privacy.handing_out import PersonalExports
from crmcore.privacy.periods import Periods
from crmcore.privacy.sources import Sources
from crmcore.privacy.subject import subject_of
from crmcore.records.scope import demand

if TYPE_CHECKING:
    from crmcore.workspace import Crm

EXPORT, ERASE = "privacy.export", "privacy.erase"
_log = structlog.get_logger("crmcore.privacy")
_CONFIRM: Label = {
    "en": "To erase, write exactly: {name}",
    "ru": "Чтобы стереть данные, напишите в точности: {name}",
}


class Held(Struct, frozen=True, kw_only=True):
    """How much of one kind is stored of a person; ``error`` says why nobody can tell."""

    plugin: str
    key: str
    label: str
    count: int
    error: str = ""


class Preview(Struct, frozen=True, kw_only=True):
    """What an erasure would take. ``confirm`` has to be written to begin it.

    ``silent`` are plugins that have tables and do not say what they keep of people: nobody erases there.
    """

    contact: UUID
    merged: list[UUID]
    confirm: str
    held: list[Held]
    silent: list[str]


class Privacy:
    """What admins do with the data of a person. Every method says what it did in the audit."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self.marks = crm.erased_marks
        self.sources = Sources(
            lambda: crm.registry.personal_data, crm.host.dispatch, lambda name: crm.host.context(name)
        )
        self.exports = PersonalExports(crm, self.sources, crm.jobs)
        self.erasures = Erasures(crm, self.sources, crm.jobs)
        self.periods = Periods(crm)

    async def contact(self, id: UUID, permission: str, *, actor: Actor) -> Record:
        """Return the contact, deleted or not, that ``actor`` may do this with. Raises Forbidden, NotFound."""
        demand(actor, permission)
        record = await self._record(id, actor)
        kept = (await subject_of(record.id)).contacts[0]
        return record if kept == record.id else await self._record(kept, actor)

    async def _record(self, id: UUID, actor: Actor) -> Record:
        try:
            return await self._crm.records.get("contact", id, actor=actor)
        except NotFound:
            return await self._crm.records.get("contact", id, actor=actor, deleted=True)

    async def begin_export(self, contact: UUID, *, actor: Actor, in_background: bool = True) -> UUID:
        """Export everything that is stored of the person; return the export's id."""
        record = await self.contact(contact, EXPORT, actor=actor)
        return await self.exports.begin(record.id, actor=actor, in_background=in_background)

    async def export_to(self, contact: UUID, file: Path, *, actor: Actor) -> int:
        """Export everything into ``file`` of this machine; return how many items."""
        id = await self.begin_export(contact, actor=actor, in_background=False)
        made = await self.exports.run(id)
        with made.open("rb") as read, file.open("wb") as written:
            while block := read.read(1 << 20):
                written.write(block)
        row = await self.exports.row(id)
        await self.exports.forget_one(id)
        return int(row["items"])

    async def preview(self, contact: UUID, *, actor: Actor) -> Preview:
        """Return what is stored of the person, by plugin and kind; nothing is changed."""
        record = await self.contact(contact, ERASE, actor=actor)
        subject = await subject_of(record.id)
        held = []
        for source in self.sources.all().values():
            count, error = 0, ""
            try:
                count = await self.sources.count(source, subject)
            except PluginFailed as failed:
                error = failed.sentence(actor.language)
            label = text_of(source.item.label, actor.language)
            held.append(
                Held(plugin=source.plugin, key=source.item.key, label=label, count=count, error=error)
            )
        held.sort(key=lambda one: one.plugin != CORE)
        return Preview(
            contact=record.id,
            merged=list(subject.contacts[1:]),
            confirm=self.title(record),
            held=held,
            silent=self.silent(),
        )

    def silent(self) -> list[str]:
        """Return the plugins that keep tables and say nothing of personal data."""
        registry = self._crm.registry
        telling = {owned.plugin for owned in registry.personal_data.values()}
        return sorted({owned.plugin for owned in registry.tables.values()} - telling - {CORE})

    async def begin_erase(
        self, contact: UUID, confirm: str, *, actor: Actor, in_background: bool = True
    ) -> UUID:
        """Erase everything of the person; return the erasure's id. Raises Invalid without the right ``confirm``."""
        record = await self.contact(contact, ERASE, actor=actor)
        name = self.title(record)
        if " ".join(confirm.split()).casefold() != " ".join(name.split()).casefold():
            problem = Problem(path="/confirm", code="not_confirmed", message=_CONFIRM, params={"name": name})
            raise Invalid(problems=(problem,))
        return await self.erasures.begin(record.id, actor=actor, in_background=in_background)

    async def status(self, contact: UUID, *, actor: Actor) -> dict[str, Any]:
        """Return the newest erasure of the contact with its steps. Raises NotFound when there is none."""
        record = await self.contact(contact, ERASE, actor=actor)
        found = await self.erasures.of_contact(record.id)
        if found is None:
            raise NotFound()
        return found

    def title(self, record: Record) -> str:
        """Return what the person is called: what has to be written to erase them."""
        return str(self._crm.records.record_type("contact").title(record.document)) or str(record.id)
