"""The core's part in answering: no message goes where it is not wanted or does not arrive."""

from typing import Any

import msgspec

from crmcore.contacts.tables import ContactPoint
from crmcore.contracts.channels import ChannelAccount
from crmcore.contracts.messages import OutboundMessage, Verdict
from crmcore.conversations.sentences import sentence
from crmcore.hookspecs import hookimpl


class Answering:
    """Answers for the core when a reply is about to be sent."""

    crm: Any

    @hookimpl
    async def filter_outbound_message(
        self, message: OutboundMessage, account: ChannelAccount
    ) -> Verdict | None:
        """Leave out contact points that opted out or bounced; hold the message when none is left."""
        if message.contact_id is None or not message.to:
            return None
        rows = await ContactPoint.select(ContactPoint.kind, ContactPoint.raw, ContactPoint.normalized).where(
            ContactPoint.contact == message.contact_id,
            (ContactPoint.opt_out.eq(True)) | (ContactPoint.bounced.eq(True)),
        )
        if not rows:
            return None
        closed = {(row["kind"], row[name]) for row in rows for name in ("raw", "normalized")}
        left = tuple(identity for identity in message.to if (identity.kind, identity.value) not in closed)
        if left:
            return Verdict(message=msgspec.structs.replace(message, to=left))
        where = ", ".join(identity.value for identity in message.to)
        reason = sentence("unreachable", self.crm.settings.language, value=where)
        return Verdict(action="hold", reason=reason)
