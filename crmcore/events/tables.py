"""The outbox."""

from piccolo.columns import JSONB, UUID, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class EventRow(Table, db=WORKSPACE_ENGINE, tablename="event"):
    """An event, written in the transaction of the change it tells of."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=60)
    record_type = Varchar(length=60)
    record_id = UUID()
    payload = JSONB(default="{}")
    at = Timestamptz(default=utc_now, index=True)
