"""Receiving: new, repeated, shuffled, late and malformed deliveries, pauses, failures, workers that die."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import EntryPoint
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, multiple, precondition, rule
from machine import START, ExampleDatabases, OpenWorkspace, WorkspaceMachine, patience, run_machine, told
from moody_filter import IN_TROUBLE
from posting import ADMIN, PROGRAM, api_account, drained, post, request

from crmcore.contacts.tables import Contact, ContactPoint
from crmcore.conversations.tables import Conversation, InboundDelivery, Message
from crmcore.errors import Invalid
from crmcore.events.tables import EventRow
from crmcore.jobs.tables import JobRow
from crmcore.workspace import Crm

FILTER = EntryPoint("moody_filter", "moody_filter", "crmcore")
ACCOUNTS = ("shop", "branch")
# Each sender is written in several ways and is one person in all of them.
SENDERS: tuple[tuple[dict[str, str], ...], ...] = (
    ({"email": "ann@example.com"}, {"email": "Ann@Example.COM"}, {"email": " ann@example.com "}),
    ({"phone": "+14155552671"}, {"phone": "+1 (415) 555-2671"}),
    (
        {"email": "bo@example.com", "handle": "@bo"},
        {"email": "BO@example.com", "handle": "@bo"},
    ),
    ({"handle": "cleo_7"},),
)
MALFORMED = (
    b"",
    b"{",
    b"[1]",
    b"\xff\xfe",
    b'{"delivery_key": "bad", "text": "x"}',
    b'{"delivery_key": "bad", "text": "x", "from": {"email": "nobody"}}',
    b'{"delivery_key": "bad", "text": " ", "from": {"email": "ann@example.com"}}',
    b'{"delivery_key": "bad", "text": "x", "from": {"email": "ann@example.com"}, "sent_at": "yesterday"}',
)
LEASE_S = 15

Delivery = tuple[str, str]


class BrokenDisk:
    """Stands before the outbox and fails once in the middle of a transaction, when it is told to."""

    def __init__(self, outbox: Any) -> None:
        self.outbox = outbox
        self.breaks = False

    async def write(self, *args: Any, **kwargs: Any) -> None:
        if self.breaks:
            self.breaks = False
            raise OSError("the disk is full")
        await self.outbox.write(*args, **kwargs)


class Receiving(WorkspaceMachine):
    """Deliveries to two accounts; ``acknowledged`` is what was answered with 202, by account and key."""

    plugins = (FILTER,)
    delivered = Bundle("delivered")

    def __init__(self) -> None:
        IN_TROUBLE.clear()
        super().__init__()
        self.acknowledged: dict[Delivery, dict[str, Any]] = {}
        self.answers: dict[Delivery, Any] = {}
        self.paused: set[str] = set()
        self.replies = 0
        self.disk = BrokenDisk(self.crm.outbox)
        self.crm.conversations._processor._applier._outbox = self.disk  # type: ignore[assignment]

    @initialize(target=delivered, data=st.data())
    def two_accounts(self, data: st.DataObject) -> Any:
        async def make() -> dict[str, UUID]:
            return {slug: await api_account(self.crm, slug=slug) for slug in ACCOUNTS}

        self.accounts = self.run(make())
        return multiple(*(self._post_new(account, data) for account in ACCOUNTS * 2))

    # What programs do

    @rule(
        target=delivered, accounts=st.lists(st.sampled_from(ACCOUNTS), min_size=2, max_size=6), data=st.data()
    )
    def post_some(self, accounts: list[str], data: st.DataObject) -> Any:
        return multiple(*(self._post_new(account, data) for account in accounts))

    @rule(target=delivered, account=st.sampled_from(ACCOUNTS), data=st.data())
    def post_one_and_work(self, account: str, data: st.DataObject) -> Any:
        posted = self._post_new(account, data)
        self.work()
        return posted

    def _post_new(self, account: str, data: st.DataObject) -> Delivery:
        number = len(self.acknowledged)
        who = data.draw(st.integers(0, len(SENDERS) - 1))
        # No two at one time: whose words the preview shows would be a matter of arrival.
        ago = timedelta(seconds=data.draw(st.integers(1, 3600)), microseconds=-number - 1)
        message = {
            **data.draw(st.sampled_from(SENDERS[who])),
            "delivery_key": f"key-{number}",
            "name": f"Sender Number{who}",
            "text": data.draw(st.sampled_from((f"text {number}", f"suspicious {number}"))),
            "thread_key": data.draw(st.sampled_from(("", "", "order-1", "order-2"))),
            "sent_at": (self.clock() - ago).isoformat(),
        }
        return self._post((account, f"key-{number}"), message)

    @rule(which=delivered)
    def repeat(self, which: Delivery) -> None:
        self._post(which, self.acknowledged[which])
        self.counts["repetitions"] += 1

    def _post(self, which: Delivery, message: dict[str, Any]) -> Delivery:
        answer = self.run(post(self.crm, account=which[0], **message))
        assert answer.status == 202
        assert self.answers.setdefault(which, answer) == answer
        self.acknowledged.setdefault(which, message)
        self.counts["deliveries"] += 1
        return which

    @rule(account=st.sampled_from(ACCOUNTS), body=st.sampled_from(MALFORMED))
    def post_nonsense(self, account: str, body: bytes) -> None:
        with pytest.raises(Invalid):
            self.run(self.crm.conversations.receive(account, request(self.crm, body), actor=PROGRAM))
        self.counts["malformed"] += 1

    # What happens to the house

    @rule()
    def work(self) -> None:
        self.run(drained(self.crm))
        self.counts["worker runs"] += 1

    @rule(jobs=st.integers(1, 3), applied=st.booleans())
    def worker_dies(self, jobs: int, applied: bool) -> None:
        """A worker takes jobs and ends before it says so, with or without having done its work."""

        async def die() -> None:
            claimed = await self.crm.worker._claims.claim(["core"], ["core.process_delivery"], jobs)
            for job in claimed if applied else ():
                if not self.disk.breaks:
                    await self.crm.conversations.process(UUID(job.payload["delivery_id"]))

        self.run(die())
        self.counts["dead workers"] += 1

    @rule()
    def leases_end(self) -> None:
        self.clock.advance(LEASE_S + 1)

    @rule()
    def disk_is_full_once(self) -> None:
        self.disk.breaks = True

    @rule(trouble=st.booleans())
    def filter_is_moody(self, trouble: bool) -> None:
        (IN_TROUBLE.set if trouble else IN_TROUBLE.clear)()

    @rule(account=st.sampled_from(ACCOUNTS))
    def pause_or_resume(self, account: str) -> None:
        accounts, id = self.crm.channel_accounts, self.accounts[account]
        if account in self.paused:
            self.paused.remove(account)
            self.run(accounts.resume(id, actor=ADMIN))
        else:
            self.paused.add(account)
            self.run(accounts.pause(id, "lunch", actor=ADMIN))

    # What people do

    @precondition(lambda self: not self.disk.breaks)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        rows = self.run(_rows(Conversation))
        if not rows:
            return
        row = data.draw(st.sampled_from(sorted(rows, key=lambda row: int(row["number"]))).map(dict))
        self.clock.advance(1)
        self.replies += 1
        self.run(self.crm.conversations.reply(row["id"], f"answer {self.replies}", actor=ADMIN))
        self.counts["answers"] += 1

    @rule(which=delivered)
    def replay(self, which: Delivery) -> None:
        async def again() -> None:
            for row in await _rows(InboundDelivery):
                if row["delivery_key"] == which[1] and row["account"] == self.accounts[which[0]]:
                    await self.crm.conversations.replay(row["id"], actor=ADMIN, accept=True)

        self.run(again())
        self.counts["replays"] += 1

    # What always holds

    @invariant()
    def everything_is_there_at_most_once(self) -> None:
        if hasattr(self, "accounts"):
            self.run(self._check())

    async def _check(self) -> None:
        keys = {id: slug for slug, id in self.accounts.items()}
        deliveries = {
            (keys[row["account"]], row["delivery_key"]): row["state"] for row in await _rows(InboundDelivery)
        }
        assert deliveries.keys() == self.acknowledged.keys()
        rows = await _rows(Message)
        inbound = Counter(
            (keys[row["account"]], row["external_id"]) for row in rows if row["kind"] == "inbound"
        )
        assert set(inbound.values()) <= {1}
        done = {key for key, state in deliveries.items() if state == "done"}
        assert done <= inbound.keys() <= self.acknowledged.keys()
        assert "quarantined" not in deliveries.values() and "dropped" not in deliveries.values()
        events = await EventRow.count().where(EventRow.name == "message_received")
        assert events == len(inbound)
        await _check_counters(rows)

    def teardown(self) -> None:
        try:
            if hasattr(self, "accounts"):
                self._finish()
        finally:
            IN_TROUBLE.clear()
            super().teardown()

    def _finish(self) -> None:
        """Everything heals: in the end each delivery was applied exactly once, in whatever order it came."""
        IN_TROUBLE.clear()
        self.disk.breaks = False
        for account in sorted(self.paused):
            self.run(self.crm.channel_accounts.resume(self.accounts[account], actor=ADMIN))
        self.run(_settled(self.crm, self.clock.advance))
        self.run(self._check())
        state = self.run(_state(self.accounts))
        assert sorted(id for found in state.values() for id, _, _ in found["messages"]) == sorted(
            key for _, key in self.acknowledged
        )
        self._compare(state)

    def _compare(self, state: dict[Any, Any]) -> None:
        """Another workspace gets the same in another order, some twice, and comes to the same."""
        order = [*self.acknowledged.items()]
        chance = random.Random(len(order))
        order += chance.sample(order, len(order) // 2)
        chance.shuffle(order)
        other = OpenWorkspace(self.databases, self.plugins)
        # Everything was written before it is received.
        other.clock.advance((self.clock() - START).total_seconds())
        try:
            accounts = other.run(_received(other.crm, order))
            other.run(_settled(other.crm, other.clock.advance))
            again = other.run(_state(accounts))
        finally:
            other.close()
        assert again.keys() == state.keys()
        for key, found in state.items():
            names = found.keys() if not found["replies"] else ("messages", "last_inbound_at")
            for name in names:
                assert again[key][name] == found[name], (key, name)
        self.counts["compared conversations"] += len(state)


async def _received(crm: Crm, order: list[tuple[Delivery, dict[str, Any]]]) -> dict[str, UUID]:
    accounts = {slug: await api_account(crm, slug=slug) for slug in ACCOUNTS}
    for (account, _), message in order:
        await post(crm, account=account, **message)
    return accounts


async def _settled(crm: Crm, advance: Callable[[float], Any]) -> None:
    """Work until nothing waits; what a filter holds is accepted by somebody."""
    for _ in range(12):
        advance(3700)
        await drained(crm)
        rows = await _rows(InboundDelivery)
        if all(row["state"] == "done" for row in rows):
            return
        for row in rows:
            if row["state"] == "held":
                await crm.conversations.replay(row["id"], actor=ADMIN, accept=True)
    left = Counter((row["state"], row["error"]) for row in rows)
    raise AssertionError(f"deliveries that nobody processes: {left}, jobs {await JobRow.select()}")


async def _rows(table: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await table.select()
    return rows


async def _check_counters(messages: list[dict[str, Any]]) -> None:
    """Compare what conversations remember with what their messages come to."""
    by_conversation: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in messages:
        by_conversation[row["conversation"]].append(row)
    conversations = await _rows(Conversation)
    assert sorted(row["number"] for row in conversations) == list(range(1, len(conversations) + 1))
    for row in conversations:
        own = by_conversation[row["id"]]
        inbound = [each for each in own if each["kind"] == "inbound"]
        replies = [each["created_at"] for each in own if each["kind"] == "reply"]
        times = [each["created_at"] for each in inbound]
        answered = max(replies, default=None)
        unanswered = [at for at in times if answered is None or at > answered]
        spoken = [each for each in own if each["kind"] in ("inbound", "reply")]
        last = max(spoken, key=lambda each: each["created_at"])
        expected = {
            "message_count": len(own) - sum(each["kind"] == "event" for each in own),
            "last_inbound_at": max(times),
            "last_outbound_at": answered,
            "first_response_at": min(replies, default=None),
            "waiting_since": min(unanswered, default=None),
            "last_activity_at": max(each["created_at"] for each in own if each["kind"] != "event"),
            "preview": last["text"],
        }
        assert {name: row[name] for name in expected} == expected, row["number"]


async def _state(accounts: dict[str, UUID]) -> dict[Any, Any]:
    """Return who has which conversations with which messages, without ids, numbers and times of work."""
    slugs = {id: slug for slug, id in accounts.items()}
    points: dict[Any, list[str]] = defaultdict(list)
    for row in await _rows(ContactPoint):
        points[row["contact"]].append(row["normalized"])
    people = {row["id"]: row for row in await _rows(Contact)}
    messages = await _rows(Message)
    found: dict[Any, Any] = {}
    for row in await _rows(Conversation):
        own = [message for message in messages if message["conversation"] == row["id"]]
        key = (slugs[row["account"]], tuple(sorted(points[row["contact"]])), row["thread_key"])
        assert key not in found
        person = people[row["contact"]]
        found[key] = {
            "messages": sorted(
                (each["external_id"], each["text"], each["created_at"])
                for each in own
                if each["kind"] == "inbound"
            ),
            "replies": sum(each["kind"] == "reply" for each in own),
            "notes": sorted(each["text"] for each in own if each["kind"] == "note"),
            "person": (person["first_name"], person["last_name"], person["last_contact_at"]),
            **{
                name: row[name]
                for name in (
                    "status",
                    "subject",
                    "preview",
                    "waiting_since",
                    "last_inbound_at",
                    "message_count",
                )
            },
        }
    return found


@patience
def test_receiving(fresh_database: ExampleDatabases, record_property: Callable[[str, object], None]) -> None:
    counts = run_machine(Receiving, fresh_database, examples=12, steps=30)
    record_property("counted", told("receiving", fresh_database.kind, counts))
