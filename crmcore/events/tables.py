"""The outbox, and what is told from it once more."""

from piccolo.columns import JSONB, UUID, BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class EventRow(Table, db=WORKSPACE_ENGINE, tablename="event"):
    """An event, written in the transaction of the change it tells of.

    ``written_in`` is the number of that transaction on PostgreSQL, where rows do not become visible in the order of
    their ids; SQLite writes one after the other and numbers its rows itself: there it is null.
    """

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=60)
    record_type = Varchar(length=60)
    record_id = UUID()
    payload = JSONB(default="{}")
    at = Timestamptz(default=utc_now, index=True)
    written_in = BigInt(null=True, default=None)


class EventReplay(Table, db=WORKSPACE_ENGINE, tablename="event_replay"):
    """A span of events that one plugin is told again.

    ``names`` are the events' names, ``[]`` all that the plugin listens to; ``since`` and ``until`` the span. Events
    up to the id ``position`` were put down, ``put`` of ``total``; ``last`` is the last one of the span. ``state`` is
    queued, running, done, cancelled or failed.
    """

    id = UUID(primary_key=True, default=uuid7)
    plugin = Varchar(length=31)
    names = JSONB(default="[]")
    since = Timestamptz(null=True, default=None)
    until = Timestamptz(null=True, default=None)
    position = UUID(null=True, default=None)
    last = UUID()
    put = Integer(default=0)
    total = Integer(default=0)
    state = Varchar(length=10, default="queued")
    error = Text(default="")
    started_by = Varchar(length=200, default="")
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
    finished_at = Timestamptz(null=True, default=None)
