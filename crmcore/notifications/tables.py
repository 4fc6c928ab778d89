"""What people were told, and how they want to be told."""

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.accounts.tables import User
from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class Notification(Table, db=WORKSPACE_ENGINE, tablename="notification"):
    """Something that ``user`` should hear of. Unique (user, key): told once, whoever tells it how often.

    It names a record and has no copy of it: whether the user may see it, and what it is called, is asked each time
    it is shown. ``times`` counts what came while it was unread; ``details`` says who did it. ``mail_at`` is when it
    goes out by mail at the earliest, None when it does not; without ``in_page`` it goes out by mail alone.
    """

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    kind = Varchar(length=40)
    key = Varchar(length=120)
    record_type = Varchar(length=60, default="")
    record_id = UUID(null=True, default=None)
    message_id = UUID(null=True, default=None)
    details = JSONB(default="{}")
    times = Integer(default=1)
    in_page = Boolean(default=True)
    at = Timestamptz(default=utc_now, index=True)
    read_at = Timestamptz(null=True, default=None)
    mail_at = Timestamptz(null=True, default=None)
    mailed_at = Timestamptz(null=True, default=None)


class NotificationChoice(Table, db=WORKSPACE_ENGINE, tablename="notification_choice"):
    """How a user wants to hear of one kind; without a row, as the kind says. Unique (user, kind)."""

    id = UUID(primary_key=True, default=uuid7)
    user = ForeignKey(references=User, on_delete=OnDelete.cascade)
    kind = Varchar(length=40)
    in_page = Boolean(default=True)
    by_mail = Boolean(default=False)
    updated_at = Timestamptz(default=utc_now)
