"""Builds what a channel sends from a stored reply, and asks the filters about it."""

from typing import Any
from uuid import UUID

from crmcore.contacts.tables import ContactPoint
from crmcore.contracts.channels import Channel
from crmcore.contracts.messages import Identity, OutboundMessage, Verdict
from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.conversations.attachments import outbound_attachments
from crmcore.conversations.found import Found
from crmcore.conversations.sentences import sentence
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE


class Stopped(Exception):
    """A reply is not sent: ``state`` is held or failed, the text says why."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state


async def outbound_message(
    message: dict[str, Any], conversation: dict[str, Any], channel: Channel
) -> OutboundMessage:
    """Return the stored reply as its channel gets it, addressed to every point that the channel reaches."""
    contact: UUID | None = conversation["contact"]
    to: tuple[Identity, ...] = ()
    if contact is not None:
        rows = (
            await ContactPoint.select()
            .where(
                ContactPoint.contact == contact,
                ContactPoint.kind.is_in(list(channel.capabilities.identity_kinds)),
            )
            .order_by(ContactPoint.position, ContactPoint.id)
        )
        rows.sort(key=lambda row: not row["is_primary"])
        to = tuple(Identity(kind=row["kind"], value=_address(row)) for row in rows)
    return OutboundMessage(
        id=message["id"],
        conversation_id=conversation["id"],
        conversation_number=conversation["number"],
        contact_id=contact,
        to=to,
        text=message["text"],
        subject=conversation["subject"],
        thread_key=conversation["thread_key"],
        author=message["author_name"],
        attachments=outbound_attachments(message["attachments"]),
    )


async def filtered(
    message: OutboundMessage, account: Found, dispatch: Dispatcher, language: str
) -> OutboundMessage:
    """Return ``message`` as the filters of all plugins leave it; raises :class:`Stopped`.

    A filter that fails holds the message for a person: what it would have said is not known.
    """
    for plugin in dispatch.implementers("filter_outbound_message"):
        try:
            verdict: Verdict | None = await dispatch.call_one(
                plugin, "filter_outbound_message", message=message, account=account.account
            )
        except (PluginFailed, InvalidValue, Refusal) as failed:
            reason = failed.sentence(language) if isinstance(failed, PluginFailed) else str(failed)
            raise Stopped(
                "held", sentence("filter_failed", language, plugin=plugin, reason=reason)
            ) from failed
        if verdict is None:
            continue
        if verdict.action != "pass":
            reason = verdict.reason or sentence("no_reason", language)
            if plugin != CORE:
                reason = sentence("dropped", language, plugin=plugin, reason=reason)
            raise Stopped("failed" if verdict.action == "drop" else "held", reason)
        changed = verdict.message
        # Which message it is and whose conversation it belongs to is not a filter's to change.
        if (
            isinstance(changed, OutboundMessage)
            and changed.id == message.id
            and changed.conversation_id == message.conversation_id
        ):
            message = changed
    return message


def _address(row: dict[str, Any]) -> str:
    """Return what vendors take: numbers in E.164, everything else as the person wrote it."""
    return str(row["normalized"] if row["kind"] == "phone" else row["raw"])
