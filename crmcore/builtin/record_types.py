"""The core's own record types."""

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from crmcore.accounts.record_type import team_type, user_type
from crmcore.builtin.jobs import WAKE_JOB
from crmcore.builtin.task_links import WorkspaceTaskLinks
from crmcore.contacts.record_type import company_type, contact_type
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import Record, RecordType, RowLink
from crmcore.conversations.record_type import conversation_type, message_type
from crmcore.duplicates.entries import people_added, people_changed
from crmcore.hookspecs import hookimpl
from crmcore.jobs.host import LONG
from crmcore.jobs.wake_ups import WakeUps
from crmcore.notifications.due import JOB as TELL_JOB
from crmcore.records.reasons import reason
from crmcore.records.tag_type import tag_type
from crmcore.records.together import NewRecord
from crmcore.tasks.record_type import task_type

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class RecordTypes:
    """Contributes contacts, companies, conversations, messages, tasks, users, teams and tags."""

    crm: "Crm"

    @hookimpl
    def register_record_types(self) -> list[RecordType]:
        """Return the built-in record types."""
        clock = self.crm.clock
        to_wake, to_tell = (WakeUps(lambda: self.crm.jobs, job) for job in (WAKE_JOB, TELL_JOB))
        conversation = conversation_type(clock, self.crm.settings.language, to_wake.soon)
        contact = contact_type(
            self.crm.point_rules,
            self._make_company,
            self._make_companies,
            people_changed,
            people_added,
            seen_through=(RowLink(record_type=conversation, column="contact"),),
        )
        company = company_type(
            self._company_renamed, seen_through=(RowLink(record_type=contact, column="company"),)
        )
        return [
            contact,
            company,
            conversation,
            message_type(within=RowLink(record_type=conversation, column="conversation")),
            task_type(clock, WorkspaceTaskLinks(self.crm), to_tell.soon),
            user_type(clock, self._may_give),
            team_type(),
            tag_type(clock),
        ]

    async def _may_give(self, role: str, actor: Actor) -> bool:
        return await self.crm.roles.may_give(role, actor)

    async def _company_renamed(self, id: UUID) -> None:
        await self.crm.jobs.enqueue(LONG, "core.reindex_people", {"company": str(id)})

    async def _make_company(self, name: str, actor: Actor) -> UUID:
        company = await self.crm.records.create(
            "company", {"name": name}, actor=_may_make_companies(actor), reason=reason("company_named")
        )
        return company.id

    async def _make_companies(self, names: Sequence[str], actor: Actor) -> list[UUID]:
        wanted = [NewRecord({"name": name}, reason("company_named")) for name in names]
        made = await self.crm.records.create_many(
            "company", wanted, actor=_may_make_companies(actor), until=inf
        )
        for answer in made:
            if not isinstance(answer, Record):
                raise answer
        return [company.id for company in made if isinstance(company, Record)]


def _may_make_companies(actor: Actor) -> Actor:
    """Return who may make the companies that contacts are of, because he may write the contacts."""
    return msgspec.structs.replace(actor, permissions=actor.permissions | {"company.write"})
