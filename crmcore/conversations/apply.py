"""Applies one message in one transaction: contact, conversation, message, notes, task, event."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crmcore.clock import Clock
from crmcore.contacts.service import Contacts
from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import text_of
from crmcore.contracts.sayings import Saying
from crmcore.conversations.arrival import Arrival
from crmcore.conversations.attachments import column_of, hang_on
from crmcore.conversations.event_lines import event_line
from crmcore.conversations.late import first_answer
from crmcore.conversations.messages import AlreadyThere, add_message, new_message, remember_in
from crmcore.conversations.offers import Refused
from crmcore.conversations.refusal import Refusal
from crmcore.conversations.senders import Senders
from crmcore.conversations.sentences import label, sentence
from crmcore.conversations.tables import Message
from crmcore.conversations.thread import Placement, Threads
from crmcore.conversations.times import NOTHING_YET, after_inbound
from crmcore.conversations.told import said
from crmcore.database.database import Database
from crmcore.errors import Invalid
from crmcore.events.outbox import Outbox
from crmcore.privacy.marks import ErasedMarks
from crmcore.records.sealed import HIDDEN
from crmcore.records.service import Records


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
        erased: ErasedMarks,
        language: str,
    ) -> None:
        self._clock = clock
        self._erased = erased
        self._records = records
        self._senders = Senders(database=database, records=records, contacts=contacts, language=language)
        self._outbox = outbox
        self._language = language
        self._threads = Threads(database, language)

    async def apply(self, arrival: Arrival) -> UUID:
        """Append the message and return its conversation.

        Raises :class:`~crmcore.conversations.messages.AlreadyThere` when the message is there already and
        :class:`Refusal` when the gate refuses a part; both leave nothing behind when the caller rolls back.
        """
        message, at = arrival.message, arrival.at
        contact, created = await self._senders.contact_of(arrival)
        was_erased = created and bool(await self._erased.among(arrival.points))
        if was_erased:
            await self._refuse_erased(arrival)
        actor = arrival.actor(contact)
        place = await self._threads.place(
            message,
            account=arrival.account.row["id"],
            policy=arrival.account.policy,
            contact=contact,
            now=self._clock(),
        )
        conversation = await self._conversation(arrival, place, contact, actor, at)
        reason = self._reason(arrival, place)
        row = new_message(
            conversation,
            "inbound",
            message.text,
            actor=Actor(kind="contact", id=str(contact) if contact else "", label=arrival.sender),
            at=at,
            account=arrival.account.row["id"],
            external_id=message.external_id,
            thread_reason=reason[:300],
            said=said(thread_reason=reason),
            html=arrival.html,
            attachments=column_of(arrival.files),
        )
        # When it came, beside when it was written: what came after a conversation was closed waits for an answer.
        row.updated_at = self._clock()
        await add_message(row)
        await hang_on(row.id, arrival.files)
        if was_erased:
            await self._tell_erased(conversation)
        if place.row is not None:
            await self._continue(arrival, place.row, contact if place.adopt else None, actor, at)
        task = await self._task(arrival, row.id, conversation, contact, actor)
        notes = arrival.refusals()
        if place.row is None and not created:
            notes += await self._senders.other_points(arrival, contact)
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
            **after_inbound(NOTHING_YET, arrival.words, at),
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
                changed = await self._records.update(
                    "conversation", id, document, actor=actor, incomplete=True
                )
                return changed.id
            record = await self._records.create(
                "conversation", document, actor=actor, internal=internal, incomplete=True
            )
        except Invalid as invalid:
            raise Refusal("conversation", invalid) from invalid
        return record.id

    async def _continue(
        self, arrival: Arrival, row: dict[str, Any], adopt: UUID | None, actor: Actor, at: datetime
    ) -> None:
        values = after_inbound(row, arrival.words, at)
        if (answered := row["last_outbound_at"]) is not None and at <= answered:
            values["first_response_at"] = await first_answer(row, at)
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

    async def _refuse_erased(self, arrival: Arrival) -> None:
        """Raise AlreadyThere when the message is one that was erased, delivered once more."""
        account, external_id = arrival.account.row["id"], arrival.message.external_id
        mark = await self._erased.external_id(account, external_id)
        if await Message.exists().where(Message.account == account, Message.external_id == mark):
            raise AlreadyThere(mark)

    async def _tell_erased(self, conversation: UUID) -> None:
        line = event_line("was_erased", self._language)
        event = new_message(
            conversation, "event", line, actor=system_actor("crmcore"), at=self._clock(), said=said(text=line)
        )
        await add_message(event)

    async def _note(self, conversation: UUID, refusals: list[Refused]) -> None:
        if not refusals:
            return
        lines: list[str] = [sentence("refused_values", self._language)]
        hidden = self._records.sensitive("contact") | self._records.sensitive("conversation")
        for refused in refusals:
            value = HIDDEN if refused.value and refused.field in hidden else refused.value
            name = "refused_value" if refused.value else "refused_whole"
            lines.append(
                text_of(label(name), self._language).format(
                    field=refused.field, value=value, reason=refused.reason
                )
            )
        note = new_message(
            conversation, "note", "\n".join(lines), actor=system_actor("crmcore"), at=self._clock()
        )
        await add_message(note)

    def _reason(self, arrival: Arrival, place: Placement) -> Saying:
        return Saying.joined(arrival.contact_reason, place.reason)
