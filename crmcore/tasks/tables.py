"""Tasks: something that somebody has to do by a time, about a record."""

from piccolo.columns import UUID, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.accounts.tables import User
from crmcore.clock import utc_now, uuid7
from crmcore.contacts.tables import Contact
from crmcore.conversations.tables import Conversation
from crmcore.database.current import WORKSPACE_ENGINE


class Task(Table, db=WORKSPACE_ENGINE, tablename="task"):
    """A task. ``status`` is open or done; ``message_id`` is the message it was made from.

    ``reminded_at`` and ``overdue_told_at`` are set when somebody was told, and emptied when the time changes.
    ``recurrence`` is a rule of RFC 5545 that is counted from ``recurs_from`` in ``recurrence_zone``; ``occurs_at`` is
    the time the rule gave this task, which stays when the task alone is put off; ``previous_id`` is the task that it
    followed when that was done. ``about`` is any record that is neither contact nor conversation.
    """

    id = UUID(primary_key=True, default=uuid7)
    title = Varchar(length=300)
    notes = Text(default="")
    search_text = Text(default="")
    status = Varchar(length=10, default="open")
    due_at = Timestamptz(null=True, default=None, index=True)
    assignee = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.set_null)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null)
    conversation = ForeignKey(references=Conversation, null=True, default=None, on_delete=OnDelete.set_null)
    message_id = UUID(null=True, default=None)
    about_type = Varchar(length=60, default="")
    about_id = UUID(null=True, default=None)
    remind_at = Timestamptz(null=True, default=None)
    reminded_at = Timestamptz(null=True, default=None)
    overdue_told_at = Timestamptz(null=True, default=None)
    recurrence = Varchar(length=500, default="")
    recurrence_zone = Varchar(length=64, default="")
    recurs_from = Timestamptz(null=True, default=None)
    occurs_at = Timestamptz(null=True, default=None)
    previous_id = UUID(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now, index=True)
    updated_at = Timestamptz(default=utc_now)
    deleted_at = Timestamptz(null=True, default=None)
