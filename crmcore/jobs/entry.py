"""Jobs as people and programs see them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.jobs import Job, Priority
from crmcore.contracts.labels import text_of
from crmcore.jobs.claimed_job import PERIODIC
from crmcore.jobs.priorities import NAMES
from crmcore.plugins.registry import Registered

Show = Literal["queued", "running", "failing", "dead"]
"""What a list of jobs shows: those that wait, run, wait after a failure, or were given up."""


class JobEntry(Struct, frozen=True, kw_only=True):
    """One job. ``label`` is what it does, in words, ``owner`` the plugin whose code it is.

    ``run_at`` is when a waiting job is due; ``done`` of ``total`` are through where the job tells; ``error`` is its
    last failure; ``died_at`` is when it was given up. ``cancellable`` says whether people may throw it away.
    """

    id: UUID
    plugin: str
    name: str
    owner: str
    label: str
    state: Literal["queued", "running", "dead"]
    payload: dict[str, Any]
    priority: Priority
    attempts: int
    max_attempts: int | None
    error: str
    done: int | None
    total: int | None
    run_at: datetime
    created_at: datetime
    began_at: datetime | None
    died_at: datetime | None
    periodic: bool
    cancellable: bool


class QueueEntry(Struct, frozen=True, kw_only=True):
    """The jobs of one plugin, or of one of the core's lanes, in numbers.

    ``due`` wait for a worker, the oldest for ``oldest_wait_s`` seconds; ``later`` have their time still to come,
    ``failing`` of them after a failure.
    """

    plugin: str
    due: int
    later: int
    failing: int
    running: int
    dead: int
    oldest_wait_s: float


class PeriodicEntry(Struct, frozen=True, kw_only=True):
    """A job that runs by itself: every ``every_s`` seconds, or ``at`` times of cron on the clocks of ``time_zone``.

    ``next_at`` is its next turn, ``ran_at`` the end of the last one that came to a good end, ``error`` why the last
    one did not.
    """

    id: UUID | None
    plugin: str
    name: str
    label: str
    every_s: float | None
    at: str
    time_zone: str
    state: Literal["queued", "running", "new"]
    next_at: datetime | None
    ran_at: datetime | None
    error: str


def entry_of(row: Mapping[str, Any], kinds: Mapping[str, Registered[Job]], language: str = "en") -> JobEntry:
    """Return the job stored in ``row``."""
    name = row["name"]
    kind = name if "." in name else f"{row['plugin']}.{name}"
    registered = kinds.get(kind)
    periodic = (row["unique_key"] or "").startswith(PERIODIC)
    job = registered.item if registered else None
    return JobEntry(
        id=row["id"],
        plugin=row["plugin"],
        name=name,
        owner=kind.partition(".")[0],
        label=text_of(job.label, language) if job and job.label else kind,
        state=row["state"],
        payload=msgspec.json.decode(row["payload"], type=dict[str, Any]),
        priority=NAMES.get(row["priority"], "normal"),
        attempts=row["attempts"],
        max_attempts=row["max_attempts"] or (job.max_attempts if job else None),
        error=row["error"],
        done=row["done"],
        total=row["total"],
        run_at=row["run_at"],
        created_at=row["created_at"],
        began_at=row["began_at"],
        died_at=row["updated_at"] if row["state"] == "dead" else None,
        periodic=periodic,
        cancellable=not periodic and row["state"] != "dead" and (job is None or job.cancellable),
    )
