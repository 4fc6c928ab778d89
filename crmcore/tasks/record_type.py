"""Tasks as a record type."""

from collections.abc import Mapping
from typing import Any

from crmcore.clock import Clock
from crmcore.contracts.fields import JsonSchema
from crmcore.contracts.records import Draft, RecordType
from crmcore.records.properties import NAMED_RECORD, choice, kept, moment, named, reference, text
from crmcore.tasks.tables import Task

TASK_PROPERTIES: dict[str, JsonSchema] = {
    "title": text("Title", "Задача", limit=300, minLength=1),
    "notes": text("Notes", "Заметки", limit=20_000),
    "status": choice("Status", "Состояние", "open", "done"),
    "due_at": moment("Due", "Срок"),
    "assignee": kept("Assignee", "Ответственный", NAMED_RECORD),
    "assignee_id": reference("Assignee", "Ответственный", "user"),
    "contact": kept("Contact", "Контакт", NAMED_RECORD),
    "contact_id": reference("Contact", "Контакт", "contact"),
    "conversation": kept("Conversation", "Обращение", NAMED_RECORD),
    "conversation_id": reference("Conversation", "Обращение", "conversation"),
    "message_id": kept("Made from message", "Из сообщения", {"type": ["string", "null"], "format": "uuid"}),
    "done_at": moment("Done", "Выполнено", read_only=True),
}


class TaskType(RecordType, frozen=True, kw_only=True):
    """A task; ``done_at`` follows its status."""

    clock: Clock

    def title(self, document: Mapping[str, Any]) -> str:
        """Return the task's title."""
        return str(document["title"])

    async def prepare(self, draft: Draft) -> None:
        """Keep ``done_at`` in step with the status."""
        if "status" in draft.values:
            was = (draft.before or {}).get("done_at")
            draft.values["done_at"] = (was or self.clock()) if draft.values["status"] == "done" else None

    def document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the task with the names of what it refers to."""
        document = super().document(row)
        names = (row.get("contact.first_name"), row.get("contact.last_name"))
        document["contact"] = named(row["contact"], " ".join(part for part in names if part) or "–")
        document["assignee"] = named(row["assignee"], row.get("assignee.name") or "")
        number = row.get("conversation.number")
        subject = row.get("conversation.subject") or ""
        document["conversation"] = named(row["conversation"], f"#{number} {subject}".strip(), number=number)
        return document


def task_type(clock: Clock) -> TaskType:
    """Return the record type of tasks."""
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
            "assignee_id",
            "contact_id",
            "conversation_id",
            "done_at",
            "created_at",
        ),
        sorts=("created_at", "updated_at", "due_at"),
        owner="assignee",
        always_shown=("title", "status", "due_at", "assignee"),
        clock=clock,
    )
