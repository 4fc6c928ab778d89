"""A conversation's life: everything people, customers and the clock do with it, against a small model."""

from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from machine import ExampleDatabases, WorkspaceMachine, patience, run_machine, told
from posting import ADMIN, api_account, drained, post

from crmcore.accounts.tables import User
from crmcore.clock import uuid7
from crmcore.conversations.tables import Conversation, InboundDelivery, Message
from crmcore.errors import Conflict, Invalid
from crmcore.events.tables import EventRow
from crmcore.live.notices import NOTICE
from crmcore.records.query import ListQuery
from crmcore.records.tables import History

PEOPLE = ("ann", "bo", "cleo")
TAGS = ("vip", "parcel", "жалоба")
AGENTS = ("Max Muster", "Olga")
WINDOW = timedelta(days=30)
DAY_S = 86_400

which = st.integers(0, 9)


class Talk:
    """What one conversation should be."""

    def __init__(self, id: UUID, number: int, person: int, subject: str) -> None:
        self.id = id
        self.number = number
        self.person = person
        self.subject = subject
        self.version = 1
        self.status = "open"
        self.priority = "normal"
        self.assignee = ""
        self.tags: frozenset[str] = frozenset()
        self.snoozed_until: datetime | None = None
        self.waiting_since: datetime | None = None
        self.first_response_at: datetime | None = None
        self.last_inbound_at: datetime | None = None
        self.last_outbound_at: datetime | None = None
        self.last_activity_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.preview = ""
        self.kinds: Counter[str] = Counter()
        self.lines: list[str] = []

    def becomes(self, status: str, now: datetime, until: datetime | None = None) -> None:
        """Change the status as one edit."""
        old, self.status = self.status, status
        if status == "snoozed":
            if (old, self.snoozed_until) != ("snoozed", until):
                self.lines.append("Snoozed until ")
        elif old != status and status == "closed":
            self.lines.append("Closed the conversation")
        elif old != status and old in ("closed", "snoozed"):
            self.lines.append("Reopened the conversation" if old == "closed" else "Back from snooze")
        self.snoozed_until = until
        if status == "closed" and old != "closed":
            self.closed_at, self.waiting_since = now, None
        elif status != "closed":
            self.closed_at = None
        self.version += 1

    def spoken(self, kind: str, text: str, now: datetime) -> None:
        """Add a message of a customer, of us, or a note."""
        self.kinds[kind] += 1
        self.last_activity_at = now
        if kind == "note":
            return
        self.preview = text
        if kind == "inbound":
            self.last_inbound_at = now
            self.waiting_since = self.waiting_since or now
        else:
            self.last_outbound_at = now
            self.first_response_at = self.first_response_at or now
            self.waiting_since = None


class Life(WorkspaceMachine):
    """Three people write to one account; agents work on the conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.talks: list[Talk] = []
        self.contacts: dict[int, UUID] = {}
        self.same_as = list(range(len(PEOPLE)))
        self.said = 0

    @initialize()
    def somebody_writes(self) -> None:
        async def make() -> dict[str, UUID]:
            await api_account(self.crm)
            ids = {name: uuid7() for name in (*AGENTS, "Gone")}
            for name, id in ids.items():
                email = f"{name.split()[0].lower()}@example.com"
                await User.insert(User(id=id, email=email, name=name, active=name != "Gone"))
            return ids

        self.users = self.run(make())
        for person in range(len(PEOPLE)):
            self._write(person)

    def tick(self, seconds: float = 1) -> datetime:
        return self.clock.advance(seconds)

    def talk(self, number: int) -> Talk:
        return self.talks[number % len(self.talks)]

    # Customers

    @rule(person=st.integers(0, len(PEOPLE) - 1))
    def customer_writes(self, person: int) -> None:
        self._write(person)

    def _write(self, person: int) -> None:
        now = self.tick()
        self.said += 1
        text, subject = f"Hello {self.said}", f"subject{self.said}x"
        id, number, contact = self.run(self._received(person, text, subject))
        owner = self.same_as[person]
        self.contacts.setdefault(owner, contact)
        expected = self._continued(owner, now)
        if expected is None:
            expected = Talk(id, len(self.talks) + 1, owner, subject)
            self.talks.append(expected)
        elif expected.status != "open":
            expected.becomes("open", now)
        expected.spoken("inbound", text, now)
        assert (expected.id, expected.number) == (id, number)
        self.counts["messages in"] += 1

    def _continued(self, person: int, now: datetime) -> Talk | None:
        """Return the conversation that the person's new message belongs to."""
        own = [talk for talk in self.talks if talk.person == person]
        own.sort(key=lambda talk: (talk.last_activity_at, talk.id), reverse=True)
        for talk in own:
            if talk.status != "closed":
                return talk
        for talk in own:
            if talk.closed_at is not None and talk.closed_at > now - WINDOW:
                return talk
        return None

    async def _received(self, person: int, text: str, subject: str) -> tuple[UUID, int, UUID]:
        email = f"{PEOPLE[person]}@example.com"
        await post(self.crm, email=email, name=PEOPLE[person].title(), text=text, subject=subject)
        [delivery] = await InboundDelivery.select().where(InboundDelivery.state == "received")
        assert await self.crm.conversations.process(delivery["id"]) == "done"
        [message] = await Message.select().where(Message.text == text)
        [row] = await Conversation.select().where(Conversation.id == message["conversation"])
        return row["id"], row["number"], row["contact"]

    # Agents

    def does(self, talk: Talk, work: Callable[..., Coroutine[Any, Any, Any]], *args: Any) -> None:
        """Do one edit of ``talk``, and see that it cannot be done with an earlier version."""
        if talk.version > 1:
            with pytest.raises(Conflict):
                self.run(work(talk.id, *args, actor=ADMIN, version=talk.version - 1))
        self.run(work(talk.id, *args, actor=ADMIN, version=talk.version))
        self.counts["edits"] += 1

    @rule(which=which)
    def reply(self, which: int) -> None:
        talk, now = self.talk(which), self.tick()
        self.said += 1
        text = f"Answer {self.said}"
        self.run(self.crm.conversations.reply(talk.id, text, actor=ADMIN))
        if talk.status != "waiting":
            talk.becomes("waiting", now)
        talk.spoken("reply", text, now)
        self.counts["answers"] += 1

    @rule(which=which)
    def note(self, which: int) -> None:
        talk, now = self.talk(which), self.tick()
        self.run(self.crm.conversations.note(talk.id, "hm", actor=ADMIN))
        talk.spoken("note", "hm", now)

    @rule(which=which)
    def close(self, which: int) -> None:
        talk, now = self.talk(which), self.tick()
        self.does(talk, self.crm.conversations.close)
        talk.becomes("closed", now)

    @rule(which=which)
    def reopen(self, which: int) -> None:
        talk, now = self.talk(which), self.tick()
        self.does(talk, self.crm.conversations.reopen)
        talk.becomes("open", now)

    @rule(which=which, seconds=st.sampled_from((60, 3600, 3 * DAY_S)))
    def snooze(self, which: int, seconds: int) -> None:
        talk, now = self.talk(which), self.tick()
        until = now + timedelta(seconds=seconds)
        self.does(talk, self.crm.conversations.snooze, until)
        talk.becomes("snoozed", now, until)

    @rule(which=which, ago=st.sampled_from((0, 1, DAY_S)))
    def snooze_into_the_past(self, which: int, ago: int) -> None:
        talk = self.talk(which)
        with pytest.raises(Invalid):
            self.run(
                self.crm.conversations.snooze(talk.id, self.clock() - timedelta(seconds=ago), actor=ADMIN)
            )

    @rule(which=which, name=st.sampled_from((*AGENTS, "")))
    def assign(self, which: int, name: str) -> None:
        talk = self.talk(which)
        self.does(talk, self.crm.conversations.assign, self.users.get(name))
        if name != talk.assignee:
            talk.lines.append(f"Assigned to {name or 'nobody'}")
        talk.assignee = name
        talk.version += 1

    @rule(which=which)
    def assign_to_somebody_gone(self, which: int) -> None:
        with pytest.raises(Invalid):
            self.run(self.crm.conversations.assign(self.talk(which).id, self.users["Gone"], actor=ADMIN))

    @rule(which=which, priority=st.sampled_from(("low", "normal", "high", "urgent")))
    def prioritize(self, which: int, priority: str) -> None:
        talk = self.talk(which)
        self.does(talk, self.crm.conversations.prioritize, priority)
        if priority != talk.priority:
            talk.lines.append(f"Priority: {priority}")
        talk.priority = priority
        talk.version += 1

    @rule(which=which, tags=st.frozensets(st.sampled_from(TAGS)), loud=st.booleans())
    def tag(self, which: int, tags: frozenset[str], loud: bool) -> None:
        talk = self.talk(which)
        given = [tag.upper() if loud and tag in talk.tags else tag for tag in sorted(tags)]
        self.does(talk, self.crm.conversations.tag, given)
        if added := sorted(tags - talk.tags):
            talk.lines.append(f"Tags added: {', '.join(added)}")
        if removed := sorted(talk.tags - tags):
            talk.lines.append(f"Tags removed: {', '.join(removed)}")
        talk.tags = tags
        talk.version += 1

    @precondition(lambda self: len(set(self.same_as)) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        kept, merged = data.draw(st.permutations(sorted(set(self.same_as))))[:2]
        self.run(self.crm.contacts.merge(self.contacts[kept], self.contacts[merged], actor=ADMIN))
        self.same_as = [kept if person == merged else person for person in self.same_as]
        for talk in self.talks:
            if talk.person == merged:
                talk.person = kept
        self.counts["merges"] += 1

    # The clock

    @rule(seconds=st.sampled_from((30, 3000, 2 * DAY_S, 31 * DAY_S)))
    def time_passes(self, seconds: int) -> None:
        now = self.tick(seconds)
        due = [talk for talk in self.talks if talk.snoozed_until is not None and talk.snoozed_until <= now]
        assert self.run(self.crm.conversations.wake_due()) == len(due)
        for talk in due:
            talk.becomes("open", now)
        self.counts["woken"] += len(due)

    # What always holds

    @rule(which=which)
    def it_is_found(self, which: int) -> None:
        self.run(self._found(self.talk(which)))

    async def _found(self, talk: Talk) -> None:
        people = [name for index, name in enumerate(PEOPLE) if self.same_as[index] == talk.person]
        for words in (f"#{talk.number}", talk.subject, *(f"{name}@example.com" for name in people)):
            page = await self.crm.records.list("conversation", ListQuery(q=words, limit=200), actor=ADMIN)
            assert talk.id in {record.id for record in page.items}, words
        finds = await self.crm.search.find(talk.subject, actor=ADMIN, record_type="conversation")
        assert [find.id for find in finds.items] == [talk.id]
        texts = await self.crm.search.find(talk.preview, actor=ADMIN, record_type="message")
        assert talk.id in {find.conversation_id for find in texts.items}
        for field in ("status", "priority"):
            query = ListQuery(filter={"field": field, "op": "eq", "value": getattr(talk, field)}, limit=200)
            page = await self.crm.records.list("conversation", query, actor=ADMIN)
            expected = {one.id for one in self.talks if getattr(one, field) == getattr(talk, field)}
            assert {record.id for record in page.items} == expected
        self.counts["searches"] += 1

    @invariant()
    def everything_is_as_it_should_be(self) -> None:
        if self.talks:
            self.run(self._check())

    async def _check(self) -> None:
        rows = {row["id"]: row for row in await Conversation.select()}
        assert rows.keys() == {talk.id for talk in self.talks}
        messages, versions, events = defaultdict(list), defaultdict(list), defaultdict(Counter)
        for message in await Message.select().order_by(Message.created_at, Message.id):
            messages[message["conversation"]].append(message)
        for entry in await History.select().where(History.record_type == "conversation"):
            versions[entry["record_id"]].append(entry["version"])
        of_message = {message["id"]: message["conversation"] for own in messages.values() for message in own}
        # Notices are told to people about what happened; they are not what happened.
        for event in await EventRow.select().where(EventRow.name != NOTICE):
            events[of_message.get(event["record_id"], event["record_id"])][event["name"]] += 1
        names = {id: name for name, id in self.users.items()}
        for talk in self.talks:
            row, own = rows[talk.id], messages[talk.id]
            for name in (
                *("number", "subject", "status", "priority", "version", "snoozed_until", "waiting_since"),
                *(
                    "first_response_at",
                    "last_inbound_at",
                    "last_outbound_at",
                    "last_activity_at",
                    "closed_at",
                ),
                "preview",
            ):
                assert row[name] == getattr(talk, name), name
            assert names.get(row["assignee"], "") == talk.assignee
            assert row["contact"] == self.contacts[talk.person]
            assert row["message_count"] == talk.kinds.total()
            assert Counter(each["kind"] for each in own if each["kind"] != "event") == talk.kinds
            lines = [_comparable(each["text"]) for each in own if each["kind"] == "event"]
            assert sorted(lines) == sorted(talk.lines)
            assert sorted(versions[talk.id]) == list(range(1, talk.version + 1))
            assert events[talk.id] == +Counter(
                conversation_created=1,
                conversation_updated=talk.version - 1,
                message_received=talk.kinds["inbound"],
                message_written=talk.kinds["reply"],
                message_noted=talk.kinds["note"],
                note_written=talk.kinds["note"],
            )

    def teardown(self) -> None:
        try:
            if self.talks:
                self.run(self._finish())
        finally:
            super().teardown()

    async def _finish(self) -> None:
        for talk in self.talks:
            await self._found(talk)
            document = (await self.crm.records.get("conversation", talk.id, actor=ADMIN)).document
            assert set(document["tags"]) == talk.tags
        await drained(self.crm)
        sent = [row["delivery"] for row in await Message.select() if row["kind"] == "reply"]
        assert set(sent) <= {"stored"}


def _comparable(line: str) -> str:
    """Return an event line without a moment, with tags in one order."""
    if line.startswith("Snoozed until "):
        return "Snoozed until "
    head, colon, tags = line.partition(": ")
    return f"{head}: {', '.join(sorted(tags.split(', ')))}" if head.startswith("Tags ") and colon else line


@patience
def test_the_life_of_conversations(
    fresh_database: ExampleDatabases, record_property: Callable[[str, object], None]
) -> None:
    counts = run_machine(Life, fresh_database, examples=12, steps=30)
    record_property("counted", told("conversations", fresh_database.kind, counts))
