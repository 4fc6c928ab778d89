"""Generated people, their conversations and messages, as rows of the tables that the product fills."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec
from msgspec import Struct, field
from piccolo.table import Table

from crmcore.clock import uuid7
from crmcore.contacts.points import Point
from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.contracts.search import SearchParts
from crmcore.conversations.tables import Conversation, Message
from crmcore.demo.people import make_person
from crmcore.records.tables import History
from crmcore.search.entry import Entry, make_entry, message_entry
from crmcore.search.words import Stems

Templates = Mapping[type[Table], tuple[Any, ...]]

CHUNK = 500
MESSAGES_EACH = 50
"""Messages of a conversation, as many as the benchmark reads with it."""
TIERS = ("gold", "silver", "bronze", "none")
_SYLLABLES = (
    "de",
    "liv",
    "er",
    "or",
    "der",
    "pay",
    "ment",
    "re",
    "fund",
    "ship",
    "box",
    "part",
    "ly",
    "con",
    "up",
)


class Chunk(Struct, frozen=True):
    """Rows of some hundred contacts, by table, and the index entries that go with them."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def add(self, template: tuple[Any, ...], table: type[Table], **values: Any) -> None:
        """Add a row of ``table``: ``template`` with ``values``."""
        names = columns_of(table)
        row = list(template)
        for name, value in values.items():
            row[names.index(name)] = value
        self.rows.setdefault(table._meta.tablename, []).append(tuple(row))


def columns_of(table: type[Table]) -> list[str]:
    """Return the names of the columns of ``table`` in the database, in the order of its rows."""
    return [column._meta.db_column_name for column in table._meta.columns]


def template_of(table: type[Table], now: datetime) -> tuple[Any, ...]:
    """Return a row of ``table`` with the defaults of its columns; moments are ``now``."""
    made = table(_ignore_missing=True)
    values = [getattr(made, column._meta.name) for column in table._meta.columns]
    return tuple(now if isinstance(value, datetime) else value for value in values)


def chunks(contacts: int, messages: int, now: datetime) -> Iterator[Chunk]:
    """Return the whole base, the oldest first, as entries come in life."""
    random, stems = Random(1), Stems()
    words = ["".join(random.choices(_SYLLABLES, k=random.randint(1, 4))) for _ in range(6000)]
    tables: tuple[type[Table], ...] = (Contact, ContactPoint, Conversation, Message, History)
    templates = {table: template_of(table, now) for table in tables}
    cases = messages // MESSAGES_EACH
    every = max(contacts // cases, 1) if cases else 0
    begun = 0
    for start in range(0, contacts, CHUNK):
        chunk = Chunk()
        for number in range(start, min(start + CHUNK, contacts)):
            moment = now - timedelta(seconds=300 * (contacts - number))
            contact = _contact(chunk, templates, number, moment, random, stems)
            if every and number % every == 0 and begun < cases:
                begun += 1
                _conversation(chunk, templates, contact, begun, moment, random, words, stems)
        yield chunk


def _contact(
    chunk: Chunk,
    templates: Templates,
    number: int,
    moment: datetime,
    random: Random,
    stems: Stems,
) -> Any:
    person = make_person(number, random, company=False)
    id = uuid7(moment)
    points = [
        Point(kind="email", raw=person.email, normalized=person.email),
        Point(kind="phone", raw=person.phone, normalized=person.phone),
    ]
    custom = {"tier": TIERS[number % len(TIERS)], "number": number}
    times = {"created_at": moment, "updated_at": moment}
    chunk.add(
        templates[Contact],
        Contact,
        id=id,
        first_name=person.first_name,
        last_name=person.last_name,
        points=_json(points),
        custom=_json(custom),
        search_text=f"{person.name} {person.email} {person.phone}".casefold(),
        **times,
    )
    for position, point in enumerate(points):
        chunk.add(
            templates[ContactPoint],
            ContactPoint,
            id=uuid7(moment),
            contact=id,
            kind=point.kind,
            raw=point.raw,
            normalized=point.normalized,
            position=position,
            is_primary=position == 0,
        )
    changes = {"first_name": ["", person.first_name], "last_name": ["", person.last_name]}
    chunk.add(
        templates[History],
        History,
        id=uuid7(moment),
        record_type="contact",
        record_id=id,
        action="create",
        changes=_json(changes),
        at=moment,
    )
    parts = SearchParts(
        names=(person.first_name, person.last_name), addresses=(person.email,), phones=(person.phone,)
    )
    chunk.entries.append(make_entry("contact", id, parts, title=person.name, created_at=moment, stems=stems))
    return id


def _conversation(
    chunk: Chunk,
    templates: Templates,
    contact: Any,
    number: int,
    moment: datetime,
    random: Random,
    words: list[str],
    stems: Stems,
) -> None:
    id, subject = uuid7(moment), f"Case {number % 997}"
    last = moment + timedelta(seconds=20 * MESSAGES_EACH)
    chunk.add(
        templates[Conversation],
        Conversation,
        id=id,
        number=number,
        subject=subject,
        contact=contact,
        search_text=f"#{number} {subject}".casefold(),
        message_count=MESSAGES_EACH,
        last_activity_at=last,
        created_at=moment,
        updated_at=last,
    )
    parts = SearchParts(titles=(subject,), numbers=(number,))
    chunk.entries.append(make_entry("conversation", id, parts, title=subject, created_at=moment, stems=stems))
    for position in range(MESSAGES_EACH):
        at = moment + timedelta(seconds=20 * position)
        count = random.randint(8, 24)
        text = " ".join(words[int(len(words) * random.random() ** 3)] for _ in range(count))
        message = uuid7(at)
        chunk.add(
            templates[Message],
            Message,
            id=message,
            conversation=id,
            kind="inbound" if position % 2 == 0 else "reply",
            author_kind="contact",
            author_name="Somebody",
            text=text,
            created_at=at,
            updated_at=at,
        )
        chunk.entries.append(message_entry(message, id, text, "Somebody", created_at=at, stems=stems))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
