"""Rotating keys while people work: what was sealed with older keys is sealed anew with the first."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from crmcore.audit.note import note
from crmcore.clock import Clock
from crmcore.database.database import Database
from crmcore.secrets.keyring import KeyRing
from crmcore.secrets.keys import SecretError
from crmcore.secrets.places import SealedColumn
from crmcore.secrets.tables import Sealing, SealingKey

BATCH = 200
Told = Callable[[str, int, int], None]


class KeyUse(Struct, frozen=True, kw_only=True):
    """One key by its fingerprint: whether it seals, whether it is in the ring, and how many rows need it, where."""

    id: str
    first: bool
    in_ring: bool
    used: dict[str, int]


class Rotation:
    """Knows every place with envelopes, and brings them to the first key of the ring."""

    def __init__(
        self,
        *,
        database: Database,
        keys: KeyRing,
        places: Callable[[], Sequence[SealedColumn]],
        clock: Clock,
    ) -> None:
        self._database = database
        self._keys = keys
        self._places = places
        self._clock = clock

    @property
    def places(self) -> Sequence[SealedColumn]:
        """Every column with envelopes."""
        return self._places()

    async def check(self) -> None:
        """Raise SecretError when something stored was sealed with a key that is not there; note the first key.

        One statement, unless a key is missing: only then the stored values are looked through.
        """
        ids = self._keys.ids
        rows = await SealingKey.select()
        known = {row["id"]: row["retired_at"] for row in rows}
        for id, retired_at in known.items():
            if id in ids or retired_at is not None:
                continue
            if used := await self._used(id):
                raise SecretError(
                    f"Stored values are encrypted with the key {id}, which is not in {self._keys.source} "
                    f"({_counted(used)}). Put that key back, behind the first one; then start again."
                )
            await self._set_retired(id, self._clock())
        if known.get(ids[0], "") is not None:
            await self._note_first(ids[0])

    async def list(self) -> list[KeyUse]:
        """Return every key of the ring and every key that stored values still need."""
        ids = self._keys.ids
        rows = await SealingKey.select(SealingKey.id).where(SealingKey.retired_at.is_null())
        missing = [row["id"] for row in rows if row["id"] not in ids]
        return [
            KeyUse(id=id, first=id == ids[0], in_ring=id in ids, used=await self._used(id))
            for id in (*ids, *missing)
        ]

    async def run(self, told: Told = lambda place, done, total: None) -> dict[str, int]:
        """Seal everything with the first key and return how many rows that changed, by place.

        In transactions of two hundred rows, while people work. An interrupted run goes on where it stopped.
        """
        await self._note_first(self._keys.ids[0])
        changed: dict[str, int] = {}
        for place in self._places():
            changed[place.name] = await self.run_place(place, told)
        await note(self._clock, "rotate", "key", self._keys.ids[0])
        return changed

    async def run_place(self, place: SealedColumn, told: Told = lambda place, done, total: None) -> int:
        """Seal one place anew and return how many rows that changed."""
        total, changed = await place.total(), 0
        goal = f"{self._keys.ids[0]} {await place.goal()}".strip()
        while True:
            async with self._database.transaction():
                rows = await Sealing.select().where(Sealing.place == place.name)
                # What was finished before is gone through again: something may have been written meanwhile.
                going_on = bool(rows) and rows[0]["goal"] == goal and rows[0]["finished_at"] is None
                after, done = (rows[0]["last_id"] or None, rows[0]["done"]) if going_on else (None, 0)
                batch = await place.seal_batch(self._keys, after, BATCH, self._database.kind)
                values: dict[Any, Any] = {
                    "goal": goal,
                    "last_id": batch.last or "",
                    "done": done + batch.seen,
                    "finished_at": self._clock() if batch.last is None else None,
                }
                if rows:
                    await Sealing.update(values, force=True).where(Sealing.place == place.name)
                else:
                    await Sealing.insert(Sealing(place=place.name, **values))
            changed += batch.changed
            told(place.name, min(done + batch.seen, total) if batch.last else total, total)
            if batch.last is None:
                return changed

    async def retire(self, id: str) -> None:
        """Take a key that nothing needs any more out of the ring's file; raises SecretError otherwise.

        Keys in the environment are taken out there by hand afterwards.
        """
        ids = self._keys.ids
        if id == ids[0]:
            raise SecretError(f"The key {id} seals what is written now; add a new one first.")
        if id not in ids:
            raise SecretError(f"There is no key {id} in {self._keys.source}.")
        if used := await self._used(id):
            raise SecretError(f"The key {id} is still needed ({_counted(used)}). Run: crmcore keys rotate")
        if self._keys.file is not None:
            self._keys.remove(id)
        await self._set_retired(id, self._clock())
        await note(self._clock, "retire", "key", id)

    async def _used(self, id: str) -> dict[str, int]:
        counts = {place.name: await place.used_by(id, self._database.kind) for place in self._places()}
        return {name: count for name, count in counts.items() if count}

    async def _note_first(self, id: str) -> None:
        row = SealingKey(id=id, created_at=self._clock(), retired_at=None)
        await SealingKey.insert(row).on_conflict(
            target=SealingKey.id, action="DO UPDATE", values=[(SealingKey.retired_at, None)]
        )

    async def _set_retired(self, id: str, at: Any) -> None:
        await SealingKey.update({SealingKey.retired_at: at}, force=True).where(SealingKey.id == id)


def _counted(used: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in used.items())
