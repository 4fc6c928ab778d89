"""What stays of a contact that was merged into another one, and how it comes back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.clock import Clock
from crmcore.contacts.points import Point
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import Actor
from crmcore.database.database import Database
from crmcore.records.history import remember


async def locked_contacts(database: Database, *ids: UUID) -> dict[UUID, dict[str, Any]]:
    """Return the rows of these contacts, deleted ones too, locked until the transaction ends."""
    query = Contact.select().where(Contact.id.is_in(list(ids))).order_by(Contact.id)
    rows = await (query.lock_rows("UPDATE") if database.kind == "postgres" else query)
    return {row["id"]: row for row in rows}


class Tombstones:
    """Buries merged contacts and raises them. Late messages find the way by ``merged_into``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def bury(self, row: Mapping[str, Any], kept: UUID, actor: Actor) -> None:
        """Make the contact ``row`` a tombstone that points to ``kept``."""
        values = {"merged_into": kept, "deleted_at": self._clock(), "points": "[]", "search_text": ""}
        await self._write(row, values, "merge", [None, str(kept)], actor)

    async def rise(
        self, row: Mapping[str, Any], before: Mapping[str, Any], points: Sequence[Point], actor: Actor
    ) -> None:
        """Bring the tombstone ``row`` back as it was ``before``, with what is left of its contact points."""
        as_it_was = msgspec.json.decode(before["points"])
        order = {(point["kind"], point["normalized"]): index for index, point in enumerate(as_it_was)}
        back = sorted(points, key=lambda point: order.get((point.kind, point.normalized), len(order)))
        values = {
            "merged_into": None,
            "deleted_at": None,
            "points": msgspec.json.encode(back).decode(),
            "search_text": before["search_text"],
        }
        await self._write(row, values, "unmerge", [str(row["merged_into"]), None], actor)

    async def _write(
        self,
        row: Mapping[str, Any],
        values: dict[Any, Any],
        action: str,
        merged_into: list[Any],
        actor: Actor,
    ) -> None:
        now, version = self._clock(), row["version"] + 1
        values |= {"updated_at": now, "version": version}
        await Contact.update(values, force=True).where(Contact.id == row["id"])
        await remember(
            "contact",
            row["id"],
            version=version,
            action=action,
            changes={"merged_into": merged_into},
            actor=actor,
            reason="",
            at=now,
        )
