"""When a sleeping workspace has something to do."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crmcore.conversations.tables import ChannelAccountRow
from crmcore.jobs.claimed_job import PERIODIC
from crmcore.jobs.tables import JobRow

if TYPE_CHECKING:
    from crmcore.workspace import Crm


async def next_due(crm: "Crm", *, shorter_s: float) -> datetime | None:
    """Return when the next job, reminder or end of a rest is due, None when there is none.

    Periodic jobs that come more often than every ``shorter_s`` seconds do not count: they are what the rounds are
    for. Jobs of plugins that are not loaded wait for these.
    """
    often = [
        f"{PERIODIC}{kind}"
        for kind, job in crm.registry.jobs.items()
        if job.item.every_s is not None and job.item.every_s < shorter_s
    ]
    loaded = [name for name, state in crm.host.plugins.items() if state.state == "loaded"]
    query = (
        JobRow.select(JobRow.run_at)
        .where(JobRow.state == "queued", JobRow.plugin.is_in(loaded))
        .order_by(JobRow.run_at)
        .limit(1)
    )
    if often:
        query = query.where(JobRow.unique_key.is_null() | JobRow.unique_key.not_in(often))
    row = await query.first()
    moments = (
        row["run_at"] if row else None,
        await crm.notifications.due.next_at(),
        await crm.conversations.next_wake(),
    )
    return min((moment for moment in moments if moment is not None), default=None)


async def listens(crm: "Crm") -> bool:
    """Tell whether an active account listens to its service, a telephone exchange for example: it cannot sleep."""
    registry = crm.registry
    owned: list[tuple[str, Any]] = [*registry.channels.items(), *registry.connections.items()]
    keys = [key for key, one in owned if one.item.listen is not None]
    return bool(keys) and await ChannelAccountRow.exists().where(
        ChannelAccountRow.state == "active", ChannelAccountRow.channel.is_in(keys)
    )
