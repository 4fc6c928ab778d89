"""Applies one message in one transaction: contact, conversation, message, notes, task, event."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contacts.resolve import current_contact, kind_name, new_contact, owners_of
from crmcore.contacts.service import Contacts
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import text_of
from crmcore.conversations.arrival import Arrival
from crmcore.conversations.messages import add_message, new_message, remember_in
from crmcore.conversations.offers import Offer, Refused
from crmcore.conversations.sentences import label, sentence
from crmcore.conversations.thread import Placement, Threads
from crmcore.conversations.times import NOTHING_YET, after_inbound
from crmcore.database.database import Database
from crmcore.errors import Invalid
from crmcore.events.outbox import Outbox
from crmcore.records.service import Records

# Names and technical facts: a different value is no contradiction worth a note.
_QUIET = frozenset({"first_name", "last_name", "language", "time_zone", "ip_address", "browser", "avatar"})
_NAMES = frozenset({"first_name", "last_name"})
_POINT_LISTS = frozenset({"emails", "phones", "handles"})


class Refusal(Exception):
    """The gate refused a part of what arrived: the transaction is rolled back and tried without it."""

    def __init__(self, part: str, invalid: Invalid) -> None:
        super().__init__(part, invalid.code)
        self.part = part
        self.invalid = invalid


class Applier:
    """Writes one arrival. Everything it does is in the caller's transaction."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        records: Records,
        contacts: Contacts,
        outbox: Outbox,
        language: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._contacts = contacts
        self._outbox = outbox
        self._language = language
        self._threads = Threads(database, language)

    async def apply(self, arrival: Arrival) -> UUID:
        """Append the message and return its conversation.

        Raises :class:`~crmcore.conversations.messages.AlreadyThere` when the message is there already and
        :class:`Refusal` when the gate refuses a part; both leave nothing behind when the caller rolls back.
        """
        message, at = arrival.message, _moment(arrival)
        contact, created = await self._contact(arrival)
        actor = arrival.actor(contact)
        place = await self._threads.place(
            message,
            account=arrival.account.row["id"],
            policy=arrival.account.policy,
            contact=contact,
            now=self._clock(),
        )
        conversation = await self._conversation(arrival, place, contact, actor, at)
        row = new_message(
            conversation,
            "inbound",
            message.text,
            actor=Actor(kind="contact", id=str(contact) if contact else "", label=arrival.sender),
            at=at,
            account=arrival.account.row["id"],
            external_id=message.external_id,
            thread_reason=self._reason(arrival, place),
        )
        await add_message(row)
        if place.row is not None:
            await self._continue(arrival, place.row, contact if place.adopt else None, actor, at)
        task = await self._task(arrival, row.id, conversation, contact, actor)
        notes = arrival.refusals()
        if place.row is None:
            notes += await self._other_points(arrival, contact, created)
        await self._note(conversation, notes)
        await self._outbox.write(
            "message_received",
            "message",
            row.id,
            actor,
            data={
                "conversation_id": str(conversation),
                "contact_id": str(contact) if contact else None,
                "channel": arrival.account.account.channel,
                "account_id": str(arrival.account.row["id"]),
                "at": at.isoformat(),
                **({"task_id": str(task)} if task else {}),
                **({"details": message.details} if message.details else {}),
            },
        )
        return conversation

    async def _contact(self, arrival: Arrival) -> tuple[UUID | None, bool]:
        if arrival.contact_id is not None:
            row = await current_contact(arrival.contact_id, self._database)
            if row is not None:
                if row["id"] != arrival.contact_id:
                    arrival.contact_reason = sentence(
                        "followed_merge", self._language, reason=arrival.contact_reason
                    )
                await self._fill_blanks(arrival, row)
                await self._heard_of(arrival, row)
                found: UUID = row["id"]
                return found, False
        if arrival.contact is None:
            return None, False
        document = arrival.contact.document
        if not arrival.points and not any(document.get(name) for name in _NAMES | _POINT_LISTS):
            return None, False
        try:
            record = await self._records.create(
                "contact",
                document,
                actor=arrival.actor(None),
                reason=self._contacts.say_new(),
                internal={"point_list": arrival.points, **_last_contact(arrival)},
                incomplete=True,
            )
        except Invalid as invalid:
            raise Refusal("contact", invalid) from invalid
        return record.id, True

    async def _heard_of(self, arrival: Arrival, row: dict[str, Any]) -> None:
        """Keep when and through which channel the contact was last heard of. It is no edit of the contact."""
        at = _moment(arrival)
        if row["last_contact_at"] is None or row["last_contact_at"] < at:
            values: dict[Any, Any] = _last_contact(arrival)
            await Contact.update(values, force=True).where(Contact.id == row["id"])

    async def _fill_blanks(self, arrival: Arrival, row: dict[str, Any]) -> None:
        """Give a known contact what it has no value for; a value that differs is told, never overwritten."""
        if arrival.contact is None:
            return
        document = arrival.contact.document
        fresh = {name: value for name, value in document.items() if name not in _POINT_LISTS | {"custom"}}
        if row["first_name"] or row["last_name"]:
            fresh.pop("first_name", None)
            fresh.pop("last_name", None)
        custom = document.get("custom") or {}
        if not fresh and not custom:
            return
        known = (await self._records.get("contact", row["id"], actor=system_actor())).document
        changes = self._blanks(arrival.contact, fresh, known, "")
        if filled := self._blanks(arrival.contact, custom, known["custom"], "custom."):
            changes["custom"] = filled
        if not changes:
            return
        try:
            await self._records.update("contact", row["id"], changes, actor=arrival.actor(row["id"]))
        except Invalid as invalid:
            raise Refusal("contact", invalid) from invalid

    def _blanks(
        self, offer: Offer, given: dict[str, Any], known: dict[str, Any], prefix: str
    ) -> dict[str, Any]:
        changes = {}
        for name, value in given.items():
            if known.get(name) in (None, "", []):
                changes[name] = value
            elif known[name] != value and name not in _QUIET:
                reason = sentence("kept_value", self._language)
                refused = Refused(field=f"{prefix}{name}", value=str(value)[:200], reason=reason)
                if refused not in offer.refused:
                    offer.refused.append(refused)
        return changes

    async def _conversation(
        self, arrival: Arrival, place: Placement, contact: UUID | None, actor: Actor, at: datetime
    ) -> UUID:
        if place.row is not None:
            custom = arrival.conversation.document.get("custom")
            found: UUID = place.row["id"]
            if custom:
                await self._offered("update", arrival, actor, found, {"custom": custom}, {})
            return found
        internal = {
            "contact": contact,
            "account": arrival.account.row["id"],
            "thread_key": arrival.message.thread_key,
            **after_inbound(NOTHING_YET, arrival.message.text, at),
        }
        return await self._offered("create", arrival, actor, None, arrival.conversation.document, internal)

    async def _offered(
        self,
        action: str,
        arrival: Arrival,
        actor: Actor,
        id: UUID | None,
        document: dict[str, Any],
        internal: dict[str, Any],
    ) -> UUID:
        try:
            if action == "update" and id is not None:
                return (await self._records.update("conversation", id, document, actor=actor)).id
            record = await self._records.create(
                "conversation", document, actor=actor, internal=internal, incomplete=True
            )
        except Invalid as invalid:
            raise Refusal("conversation", invalid) from invalid
        return record.id

    async def _continue(
        self, arrival: Arrival, row: dict[str, Any], adopt: UUID | None, actor: Actor, at: datetime
    ) -> None:
        values = after_inbound(row, arrival.message.text, at)
        if adopt is not None:
            values["contact"] = adopt
        if row["status"] != "open":
            reason = sentence("customer_wrote", self._language)
            try:
                await self._records.update(
                    "conversation", row["id"], {"status": "open"}, actor=actor, reason=reason
                )
            except Invalid as invalid:
                raise Refusal("conversation", invalid) from invalid
        await remember_in(row["id"], values)

    async def _task(
        self, arrival: Arrival, message: UUID, conversation: UUID, contact: UUID | None, actor: Actor
    ) -> UUID | None:
        request = arrival.message.task
        if request is None or arrival.task is None or "title" not in arrival.task.document:
            return None
        due = arrival.delivery["received_at"] + timedelta(seconds=request.due_in_s)
        try:
            record = await self._records.create(
                "task",
                {**arrival.task.document, "due_at": due.isoformat()},
                actor=actor,
                internal={"message_id": message, "conversation": conversation, "contact": contact},
            )
        except Invalid as invalid:
            raise Refusal("task", invalid) from invalid
        return record.id

    async def _other_points(self, arrival: Arrival, contact: UUID | None, created: bool) -> list[Refused]:
        """Return the sender's further contact points that are not this contact's: a person decides about them."""
        if created or contact is None or len(arrival.points) < 2:
            return []
        owners = await owners_of(arrival.points)
        found = []
        for point in arrival.points:
            owner = owners.get((point.kind, point.normalized))
            if owner != contact:
                name = "point_unknown" if owner is None else "point_elsewhere"
                reason = sentence(name, self._language)
                found.append(
                    Refused(field=kind_name(point.kind, self._language), value=point.raw, reason=reason)
                )
        return found

    async def _note(self, conversation: UUID, refusals: list[Refused]) -> None:
        if not refusals:
            return
        lines = [sentence("refused_values", self._language)]
        for refused in refusals:
            name = "refused_value" if refused.value else "refused_whole"
            lines.append(
                text_of(label(name), self._language).format(
                    field=refused.field, value=refused.value, reason=refused.reason
                )
            )
        note = new_message(
            conversation, "note", "\n".join(lines), actor=system_actor("crmcore"), at=self._clock()
        )
        await add_message(note)

    def _reason(self, arrival: Arrival, place: Placement) -> str:
        return " ".join(part for part in (arrival.contact_reason, place.reason) if part)[:300]


def offer_for(arrival: Arrival) -> Offer:
    """Return what the arrival offers for a contact."""
    return Offer(new_contact(arrival.message))


def _last_contact(arrival: Arrival) -> dict[str, Any]:
    return {"last_contact_at": _moment(arrival), "last_contact_channel": arrival.account.account.channel}


def _moment(arrival: Arrival) -> datetime:
    """Return when the message was written: what the channel says, but never after it arrived."""
    received_at: datetime = arrival.delivery["received_at"]
    sent_at = arrival.message.sent_at
    return received_at if sent_at is None else min(sent_at, received_at)
