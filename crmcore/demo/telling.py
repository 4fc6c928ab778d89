"""Telling the story: every question through the door for deliveries, every answer by an agent, in its time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from crmcore.accounts.roles import permissions_of
from crmcore.contracts.actors import Actor
from crmcore.contracts.channels import InboundRequest
from crmcore.conversations.tables import InboundDelivery
from crmcore.demo.answers import answer, note
from crmcore.demo.clock import StoryClock
from crmcore.demo.progress import Progress
from crmcore.demo.setting import CHAT, COLLEAGUES, EMAIL
from crmcore.demo.story import Question, tell
from crmcore.demo.topics import group_of, subject_of
from crmcore.tasks.tables import Task

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Telling:
    """Tells the story into ``crm``, whose clock is ``clock``. Told again, it goes on where it was broken off."""

    def __init__(
        self, crm: "Crm", clock: StoryClock, colleagues: Mapping[str, UUID], progress: Progress
    ) -> None:
        self._crm = crm
        self._clock = clock
        self._progress = progress
        self._agents = [
            Actor(
                kind="user",
                id=str(colleagues[person.email]),
                label=person.name,
                permissions=permissions_of(person.role),
                language=person.language,
                time_zone=person.time_zone,
            )
            for person in COLLEAGUES
        ]
        self._chat = Actor(
            kind="token",
            id=str(colleagues[EMAIL]),
            label="Website chat",
            permissions=frozenset({"inbound.post"}),
        )

    async def run(self, now: datetime, questions: Sequence[Question] | None = None) -> None:
        """Tell everything that happened up to ``now``, or ``questions``; the clock runs with the story."""
        random = Random(7)  # noqa: S311 - a story, not a secret
        questions = tell(now) if questions is None else questions
        happenings: list[tuple[datetime, int, Question, bool]] = []
        for number, question in enumerate(questions):
            happenings.append((question.at, number, question, False))
            if question.fate:
                later = question.at + timedelta(minutes=random.randint(4, 150))
                happenings.append(
                    (min(later, now - timedelta(minutes=1)), len(questions) + number, question, True)
                )
        conversations: dict[str, UUID] = {}
        for done, (at, _, question, answering) in enumerate(
            sorted(happenings, key=lambda item: item[:2]), start=1
        ):
            self._clock.set(at)
            if not answering:
                await self._ask(question, conversations)
            elif question.thread in conversations:
                await self._react(question, conversations[question.thread], now, Random(question.key))  # noqa: S311
            self._progress("Bringing in questions and answers", done, len(happenings))

    async def _ask(self, question: Question, conversations: dict[str, UUID]) -> None:
        """Post ``question`` as a program would, let the worker understand it, and remember its conversation."""
        sender = {"name": question.name}
        if question.email:
            sender["email"] = question.email
        if question.phone:
            sender["phone"] = question.phone
        body = {
            "delivery_key": question.key,
            "thread_key": question.thread,
            "from": sender,
            "subject": subject_of(question.topic),
            "text": question.text,
        }
        request = InboundRequest(
            method="POST",
            url=f"{self._crm.settings.base_url}/api/channels/{CHAT}/inbound",
            headers={"content-type": "application/json"},
            body=msgspec.json.encode(body),
            received_at=question.at,
            remote_address="127.0.0.1",
        )
        verified = await self._crm.conversations.receive(CHAT, request, actor=self._chat)
        await self._crm.worker.drain()
        delivery = UUID(msgspec.json.decode(verified.answer)["id"])
        row = (
            await InboundDelivery.select(InboundDelivery.conversation_id)
            .where(InboundDelivery.id == delivery)
            .first()
        )
        if row and row["conversation_id"]:
            conversations.setdefault(question.thread, row["conversation_id"])

    async def _react(self, question: Question, id: UUID, now: datetime, random: Random) -> None:
        """Let an agent sort the conversation and do what its fate says."""
        agent = self._agent_for(question, random)
        before = (await self._crm.records.get("conversation", id, actor=agent)).document
        if not (before["custom"] or {}).get("topic"):
            await self._crm.records.update(
                "conversation", id, _sorted_by(question, agent, random), actor=agent
            )
        if question.fate in ("open", "mine"):
            if random.random() < 0.3 and not before.get("assignee_id"):
                await self._crm.conversations.note(id, note(random, question.language), actor=agent)
                await self._promise(question, id, before["contact_id"], agent, now)
            return
        if before.get("last_outbound_at") is None:
            await self._crm.conversations.reply(
                id, answer(random, question.language, question.name), actor=agent
            )
            await self._crm.worker.drain()
        if question.fate == "closed":
            await self._crm.conversations.close(id, actor=agent)
        elif question.fate == "snoozed":
            until = (now + timedelta(days=random.randint(1, 4))).replace(
                hour=8, minute=0, second=0, microsecond=0
            )
            await self._crm.conversations.snooze(id, until, actor=agent)

    async def _promise(
        self, question: Question, conversation: UUID, contact: Any, agent: Actor, now: datetime
    ) -> None:
        """Make the task that the note speaks of: call again tomorrow. Told again, it is there already."""
        id = uuid5(NAMESPACE_URL, f"crmcore:demo:{question.key}")
        if await Task.exists().where(Task.id == id):
            return
        verb = {"en": "Call back", "ru": "Перезвонить:"}[question.language]
        document = {
            "title": f"{verb} {question.name}",
            "due_at": (now + timedelta(days=1)).replace(hour=14, minute=0, second=0, microsecond=0),
            "assignee_id": agent.id,
            "conversation_id": conversation,
            "contact_id": contact,
        }
        await self._crm.records.create("task", document, actor=agent, id=id)

    def _agent_for(self, question: Question, random: Random) -> Actor:
        if question.language == "ru":
            return self._agents[2]
        return self._agents[0 if question.fate == "mine" or random.random() < 0.4 else 1]


def _sorted_by(question: Question, agent: Actor, random: Random) -> dict[str, Any]:
    group = group_of(question.topic)
    changes: dict[str, Any] = {"custom": {"topic": group}}
    tags = [group.replace("_", "-")] if random.random() < 0.4 else []
    if question.fate != "open":
        changes["assignee_id"] = agent.id
    urgent = any(word in question.topic for word in ("lost", "compromised", "stolen", "swallowed", "twice"))
    if urgent or random.random() < 0.05:
        changes["priority"] = "urgent" if urgent else "high"
        tags.append("urgent" if urgent else "vip")
    if tags:
        changes["tags"] = tags
    return changes
