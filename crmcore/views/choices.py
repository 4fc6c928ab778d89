"""What each person chose for the lists: columns, an order, and the view a list opens with."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.clock import Clock
from crmcore.contracts.actors import Actor
from crmcore.database.database import Database
from crmcore.views.tables import ListChoice

MAX_COLUMNS = 30


class Choice(Struct, frozen=True, kw_only=True):
    """How one person likes one record type's list; empty where nothing was chosen."""

    columns: tuple[str, ...] = ()
    sort: str = ""
    view: UUID | None = None


class ListChoices:
    """The choices of one workspace's people. Names of fields that are gone meanwhile are passed over by lists."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, record_type: str, *, actor: Actor) -> Choice:
        """Return what ``actor`` chose for the lists of ``record_type``."""
        if actor.kind != "user":
            return Choice()
        rows = await ListChoice.select().where(
            ListChoice.owner == UUID(actor.id), ListChoice.record_type == record_type
        )
        if not rows:
            return Choice()
        row = rows[0]
        return Choice(columns=tuple(msgspec.json.decode(row["columns"])), sort=row["sort"], view=row["view"])

    async def keep(self, record_type: str, choice: Choice, *, actor: Actor) -> None:
        """Remember ``choice`` in place of the one before."""
        if actor.kind != "user":
            return
        owner = UUID(actor.id)
        values: dict[Any, Any] = {
            "columns": msgspec.json.encode(choice.columns[:MAX_COLUMNS]).decode(),
            "sort": choice.sort if len(choice.sort) <= 64 else "",
            "view": choice.view,
            "updated_at": self._clock(),
        }
        async with self._database.transaction():
            await ListChoice.insert(ListChoice(owner=owner, record_type=record_type)).on_conflict(
                target=(ListChoice.owner, ListChoice.record_type), action="DO NOTHING"
            )
            await ListChoice.update(values, force=True).where(
                ListChoice.owner == owner, ListChoice.record_type == record_type
            )
