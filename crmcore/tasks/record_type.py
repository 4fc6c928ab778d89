"""Tasks as a record type."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.labels import Label
from crmcore.contracts.records import Draft, RecordType
from crmcore.records.properties import NAMED_RECORD, choice, kept, moment, named, reference, text
from crmcore.tasks.kept_due import keep_next_due
from crmcore.tasks.links import TaskLinks
from crmcore.tasks.occurrences import zone_named
from crmcore.tasks.recurrence import BadRule, read_rule
from crmcore.tasks.schedule import next_task, schedule
from crmcore.tasks.spoken import spoken
from crmcore.tasks.tables import Task

_ID: JsonSchema = {"type": ["string", "null"], "format": "uuid"}

TASK_PROPERTIES: dict[str, JsonSchema] = {
    "title": text("Title", "Задача", limit=300, minLength=1),
    "notes": text("Notes", "Заметки", limit=20_000),
    "status": choice("Status", "Состояние", "open", "done"),
    "due_at": moment("Due", "Срок"),
    "remind_at": moment("Reminder", "Напомнить"),
    "recurrence": text("Repeats", "Повтор", limit=500),
    "recurrence_zone": text("Time zone of the repetition", "Часовой пояс повтора", limit=64),
    "recurrence_text": kept("Repeats, in words", "Повтор словами", {"type": "string"}),
    "assignee": kept("Assignee", "Ответственный", NAMED_RECORD),
    "assignee_id": reference("Assignee", "Ответственный", "user"),
    "contact": kept("Contact", "Контакт", NAMED_RECORD),
    "contact_id": reference("Contact", "Контакт", "contact"),
    "conversation": kept("Conversation", "Обращение", NAMED_RECORD),
    "conversation_id": reference("Conversation", "Обращение", "conversation"),
    "message_id": {**_ID, "x-crm": {"label": {"en": "Made from message", "ru": "Из сообщения"}}},
    "about_type": text("About a record of type", "О записи типа", limit=60),
    "about_id": {**_ID, "x-crm": {"label": {"en": "About the record", "ru": "О записи"}}},
    "previous_id": kept("Follows the task", "Вслед за задачей", _ID),
    "done_at": moment("Done", "Выполнено", read_only=True),
}

_WHICH: Label = {
    "en": "Say both, the type of the record and its id.",
    "ru": "Укажите и тип записи, и её идентификатор.",
}
_NOT_THERE: Label = {"en": "There is no such record.", "ru": "Такой записи нет."}
_CARRIED = (
    "notes",
    "assignee",
    "contact",
    "conversation",
    "message_id",
    "about_type",
    "about_id",
    "recurrence",
    "recurrence_zone",
    "recurs_from",
)


class TaskType(RecordType, frozen=True, kw_only=True):
    """A task; ``done_at`` follows its status, and what it repeats follows when it is done."""

    clock: Clock
    links: TaskLinks
    soon: Callable[..., Awaitable[None]]

    def title(self, document: Mapping[str, Any]) -> str:
        """Return the task's title."""
        return str(document["title"])

    async def prepare(self, draft: Draft) -> None:
        """Keep ``done_at`` in step with the status, the times with each other; look what the task is about."""
        if "status" in draft.values:
            was = (draft.before or {}).get("done_at")
            draft.values["done_at"] = (was or self.clock()) if draft.values["status"] == "done" else None
        if draft.action in ("create", "update"):
            await self._check_message(draft)
            await self._check_about(draft)
            schedule(draft)

    async def store(self, draft: Draft) -> None:
        """Make the next task when this one is done, and keep what follows from its times."""
        before = draft.before or {}
        if draft.action == "update" and draft.now("status") == "done" and before.get("status") != "done":
            await self._make_next(draft)
        names = ("status", "due_at", "conversation")
        moved = draft.before is None or draft.action in ("delete", "restore")
        if moved or any(name in draft.values and draft.values[name] != before.get(name) for name in names):
            await keep_next_due((before.get("conversation"), draft.now("conversation")))
        if draft.now("status") != "done" and draft.action != "delete":
            times = [draft.now(name) for name in ("remind_at", "due_at")]
            if draft.action == "restore" or any(
                name in draft.values for name in ("remind_at", "due_at", "status")
            ):
                await self.soon(*times)

    async def _check_message(self, draft: Draft) -> None:
        message = draft.values.get("message_id")
        if "message_id" not in draft.asked or not isinstance(message, UUID):
            return
        if not await self.links.sees("message", message, draft.actor):
            draft.problem("/message_id", "no_such_record", _NOT_THERE)
        elif "conversation" not in draft.values:
            draft.values["conversation"] = await self.links.conversation_of(message)

    async def _check_about(self, draft: Draft) -> None:
        if not draft.asked.keys() & {"about_type", "about_id"}:
            return
        kind, id = draft.now("about_type") or "", draft.now("about_id")
        if not kind and id is None:
            return
        if not kind or id is None:
            draft.problem("/about_type" if not kind else "/about_id", "which_record", _WHICH)
        elif not await self.links.sees(kind, id, draft.actor):
            draft.problem("/about_id", "no_such_record", _NOT_THERE)
        elif kind in ("contact", "conversation"):
            # These have columns of their own, which merging and lists go by.
            draft.values |= {kind: id, "about_type": "", "about_id": None}

    async def _make_next(self, draft: Draft) -> None:
        row = {**(draft.before or {}), **draft.values}
        if not row.get("recurrence") or await Task.exists().where(Task.previous_id == draft.id):
            return
        times = next_task(row, self.clock())
        if times is None:
            return
        internal = {name: row.get(name) for name in _CARRIED}
        internal |= times | {"occurs_at": times["due_at"], "previous_id": draft.id}
        await self.links.make(row["title"], internal, draft.actor)

    def told(self, document: dict[str, Any], row: Mapping[str, Any], actor: Actor) -> None:
        """Say the rule in the reader's language."""
        if document.get("recurrence") and "recurrence_text" in document:
            document["recurrence_text"] = rule_in_words(row, actor.language)

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the task with the names of what it refers to."""
        document = super().document(row)
        names = (row.get("contact.first_name"), row.get("contact.last_name"))
        document["contact"] = named(row["contact"], " ".join(part for part in names if part) or "–")
        document["assignee"] = named(row["assignee"], row.get("assignee.name") or "")
        number = row.get("conversation.number")
        subject = row.get("conversation.subject") or ""
        document["conversation"] = named(row["conversation"], f"#{number} {subject}".strip(), number=number)
        document["recurrence_text"] = ""
        return document


def rule_in_words(row: Mapping[str, Any], language: str) -> str:
    """Return the rule of a task's ``row`` in words, as it is written when it cannot be read."""
    try:
        zone: ZoneInfo = zone_named(row["recurrence_zone"] or "UTC")
        rule, start = read_rule(row["recurrence"]), row.get("recurs_from") or row["due_at"]
    except (BadRule, ValueError):
        return str(row["recurrence"])
    return spoken(rule, start.astimezone(zone).date(), language) if start else str(row["recurrence"])


def task_type(clock: Clock, links: TaskLinks, soon: Callable[..., Awaitable[None]]) -> TaskType:
    """Return the record type of tasks; ``soon`` is told of their moments, in the open transaction."""
    return TaskType(
        key="task",
        plural="tasks",
        label={"en": "Task", "ru": "Задача"},
        label_plural={"en": "Tasks", "ru": "Задачи"},
        table=Task,
        properties=TASK_PROPERTIES,
        required=("title",),
        joined=(
            Task.assignee.name,
            Task.contact.first_name,
            Task.contact.last_name,
            Task.conversation.number,
            Task.conversation.subject,
        ),
        list_columns=("title", "status", "due_at", "assignee"),
        filters=(
            "title",
            "status",
            "due_at",
            "remind_at",
            "recurrence",
            "assignee_id",
            "contact_id",
            "conversation_id",
            "message_id",
            "about_type",
            "about_id",
            "previous_id",
            "done_at",
            "created_at",
        ),
        sorts=("created_at", "updated_at", "due_at", "remind_at", "done_at"),
        owner="assignee",
        always_shown=("title", "status", "due_at", "assignee"),
        made_of={"recurrence_text": ("recurrence",)},
        clock=clock,
        links=links,
        soon=soon,
    )
