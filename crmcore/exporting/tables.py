"""Exports that are made in the background."""

from piccolo.columns import UUID, BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class ExportRun(Table, db=WORKSPACE_ENGINE, tablename="export_run"):
    """One file that somebody asked for.

    ``state`` is queued, running, done or failed. ``settings`` is an ExportSettings,
    ``actor`` a Starter, within whose sight the rows are read. ``done`` of ``total`` records were written.
    """

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60)
    state = Varchar(length=10, default="queued")
    settings = Text(default="{}")
    actor = Text(default="{}")
    actor_id = Varchar(length=64, default="", index=True)
    done = Integer(default=0)
    total = Integer(default=0)
    size = BigInt(default=0)
    error = Text(default="")
    created_at = Timestamptz(default=utc_now, index=True)
    updated_at = Timestamptz(default=utc_now)
    finished_at = Timestamptz(null=True, default=None)
