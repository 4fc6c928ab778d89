"""The outbox: what has happened, written with the change itself and told to the plugins afterwards."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.contracts.context import PluginContext
from crmcore.contracts.events import Event
from crmcore.events.rows import add_events
from crmcore.events.tables import EventRow
from crmcore.jobs.ids import AscendingIds
from crmcore.jobs.new_job import NewJob
from crmcore.jobs.queue import JobQueue

DELIVER_EVENT = "deliver_event"
"""The key of the core's job that runs :meth:`Outbox.deliver`."""


class EventDispatch(Protocol):
    def implementers(self, hook: str) -> list[str]:
        """Return the plugins that implement ``hook``; raise KeyError when there is no such hook."""
        ...

    async def call_one(self, plugin: str, hook: str, **arguments: Any) -> Any:
        """Call the hook of one plugin."""
        ...


class EventHost(Protocol):
    @property
    def dispatch(self) -> EventDispatch: ...


class Subscribers(Protocol):
    async def write(self, event: Event) -> None:
        """Write what follows from ``event`` outside of plugins, in its transaction."""
        ...


class Outbox:
    """Writes events into the transaction of the change they tell of, and delivers them afterwards.

    An event is delivered to each plugin by a job of its own: at least once, in order per record, and without
    waiting for any other plugin. Deliveries that keep failing end as dead letters that name the plugin.
    """

    def __init__(
        self,
        host: EventHost,
        queue: JobQueue,
        clock: Clock,
        subscribers: Subscribers | None = None,
        *,
        committed: Callable[[], None] | None = None,
    ) -> None:
        self._host = host
        self._committed = committed
        self._subscribers = subscribers
        self._queue = queue
        self._clock = clock
        self._ids = AscendingIds()

    async def write(
        self,
        name: str,
        record_type: str,
        record_id: UUID,
        actor: Actor,
        *,
        changes: Mapping[str, list[Any]] | None = None,
        data: Mapping[str, Any] | None = None,
        quiet: bool = False,
        untold: str = "",
    ) -> None:
        """Write one event and its deliveries; raise RuntimeError outside a transaction.

        An event whose name no hook has, or no plugin implements, is written all the same: it is part of what
        programs can read. A ``quiet`` one is told to open pages alone, never to plugins and endpoints. The plugin
        ``untold`` is not told: it brought the event about and knows.
        """
        event = self._event(name, record_type, record_id, actor, changes or {}, data or {})
        await self._write(name, [event], [] if quiet else self._listeners(name, untold), quiet)

    async def write_all(
        self,
        name: str,
        record_type: str,
        changes: Sequence[tuple[UUID, Mapping[str, list[Any]]]],
        actor: Actor,
        *,
        untold: str = "",
    ) -> None:
        """Write what :meth:`write` does for several records with their changes."""
        events = [self._event(name, record_type, id, actor, changed, {}) for id, changed in changes]
        if events:
            await self._write(name, events, self._listeners(name, untold), False)

    def _event(
        self,
        name: str,
        record_type: str,
        record_id: UUID,
        actor: Actor,
        changes: Mapping[str, list[Any]],
        data: Mapping[str, Any],
    ) -> Event:
        return Event(
            id=self._ids.next(),
            name=name,
            at=self._clock(),
            record_type=record_type,
            record_id=record_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label,
            changes=dict(changes),
            data=dict(data),
        )

    async def _write(self, name: str, events: Sequence[Event], plugins: Sequence[str], quiet: bool) -> None:
        if not self._queue.database.engine.transaction_exists():
            raise RuntimeError(f"the event {name!r} has to be written in the transaction of its change")
        await add_events(self._queue.database, *events)
        if self._committed is not None:
            self._queue.database.after_commit(self._committed)
        if quiet:
            return
        await self._queue.enqueue_all(
            [self._delivery(plugin, event) for event in events for plugin in plugins]
        )
        if self._subscribers is not None:
            for event in events:
                await self._subscribers.write(event)

    async def deliver(self, payload: Mapping[str, Any], plugin: PluginContext) -> None:
        """Run the delivery that ``payload`` describes; raise what the plugin's hook raised.

        This is the core's job ``deliver_event``; ``plugin`` is the core's own context.
        """
        row = await EventRow.select(EventRow.payload).where(EventRow.id == UUID(payload["event"])).first()
        if row is None:
            # Forgotten by now: whoever deleted old events did not want them told any more.
            return
        event = msgspec.json.decode(row["payload"], type=Event)
        await self._host.dispatch.call_one(payload["plugin"], event.name, event=event)

    async def forget(self, keep_days: float = 90) -> int:
        """Delete the events that are older than ``keep_days``, and return how many."""
        before = self._clock() - timedelta(days=keep_days)
        rows = await EventRow.delete().where(EventRow.at < before).returning(EventRow.id)
        return len(rows)

    def _listeners(self, name: str, untold: str) -> list[str]:
        try:
            return [plugin for plugin in self._host.dispatch.implementers(name) if plugin != untold]
        except KeyError:
            return []

    @staticmethod
    def _delivery(plugin: str, event: Event) -> NewJob:
        return NewJob(
            plugin=plugin,
            name=f"core.{DELIVER_EVENT}",
            payload={"event": event.id, "plugin": plugin},
            ordering_key=ordering_key_of(plugin, event.record_type, event.record_id),
        )


def ordering_key_of(plugin: str, record_type: str, record_id: UUID) -> str:
    """Return what keeps the events of one record in order for one plugin."""
    return f"{plugin}:{record_type}:{record_id}"
