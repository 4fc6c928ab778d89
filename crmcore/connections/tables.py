"""What is known of the tasks that listen for accounts, and of browsers that went to ask for consent."""

from piccolo.columns import UUID, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.conversations.tables import ChannelAccountRow
from crmcore.database.current import WORKSPACE_ENGINE


class ListeningRow(Table, db=WORKSPACE_ENGINE, tablename="account_listening"):
    """How listening for ``account`` goes: ``state`` is listening, waiting or stopped.

    ``since`` is when it began, ``error`` what ended it last, ``again_at`` when it begins again, ``failures`` how
    often in a row it ended within a minute; ``place`` is the process, as host and number.
    """

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(references=ChannelAccountRow, on_delete=OnDelete.cascade, unique=True)
    state = Varchar(length=10, default="listening")
    since = Timestamptz(null=True, default=None)
    error = Varchar(length=500, default="")
    error_at = Timestamptz(null=True, default=None)
    again_at = Timestamptz(null=True, default=None)
    failures = Integer(default=0)
    place = Varchar(length=120, default="")


class ConsentRow(Table, db=WORKSPACE_ENGINE, tablename="connection_consent"):
    """A browser that went to a service to ask for consent, known again by ``state`` and its session, both hashed."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(references=ChannelAccountRow, on_delete=OnDelete.cascade, index=True)
    state_hash = Varchar(length=64, unique=True)
    session_hash = Varchar(length=64)
    created_at = Timestamptz(default=utc_now, index=True)
