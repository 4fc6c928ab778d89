"""One incoming message on its way into a conversation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from crmcore.contacts.points import Point
from crmcore.contracts.actors import Actor
from crmcore.contracts.messages import InboundMessage
from crmcore.conversations.found import Found
from crmcore.conversations.offers import Offer, Refused
from crmcore.plugins.names import CORE


class Arrival:
    """What is known of one message while it is applied, kept over attempts that were rolled back.

    ``html`` is cleaned, ``files`` are stored.
    ``contact``, ``conversation`` and ``task`` are offers to the gate; ``contact`` is None when no contact can be
    made. ``loose`` are refusals that belong to no offer.
    """

    __slots__ = (
        "account",
        "contact",
        "contact_id",
        "contact_reason",
        "conversation",
        "delivery",
        "files",
        "html",
        "loose",
        "message",
        "points",
        "task",
    )

    def __init__(self, message: InboundMessage, account: Found, delivery: dict[str, Any]) -> None:
        self.message = message
        self.account = account
        self.delivery = delivery
        self.points: list[Point] = []
        self.contact: Offer | None = None
        self.contact_id: UUID | None = None
        self.contact_reason = ""
        conversation: dict[str, Any] = {"subject": message.subject}
        if message.conversation_custom:
            conversation["custom"] = message.conversation_custom
        self.conversation = Offer(conversation)
        self.task = Offer({"title": message.task.title}) if message.task else None
        self.loose: list[Refused] = []
        self.html = ""
        self.files: list[dict[str, Any]] = []

    @property
    def at(self) -> datetime:
        """When the message was written: what the channel says, but never after it arrived."""
        received_at: datetime = self.delivery["received_at"]
        sent_at = self.message.sent_at
        return received_at if sent_at is None else min(sent_at, received_at)

    @property
    def words(self) -> str:
        """What a list shows of the message: its text, or the names of its files."""
        return self.message.text or ", ".join(row["name"] for row in self.files)

    @property
    def sender(self) -> str:
        """The sender's name, or how to reach them."""
        return self.message.name or next((point.raw for point in self.points), "")

    def actor(self, contact: UUID | None) -> Actor:
        """Return who writes: the customer, or the plugin whose channel brings its own fields along."""
        label = (self.sender or self.account.account.name)[:200]
        plugin = self.account.account.plugin
        if plugin != CORE:
            return Actor(kind="plugin", id=plugin, label=label, permissions=frozenset({"*"}))
        return Actor(
            kind="contact", id=str(contact) if contact else "", label=label, permissions=frozenset({"*"})
        )

    def refusals(self) -> list[Refused]:
        """Return everything that was not accepted, in one list."""
        offers = [offer for offer in (self.contact, self.conversation, self.task) if offer is not None]
        return [*self.loose, *(refused for offer in offers for refused in offer.refused)]
