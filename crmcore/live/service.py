"""Live updates: what has been written is told to the pages and programs that listen."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.contracts.actors import Actor, system_actor
from crmcore.contracts.labels import Label
from crmcore.live.notices import write_notice

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Live:
    """What every room of the house needs of live updates: telling people something."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

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
