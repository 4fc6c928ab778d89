"""The core's part in receiving: who wrote, and what a trap caught."""

from typing import Any

from crmcore.contracts.channels import ChannelAccount
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
