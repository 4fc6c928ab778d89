"""Changes of many records, and what became of each."""

from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class BulkRun(Table, db=WORKSPACE_ENGINE, tablename="bulk_run"):
    """One change to many records.

    ``state`` is queued, running, done, failed, undoing or undone. ``work`` is what to do, ``selection`` to which
    records, ``actor`` on whose behalf. ``place`` is how far it came: everything up to it is never done again.
    """

    id = UUID(primary_key=True, default=uuid7)
    record_type = Varchar(length=60)
    state = Varchar(length=10, default="queued")
    work = Text(default="{}")
    selection = Text(default="{}")
    actor = Text(default="{}")
    actor_id = Varchar(length=64, default="", index=True)
    total = Integer(default=0)
    changed = Integer(default=0)
    unchanged = Integer(default=0)
    refused = Integer(default=0)
    undone = Integer(default=0)
    kept = Integer(default=0)
    place = Varchar(length=500, default="")
    error = Varchar(length=300, default="")
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
    finished_at = Timestamptz(null=True, default=None)


class BulkRow(Table, db=WORKSPACE_ENGINE, tablename="bulk_row"):
    """A record that was changed, deleted or refused. Unique (run, record_id).

    ``version`` is the record's after the change, 0 when it was refused; what the change was says the history.
    ``problem`` is why it was refused, as JSON. ``undo`` is what became of it when the run was undone: empty, undone,
    or why it was kept.
    """

    id = UUID(primary_key=True, default=uuid7)
    run = UUID()
    record_id = UUID()
    version = Integer(default=0)
    problem = Text(default="")
    undo = Varchar(length=20, default="")
    deleted = Boolean(default=False)
