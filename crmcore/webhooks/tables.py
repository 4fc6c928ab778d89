"""Endpoints and what was sent to them."""

from piccolo.columns import JSONB, UUID, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class WebhookEndpoint(Table, db=WORKSPACE_ENGINE, tablename="webhook_endpoint"):
    """An address that events are posted to.

    ``state`` is enabled, paused (deliveries are kept and wait) or disabled (nothing is kept). ``owner`` is the user
    whose sight decides what is told, within the ``permissions`` that the request had which made it so. Until
    ``held_until`` nothing is sent, because the last attempt did not get through; ``failures`` counts those in a
    row, and ``failing_since`` is the first failure since the last success.
    """

    id = UUID(primary_key=True, default=uuid7)
    url = Varchar(length=2000)
    description = Varchar(length=200, default="")
    events = JSONB(default='["*"]')
    state = Varchar(length=10, default="enabled")
    reason = Varchar(length=20, default="")
    secret = Varchar(length=400, default="", secret=True)
    old_secret = Varchar(length=400, default="", secret=True)
    owner = UUID()
    permissions = JSONB(default="[]")
    failures = Integer(default=0)
    failing_since = Timestamptz(null=True, default=None)
    held_until = Timestamptz(null=True, default=None)
    last_at = Timestamptz(null=True, default=None)
    last_status = Integer(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=utc_now)
    updated_at = Timestamptz(default=utc_now)


class WebhookDelivery(Table, db=WORKSPACE_ENGINE, tablename="webhook_delivery"):
    """One event on its way to one endpoint, written in the transaction of the event.

    ``state`` is queued (a job sends it), waiting (for its next attempt, or for its endpoint), delivered, dead or
    skipped. The body is not kept: it is made anew for each attempt. A test has no ``event``.
    """

    id = UUID(primary_key=True, default=uuid7)
    endpoint = UUID()
    event = UUID(null=True, default=None)
    name = Varchar(length=60)
    record_type = Varchar(length=60, default="")
    record_id = UUID()
    state = Varchar(length=10, default="queued")
    attempts = Integer(default=0)
    next_at = Timestamptz(null=True, default=None)
    status = Integer(null=True, default=None)
    answer = Text(default="")
    error = Varchar(length=20, default="")
    detail = JSONB(default="{}")
    duration_ms = Integer(null=True, default=None)
    created_at = Timestamptz(default=utc_now, index=True)
    updated_at = Timestamptz(default=utc_now)
