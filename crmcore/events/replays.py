"""Replays of events, begun and watched by people."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from piccolo.custom_types import Combinable

from crmcore.audit.note import note
from crmcore.clock import uuid7
from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.events.replay import NewReplay, Replay, replay_of
from crmcore.events.replaying import Replaying, deliveries_of, waiting_of
from crmcore.events.tables import EventReplay, EventRow
from crmcore.jobs.desk import READ, WRITE
from crmcore.jobs.tables import JobRow
from crmcore.plugins.host import PluginHost
from crmcore.plugins.specs import read_specs
from crmcore.records.scope import demand

if TYPE_CHECKING:
    from crmcore.jobs.queue import JobQueue

_UNKNOWN: Label = {"en": "There is no such plugin.", "ru": "Такого плагина нет."}
_AWAY: Label = {
    "en": "This plugin is not loaded. Enable it first, or see on the plugins page why it did not start.",
    "ru": "Этот плагин не загружен. Включите его или посмотрите на странице плагинов, почему он не запустился.",
}
_DEAF: Label = {
    "en": "This plugin does not listen to events.",
    "ru": "Этот плагин не слушает события.",
}
_UNHEARD: Label = {
    "en": "The plugin does not listen to “{name}”. It listens to {known}.",
    "ru": "Плагин не слушает «{name}». Он слушает: {known}.",
}
_NO_BEGINNING: Label = {
    "en": "Say where to begin: since when, or with which event.",
    "ru": "Укажите начало: время или событие.",
}
_FUTURE: Label = {"en": "That is in the future.", "ru": "Это в будущем."}
_BACKWARDS: Label = {
    "en": "The end must be behind the beginning.",
    "ru": "Конец должен быть позже начала.",
}
_NOTHING: Label = {
    "en": "In this span is no event that the plugin listens to. Events are kept for 90 days unless set otherwise.",
    "ru": "В этом промежутке нет событий, которые слушает плагин. События хранятся 90 дней, если не задано иное.",
}
_UNDER_WAY: Label = {
    "en": "A replay to this plugin is under way. Wait for its end, or cancel it.",
    "ru": "Повтор событий этому плагину уже идёт. Дождитесь конца или отмените его.",
}
_OVER: Label = {"en": "This replay is over.", "ru": "Этот повтор уже закончен."}


class EventReplays:
    """Lets plugins be told again what has happened."""

    def __init__(self, queue: "JobQueue", host: PluginHost) -> None:
        self._queue = queue
        self._host = host
        self.work = Replaying(queue)

    def listeners(self) -> dict[str, list[str]]:
        """Return the loaded plugins that listen to events, with the names of these events."""
        events = [name for name, spec in read_specs().items() if spec.kind == "event"]
        found: dict[str, list[str]] = {}
        for name in sorted(events):
            for plugin in self._host.dispatch.implementers(name):
                found.setdefault(plugin, []).append(name)
        return dict(sorted(found.items()))

    async def begin(self, new: NewReplay, *, actor: Actor) -> Replay:
        """Let a plugin be told a span of events again. Raises Invalid, Conflict."""
        demand(actor, WRITE)
        names = self._checked(new)
        conditions = _conditions(new, names)
        async with self._queue.database.transaction():
            if await EventReplay.exists().where(
                EventReplay.plugin == new.plugin, EventReplay.state.is_in(["queued", "running"])
            ):
                raise Conflict(_UNDER_WAY, code="replay_under_way")
            last = (
                await EventRow.select(EventRow.id)
                .where(*conditions)
                .order_by(EventRow.id, ascending=False)
                .first()
            )
            if last is None:
                raise Conflict(_NOTHING, code="no_events")
            total = await EventRow.count().where(*conditions)
            now = self._queue.clock()
            id = uuid7(now)
            await EventReplay.insert(
                EventReplay(
                    id=id,
                    plugin=new.plugin,
                    names=msgspec.json.encode(names).decode(),
                    since=new.since,
                    until=new.until,
                    position=UUID(int=new.first.int - 1) if new.first else None,
                    last=last["id"],
                    total=total,
                    started_by=actor.label[:200],
                    created_at=now,
                    updated_at=now,
                )
            )
            changes: dict[str, list[Any]] = {"events": [None, total], "names": [None, new.names]}
            for bound in ("since", "until", "first", "last"):
                if (value := getattr(new, bound)) is not None:
                    changes[bound] = [None, str(value)]
            await note(self._queue.clock, "replay", "plugin", new.plugin, actor=actor, changes=changes)
            await self.work.enqueue(id)
        return await self.get(id, actor=actor.freely())

    async def newest(self, *, actor: Actor, limit: int = 20) -> list[Replay]:
        """Return the replays, the newest first."""
        demand(actor, READ)
        rows = await EventReplay.select().order_by(EventReplay.id, ascending=False).limit(limit)
        return [await _replay(row) for row in rows]

    async def get(self, id: UUID, *, actor: Actor) -> Replay:
        """Return one replay. Raises NotFound."""
        demand(actor, READ)
        return await _replay(await self._row(id))

    async def cancel(self, id: UUID, *, actor: Actor) -> Replay:
        """End a replay; what was told stays told, what waits is not. Raises NotFound, Conflict when it is over."""
        demand(actor, WRITE)
        now = self._queue.clock()
        async with self._queue.database.transaction():
            row = await self._row(id)
            ended = (
                await EventReplay.update(
                    {
                        EventReplay.state: "cancelled",
                        EventReplay.finished_at: now,
                        EventReplay.updated_at: now,
                    }
                )
                .where(EventReplay.id == id, EventReplay.state.is_in(["queued", "running"]))
                .returning(EventReplay.id)
            )
            if not ended:
                raise Conflict(_OVER, code="replay_over")
            gone = (
                await JobRow.delete()
                .where(*deliveries_of(row), JobRow.state == "queued")
                .returning(JobRow.id)
            )
            await EventReplay.update({EventReplay.put: EventReplay.put - len(gone)}).where(
                EventReplay.id == id
            )
            await note(self._queue.clock, "cancel", "plugin", row["plugin"], actor=actor, id=id)
        return await self.get(id, actor=actor.freely())

    def _checked(self, new: NewReplay) -> list[str]:
        """Return the names of the events that are told. Raises Invalid, Conflict."""
        state = self._host.plugins.get(new.plugin)
        if state is None:
            raise _invalid("/plugin", "unknown_plugin", _UNKNOWN)
        if state.state != "loaded":
            raise Conflict(_AWAY, code="plugin_away")
        heard = self.listeners().get(new.plugin)
        if not heard:
            raise _invalid("/plugin", "no_events_heard", _DEAF)
        for place, name in enumerate(new.names):
            if name not in heard:
                raise _invalid(f"/names/{place}", "unheard", _UNHEARD, name=name, known=", ".join(heard))
        if new.since is None and new.first is None:
            raise _invalid("/since", "required", _NO_BEGINNING)
        _check_span(new, self._queue.clock())
        return sorted(set(new.names)) or heard

    async def _row(self, id: UUID) -> dict[str, Any]:
        row = await EventReplay.select().where(EventReplay.id == id).first()
        if row is None:
            raise NotFound
        return row


def _check_span(new: NewReplay, now: datetime) -> None:
    if new.since is not None and new.since > now:
        raise _invalid("/since", "in_future", _FUTURE)
    if new.since is not None and new.until is not None and new.until <= new.since:
        raise _invalid("/until", "backwards", _BACKWARDS)
    if new.first is not None and new.last is not None and new.last < new.first:
        raise _invalid("/last", "backwards", _BACKWARDS)


def _conditions(new: NewReplay, names: Sequence[str]) -> list[Combinable]:
    found: list[Combinable] = [EventRow.name.is_in(list(names))]
    if new.since is not None:
        found.append(EventRow.at >= new.since)
    if new.until is not None:
        found.append(EventRow.at < new.until)
    if new.first is not None:
        found.append(EventRow.id >= new.first)
    if new.last is not None:
        found.append(EventRow.id <= new.last)
    return found


async def _replay(row: dict[str, Any]) -> Replay:
    under_way = row["state"] in ("queued", "running")
    return replay_of(row, await waiting_of(row) if under_way else 0)


def _invalid(path: str, code: str, message: Label, **params: Any) -> Invalid:
    return Invalid(problems=(Problem(path=path, code=code, message=message, params=params),))
