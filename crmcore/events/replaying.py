"""The work of a replay: puts deliveries down bit by bit, in order, and never so many that others wait for them."""

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from piccolo.custom_types import Combinable

from crmcore.events.outbox import DELIVER_EVENT, ordering_key_of
from crmcore.events.tables import EventReplay, EventRow
from crmcore.jobs.host import LONG
from crmcore.jobs.progress import tell_progress
from crmcore.jobs.queue import JobQueue
from crmcore.jobs.tables import JobRow

if TYPE_CHECKING:
    from crmcore.database.database import Database

REPLAY = "replay_events"
"""The key of the core's job that runs :meth:`Replaying.turn`."""
AT_MOST = 100
"""So many deliveries of a replay are in the queue at once."""
TURN_S = 20.0
PAUSE_S = 0.1
REST_S = 15.0
"""A replay that does not come forward, because its plugin is paused or away, leaves its place to others."""


class Replaying:
    """Tells a plugin events again, through the same jobs as the first time.

    Each delivery has the record's ordering key, so that a record's events come one after the other, those that happen
    meanwhile behind those that are told again; and a low priority, so that what happens now goes first.
    """

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._database: Database = queue.database

    async def enqueue(self, id: UUID, turn: int = 0, delay_s: float = 0) -> None:
        """Put the next turn of a replay down."""
        await self._queue.enqueue(
            LONG,
            f"core.{REPLAY}",
            {"replay": str(id), "turn": turn},
            # The turn that asks for the next one is still there.
            key=f"{id}:{turn}",
            delay_s=delay_s,
        )

    async def turn(self, id: UUID, turn: int) -> None:
        """Go on with a replay for a while, and put the next turn down unless it is over."""
        ends = time.monotonic() + TURN_S
        before = -1
        while True:
            row = await self._step(id)
            if row is None:
                return
            waiting = await waiting_of(row)
            done = row["put"] - waiting
            await tell_progress(max(0, done), max(row["total"], row["put"]))
            if row["position"] == row["last"] and not waiting:
                await self._finish(id)
                return
            if time.monotonic() > ends:
                await self.enqueue(id, turn + 1, delay_s=REST_S if done == before else 0)
                return
            before = done if before < 0 else before
            await asyncio.sleep(PAUSE_S)

    async def _step(self, id: UUID) -> dict[str, Any] | None:
        """Put more deliveries down when there is room for them; None for a replay that is over."""
        async with self._database.transaction():
            query = EventReplay.select().where(
                EventReplay.id == id, EventReplay.state.is_in(["queued", "running"])
            )
            rows = await (query.lock_rows("UPDATE") if self._database.kind == "postgres" else query)
            if not rows:
                return None
            row: dict[str, Any] = rows[0]
            room = AT_MOST - await waiting_of(row)
            if row["position"] == row["last"] or room < AT_MOST // 2:
                return row
            events = (
                await EventRow.select(EventRow.id, EventRow.record_type, EventRow.record_id)
                .where(*events_of(row), *after(row["position"]))
                .order_by(EventRow.id)
                .limit(room)
            )
            for event in events:
                await self._deliver(row, event)
            row["put"] += len(events)
            # Fewer than asked for: what is left of the span was forgotten meanwhile, or there is nothing left.
            row["position"] = events[-1]["id"] if len(events) == room else row["last"]
            await EventReplay.update(
                {
                    EventReplay.position: row["position"],
                    EventReplay.put: row["put"],
                    EventReplay.state: "running",
                    EventReplay.updated_at: self._queue.clock(),
                },
                force=True,
            ).where(EventReplay.id == id)
            return row

    async def _deliver(self, row: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        plugin = row["plugin"]
        await self._queue.enqueue(
            plugin,
            f"core.{DELIVER_EVENT}",
            {"event": event["id"], "plugin": plugin, "replay": row["id"]},
            key=f"{row['id'].hex}:{event['id'].hex}",
            ordering_key=ordering_key_of(plugin, event["record_type"], event["record_id"]),
            priority="low",
        )

    async def _finish(self, id: UUID) -> None:
        now = self._queue.clock()
        await EventReplay.update(
            {EventReplay.state: "done", EventReplay.finished_at: now, EventReplay.updated_at: now}
        ).where(EventReplay.id == id, EventReplay.state == "running")


def events_of(row: Mapping[str, Any]) -> list[Combinable]:
    """Return the conditions of the events of a replay's span."""
    found: list[Combinable] = [EventRow.id <= row["last"]]
    if row["since"] is not None:
        found.append(EventRow.at >= row["since"])
    if row["until"] is not None:
        found.append(EventRow.at < row["until"])
    names = msgspec.json.decode(row["names"], type=list[str])
    return [*found, EventRow.name.is_in(names)]


def after(position: UUID | None) -> list[Combinable]:
    """Return the condition of what comes behind ``position``."""
    return [] if position is None else [EventRow.id > position]


def deliveries_of(row: Mapping[str, Any]) -> list[Combinable]:
    """Return the conditions of a replay's deliveries that are in the queue."""
    start = f"{row['plugin']}.core.{DELIVER_EVENT}:{row['id'].hex}:"
    # Underscores stand for any character in LIKE: they are also themselves, and the ids tell the rest.
    return [
        JobRow.plugin == row["plugin"],
        JobRow.state.is_in(["queued", "running"]),
        JobRow.unique_key.like(f"{start}%"),
    ]


async def waiting_of(row: Mapping[str, Any]) -> int:
    """Return how many deliveries of a replay are in the queue."""
    return int(await JobRow.count().where(*deliveries_of(row)))
