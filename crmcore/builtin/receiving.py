"""The core's part in receiving: who wrote, what a trap caught, when a contact was last heard of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from crmcore.contacts.resolve import current_contact
from crmcore.contacts.tables import Contact
from crmcore.contracts.channels import ChannelAccount
from crmcore.contracts.events import Event
from crmcore.contracts.messages import ContactMatch, InboundMessage, Verdict
from crmcore.conversations.sentences import sentence
from crmcore.hookspecs import hookimpl


class Receiving:
    """Answers for the core wherever receiving asks the plugins."""

    crm: Any

    @hookimpl
    async def resolve_contact(self, message: InboundMessage) -> ContactMatch | None:
        """Compare contact points; asked after all plugins."""
        match: ContactMatch | None = await self.crm.contacts.match(message)
        return match

    @hookimpl
    def filter_inbound_message(self, message: InboundMessage, account: ChannelAccount) -> Verdict | None:
        """Drop what a channel's own trap caught."""
        if not message.trapped:
            return None
        return Verdict(action="drop", reason=sentence("trapped", self.crm.settings.language))

    @hookimpl
    async def message_received(self, event: Event) -> None:
        """Keep when and through which channel a contact was last heard of."""
        if not event.data.get("contact_id"):
            return
        row = await current_contact(UUID(event.data["contact_id"]), self.crm.database)
        at = datetime.fromisoformat(event.data["at"])
        if row is None or (row["last_contact_at"] is not None and row["last_contact_at"] >= at):
            return
        await Contact.update(
            {"last_contact_at": at, "last_contact_channel": event.data["channel"]}, force=True
        ).where(
            Contact.id == row["id"],
            (Contact.last_contact_at.is_null()) | (Contact.last_contact_at < at),
        )
