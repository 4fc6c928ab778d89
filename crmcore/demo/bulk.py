"""A large base, generated: many contacts with conversations, the same for the same size.

The one path that does not go through the gate: rows are written as the gate writes them, a thousand contacts in one
transaction, but without history and without events, which nobody wants a hundred thousand of. A list, a
search or a page cannot tell them from others.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from piccolo.table import Table

from crmcore.clock import uuid7
from crmcore.contacts.points import Point
from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.contracts.actors import system_actor
from crmcore.contracts.search import SearchParts
from crmcore.conversations.messages import entry_of
from crmcore.conversations.tables import Conversation, Counter, Message
from crmcore.demo.answers import answer
from crmcore.demo.people import Person, make_person
from crmcore.demo.progress import Progress
from crmcore.demo.setting import CHAT
from crmcore.demo.story import Question, tell
from crmcore.demo.topics import group_of, subject_of
from crmcore.records.query import ListQuery
from crmcore.search.entry import Entry, make_entry
from crmcore.search.words import Stems
from crmcore.search.writing import add_entries

if TYPE_CHECKING:
    from crmcore.workspace import Crm

BATCH = 1000
YEARS = 2


class Batch:
    """The rows of up to a thousand contacts, gathered and then written together."""

    def __init__(self) -> None:
        self.contacts: list[Contact] = []
        self.points: list[ContactPoint] = []
        self.conversations: list[Conversation] = []
        self.messages: list[Message] = []
        self.entries: list[Entry] = []

    async def write(self) -> None:
        """Write everything, in the order of the foreign keys."""
        for table, rows in (
            (Contact, self.contacts),
            (ContactPoint, self.points),
            (Conversation, self.conversations),
            (Message, self.messages),
        ):
            await _insert(table, rows)
        await add_entries(self.entries)


async def _insert(table: type[Table], rows: list[Any]) -> None:
    # SQLite takes at most 32,766 values in one statement.
    at_once = 32_000 // len(table._meta.columns)
    for start in range(0, len(rows), at_once):
        await table.insert(*rows[start : start + at_once])


async def generate(crm: "Crm", size: int, colleagues: Mapping[str, UUID], progress: Progress) -> None:
    """Add made-up contacts until there are ``size``, each with a conversation of one to three messages."""
    random = Random(size)  # noqa: S311 - made-up people, not secrets
    told = tell(crm.clock())
    questions = {language: [said for said in told if said.language == language] for language in ("en", "ru")}
    found = await crm.channel_accounts.get(CHAT)
    there = await crm.records.count("contact", ListQuery(), actor=system_actor())
    # Told apart from the people of the story and of an earlier, smaller base by their numbers.
    first = 1000 + there
    now = crm.clock()
    stems = Stems()
    for start in range(there, size, BATCH):
        batch = Batch()
        count = min(BATCH, size - start)
        async with crm.database.transaction():
            last_number = await _take_numbers(count)
            for position in range(count):
                person = make_person(first + start - there + position, random, company=False)
                moment = now - timedelta(days=365 * YEARS) * random.random()
                _add(
                    batch,
                    person,
                    moment,
                    last_number - count + position + 1,
                    found.row["id"],
                    questions,
                    random,
                )
                _index(batch, person, stems)
            with crm.database.patience(60):
                await batch.write()
        progress("Generating contacts", start + count, size)


async def _take_numbers(count: int) -> int:
    """Take ``count`` conversation numbers in the open transaction and return the last."""
    rows = await Counter.raw(
        "INSERT INTO counter (name, value) VALUES ('conversation', {}) "
        "ON CONFLICT (name) DO UPDATE SET value = counter.value + {} RETURNING value",
        count,
        count,
    )
    return int(rows[0]["value"])


def _add(
    batch: Batch,
    person: Person,
    moment: datetime,
    number: int,
    account: UUID,
    questions: Mapping[str, list[Question]],
    random: Random,
) -> None:
    points = [
        Point(kind="email", raw=person.email, normalized=person.email),
        Point(kind="phone", raw=person.phone, normalized=person.phone),
    ]
    contact = Contact(
        id=uuid7(moment),
        first_name=person.first_name,
        last_name=person.last_name,
        language=person.language,
        points=_json(points),
        search_text=f"{person.name} {person.email} {person.phone}".casefold(),
        custom=_json({"tier": random.choice(("gold", "silver", "standard", "standard"))}),
        last_contact_at=moment,
        last_contact_channel="api",
        created_at=moment,
        updated_at=moment,
    )
    batch.contacts.append(contact)
    batch.points += [
        ContactPoint(
            id=uuid7(moment),
            contact=contact.id,
            kind=point.kind,
            raw=point.raw,
            normalized=point.normalized,
            is_primary=True,
        )
        for point in points
    ]
    asked = random.choice(questions[person.language])
    texts = [asked.text, answer(random, person.language, person.first_name)][: random.randint(1, 2)]
    answered = len(texts) > 1
    last = moment + timedelta(minutes=30) if answered else moment
    conversation = Conversation(
        id=uuid7(moment),
        number=number,
        subject=subject_of(asked.topic),
        status="closed" if answered else "open",
        contact=contact.id,
        account=account,
        preview=texts[-1][:200],
        message_count=len(texts),
        waiting_since=None if answered else moment,
        first_response_at=last if answered else None,
        last_inbound_at=moment,
        last_outbound_at=last if answered else None,
        last_activity_at=last,
        closed_at=last if answered else None,
        custom=_json({"topic": group_of(asked.topic)}),
        created_at=moment,
        updated_at=last,
    )
    batch.conversations.append(conversation)
    for position, text in enumerate(texts):
        batch.messages.append(
            Message(
                id=uuid7(moment + timedelta(minutes=30 * position)),
                conversation=conversation.id,
                kind="reply" if position else "inbound",
                account=account,
                author_kind="system" if position else "contact",
                author_id="" if position else str(contact.id),
                author_name="" if position else person.name,
                text=text,
                delivery="sent" if position else "",
                created_at=moment + timedelta(minutes=30 * position),
                updated_at=moment + timedelta(minutes=30 * position),
            )
        )


def _index(batch: Batch, person: Person, stems: Stems) -> None:
    """Add the words of the last contact, its conversation and its messages, as the gate does."""
    contact, conversation = batch.contacts[-1], batch.conversations[-1]
    known = SearchParts(
        names=(person.first_name, person.last_name),
        titles=_chosen(contact),
        addresses=(person.email,),
        phones=(person.phone,),
    )
    asked = SearchParts(titles=(conversation.subject, *_chosen(conversation)), numbers=(conversation.number,))
    batch.entries += [
        make_entry(
            "contact", contact.id, known, title=person.name, created_at=contact.created_at, stems=stems
        ),
        make_entry(
            "conversation",
            conversation.id,
            asked,
            title=f"#{conversation.number} {conversation.subject}".strip(),
            created_at=conversation.created_at,
            stems=stems,
        ),
        *(entry_of(message, stems) for message in batch.messages[-conversation.message_count :]),
    ]


def _chosen(row: Contact | Conversation) -> tuple[str, ...]:
    """Return the custom values of a row: all are choices of filterable fields, and records are found by them."""
    return tuple(msgspec.json.decode(row.custom, type=dict[str, str]).values())


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
