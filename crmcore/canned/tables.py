"""Canned replies."""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.accounts.tables import User
from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class CannedReplyRow(Table, db=WORKSPACE_ENGINE, tablename="canned_reply"):
    """A text to answer with. Its ``owner``'s alone unless ``shared``; ``shortcut`` is what is typed behind ``/``."""

    id = UUID(primary_key=True, default=uuid7)
    owner = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    shared = Boolean(default=False)
    shortcut = Varchar(length=40)
    title = Varchar(length=120)
    folder = Varchar(length=60, default="")
    text = Text(default="")
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
