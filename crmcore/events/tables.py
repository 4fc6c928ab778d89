"""The outbox."""

from piccolo.columns import JSONB, UUID, BigInt, Timestamptz, Varchar
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
