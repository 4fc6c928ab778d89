"""The core's own record types."""

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from crmcore.accounts.record_type import team_type, user_type
from crmcore.contacts.record_type import company_type, contact_type
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.conversations.record_type import conversation_type, message_type
from crmcore.hookspecs import hookimpl
from crmcore.records.tag_type import tag_type
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
        return [
            contact_type(self.crm.point_rules, self._make_company),
            company_type(self._company_renamed),
            conversation_type(clock, self.crm.settings.language),
            message_type(),
            task_type(clock),
            user_type(clock),
            team_type(),
            tag_type(),
        ]

    async def _company_renamed(self, id: UUID) -> None:
        await self.crm.jobs.enqueue("core", "reindex_people", {"company": str(id)})

    async def _make_company(self, name: str, actor: Actor) -> UUID:
        allowed = msgspec.structs.replace(actor, permissions=actor.permissions | {"company.write"})
        company = await self.crm.records.create(
            "company", {"name": name}, actor=allowed, reason="named by a contact"
        )
        return company.id
