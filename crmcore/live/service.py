"""Live updates: what has been written is told to the pages and programs that listen."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import Label
from crmcore.errors import TooMany
from crmcore.live.hub import Hub
from crmcore.live.listener import By, Listener
from crmcore.live.notices import write_notice
from crmcore.live.told import Hello, Told

if TYPE_CHECKING:
    from crmcore.workspace import Crm


MAX_PER_USER = 12
MAX_STREAMS = 1000
"""In one process; each takes a connection and a few kilobytes."""
AGAIN_S = 30


class Live:
    """The streams of this process, and what every room of the house needs of them: telling people something."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._hub: Hub | None = None
        self._stopping = False

    @property
    def listening(self) -> int:
        """How many streams are open in this process."""
        return len(self._hub.listeners) if self._hub is not None else 0

    async def listen(self, actor: Actor, by: By, secret_hash: str, last: str = "") -> tuple[Listener, Told]:
        """Begin a stream and return it with its first message; :meth:`leave` ends it.

        ``by`` and ``secret_hash`` are what ``actor`` signed in with. With the place ``last`` of an earlier stream he
        is told first what he missed, or to read again what he shows. Raises TooMany when he has
        :data:`MAX_PER_USER` streams already, or the process :data:`MAX_STREAMS`, or is about to end.
        """
        if self._hub is None:
            self._hub = Hub(self._crm)
        hub = self._hub
        own = sum(1 for listener in hub.listeners if listener.actor.id == actor.id)
        if own >= MAX_PER_USER or len(hub.listeners) >= MAX_STREAMS or self._stopping:
            raise TooMany(seconds=AGAIN_S, headers={"Retry-After": str(AGAIN_S)})
        listener = Listener(actor, by, secret_hash)
        try:
            resumed, place = await hub.add(listener, last)
        except BaseException:
            hub.remove(listener)
            raise
        hello = Hello(user_id=actor.id, language=actor.language, resumed=resumed)
        return listener, Told(kind="hello", body=hello, place=place)

    @property
    def place(self) -> str:
        """Where to resume when everything was told up to now; empty when nobody listens."""
        return str(self._hub.told) if self._hub is not None and self._hub.told is not None else ""

    @property
    def read(self) -> str:
        """The place up to which whatever is read from now on is new; empty when nobody listens in this process."""
        return self._hub.read if self._hub is not None else ""

    def leave(self, listener: Listener) -> None:
        """End the stream."""
        if self._hub is not None:
            self._hub.remove(listener)

    def stop(self) -> None:
        """End every stream and begin none: the process is about to end, and open streams would keep it."""
        self._stopping = True
        if self._hub is not None:
            for listener in self._hub.listeners:
                listener.end("stopping")

    def start(self) -> None:
        """Let people listen (again)."""
        self._stopping = False

    async def finish(self) -> None:
        """Wait for the end of what works for the streams."""
        if self._hub is not None:
            for listener in [*self._hub.listeners]:
                self._hub.remove(listener)
            await self._hub.finish()

    async def publish(
        self,
        topic: str,
        *,
        to: Collection[UUID],
        text: Label,
        record: tuple[str, UUID] | None = None,
        data: Mapping[str, Any] | None = None,
        permission: str = "",
        actor: Actor | None = None,
    ) -> None:
        """Tell the users ``to`` something at once, on whatever page they are; nobody else hears of it.

        Call it in the transaction of what it tells of: it is heard after the commit, and never after a rollback.
        ``topic`` is a word of yours by which pages know what to do (``notification``), ``text`` one sentence in
        every language, at most 500 characters. ``record`` is the record it is about, as (record type, id): who
        does not see that record is not told. ``permission`` is what a listener must hold besides. ``data`` is
        what scripts need, at most 4 kB of JSON: send ids and let the page ask. Changes of records need no call: the
        gate has written them already. Raises ValueError for what is too long, RuntimeError outside a transaction.
        """
        await write_notice(
            self._crm.outbox,
            topic,
            to=to,
            text=text,
            record=record,
            data=data,
            permission=permission,
            actor=actor or system_actor(),
        )
