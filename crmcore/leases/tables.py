"""Leases: what one process has for itself."""

from piccolo.columns import BigInt, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now
from crmcore.database.current import WORKSPACE_ENGINE


class Lease(Table, db=WORKSPACE_ENGINE, tablename="lease"):
    """That ``holder`` has ``name`` for itself as long as it goes on counting ``beat`` up.

    ``at`` is when it did that last, for people and pages: who takes a lease over goes by the beat alone.
    """

    name = Varchar(length=200, primary_key=True)
    holder = Varchar(length=32)
    beat = BigInt(default=0)
    at = Timestamptz(default=utc_now)
