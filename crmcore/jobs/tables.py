"""The queue."""

from piccolo.columns import JSONB, UUID, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class JobRow(Table, db=WORKSPACE_ENGINE, tablename="job"):
    """A job that waits (``queued``), runs (``running``) or is ``dead``; finished jobs are deleted.

    ``run_at`` doubles as the lease's end while the job runs. ``unique_key`` is null or unique; ``again``
    notes that the same key was asked for while the job was running, so that it runs once more. Jobs with the
    same ``ordering_key`` run one after the other, oldest ``id`` first. ``lease`` is the fencing token: only
    the worker that holds it may finish the job. ``max_attempts`` 0 follows the job's registration.
    ``priority`` 0 goes before 1 and 2 in its lane. ``done`` of ``total`` are through, when the job says so.
    ``began_at`` is when it was taken last; ``ran_at`` is when a periodic job's last turn came to a good end.
    ``origin`` is the request and the trace that it goes back to, see :mod:`crmcore.telemetry.origin`.
    """

    id = UUID(primary_key=True, default=uuid7)
    plugin = Varchar(length=31)
    name = Varchar(length=60)
    payload = JSONB(default="{}")
    unique_key = Varchar(length=255, null=True, default=None, unique=True)
    again = Boolean(default=False)
    ordering_key = Varchar(length=255, null=True, default=None)
    state = Varchar(length=8, default="queued")
    run_at = Timestamptz(default=utc_now)
    attempts = Integer(default=0)
    max_attempts = Integer(default=0)
    lease = UUID(null=True, default=None)
    error = Text(default="")
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)
    priority = Integer(default=1)
    done = Integer(null=True, default=None)
    total = Integer(null=True, default=None)
    began_at = Timestamptz(null=True, default=None)
    ran_at = Timestamptz(null=True, default=None)
    origin = Varchar(length=200, null=True, default=None)
