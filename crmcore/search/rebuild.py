"""Makes the index anew from what is stored, in steps that can stop and go on."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from crmcore.clock import Clock
from crmcore.contracts.records import RecordType
from crmcore.conversations.messages import entry_of
from crmcore.conversations.tables import Message
from crmcore.database.database import Database
from crmcore.records.catalog import FieldCatalog
from crmcore.records.reading import Reader
from crmcore.records.scope import selected
from crmcore.records.sealed import SealedValues
from crmcore.search.entry import MESSAGE, Entry
from crmcore.search.indexer import Indexer, is_searched
from crmcore.search.tables import SearchProgress
from crmcore.search.vocabulary import forget_names
from crmcore.search.words import TYPE, Stems
from crmcore.search.writing import add_entries, remove_range, replace_entry, stored_range

BATCH = 500


class Compared(Struct, frozen=True, kw_only=True):
    """A batch of records beside their entries; the next goes on after ``last``, None at the end."""

    entries: int
    differing: tuple[UUID, ...]
    last: UUID | None


Told = Callable[[str, int, int], None]


class Rebuild:
    """Replaces every entry, a batch in a transaction, while people work and search.

    Where it stands is stored with each batch: when it is stopped it goes on from there. Entries of records that are
    gone go too.
    """

    def __init__(
        self,
        database: Database,
        record_types: Mapping[str, RecordType],
        catalog: FieldCatalog,
        sealed: SealedValues,
        clock: Clock,
    ) -> None:
        self._database = database
        self._types = record_types
        self._indexer = Indexer(catalog)
        self._reader = Reader(catalog, database.kind, sealed)
        self._stems = Stems()
        self._clock = clock

    async def run(
        self, told: Told = lambda what, done, total: None, *, restart: bool = False
    ) -> dict[str, int]:
        """Rebuild and return how many entries each record type has; ``told`` hears (type, done, total).

        Goes on where an interrupted rebuild stopped, unless ``restart``.
        """
        keys = [key for key, kind in self._types.items() if is_searched(kind) or key == MESSAGE]
        if restart:
            await SearchProgress.delete(force=True)
        counts = {}
        for key in keys:
            counts[key] = await self._one(key, told)
        await self._prune_names()
        await SearchProgress.delete(force=True)
        return counts

    async def refresh(self, key: str, condition: Any, after: UUID | None = None) -> UUID | None:
        """Bring the entries of a batch of records that meet ``condition`` up to date, in one transaction.

        Returns the id of the last, from which the next batch goes on; None when there is no more.
        """
        async with self._database.transaction():
            ids, entries = await self._entries(key, after, condition)
            for entry in entries:
                await replace_entry(entry)
        return ids[-1] if len(ids) == BATCH else None

    async def compare(self, key: str, after: UUID | None = None) -> Compared:
        """Make the entries of a batch of records anew and say whose are not stored like that; writes nothing."""
        async with self._database.transaction():
            ids, entries = await self._entries(key, after)
            last = ids[-1] if len(ids) == BATCH else None
            stored = await stored_range(key, after, last)
        made = {entry.record_id: (entry.title, frozenset(entry.words.split())) for entry in entries}
        # Without words, as an erased message is, nothing is found: there may be an entry, or none.
        for id in [id for id, (_, words) in made.items() if words == {TYPE}]:
            made.pop(id)
            stored.pop(id, None)
        differing = [id for id in made.keys() | stored.keys() if made.get(id) != stored.get(id)]
        return Compared(entries=len(made), differing=tuple(sorted(differing)), last=last)

    async def _one(self, key: str, told: Told) -> int:
        total = int(await self._types[key].table.count())
        while True:
            async with self._database.transaction():
                rows = await SearchProgress.select().where(SearchProgress.record_type == key)
                state: dict[str, Any] = {"last_id": None, "done": 0, "finished": None}
                state |= rows[0] if rows else {}
                if not rows:
                    await SearchProgress.insert(SearchProgress(record_type=key, started_at=self._clock()))
                if state["finished"] is None:
                    state = await self._batch(key, state)
            told(key, min(state["done"], total) if state["finished"] is None else total, total)
            if state["finished"] is not None:
                return int(state["done"])

    async def _batch(self, key: str, state: Mapping[str, Any]) -> dict[str, Any]:
        with self._database.patience(60):
            ids, entries = await self._entries(key, state["last_id"])
            last = ids[-1] if len(ids) == BATCH else None
            await remove_range(key, state["last_id"], last)
            await add_entries(entries)
        new = {
            "last_id": last,
            "done": state["done"] + len(ids),
            "finished": self._clock() if last is None else None,
        }
        values: dict[Any, Any] = dict(new)
        await SearchProgress.update(values, force=True).where(SearchProgress.record_type == key)
        return new

    async def _entries(
        self, key: str, after: UUID | None, condition: Any = None
    ) -> tuple[list[UUID], list[Entry]]:
        """Return the ids of the next batch of records, and the entries of those that are found by words."""
        record_type = self._types[key]
        id = record_type.table._meta.primary_key
        select = Message.select() if key == MESSAGE else selected(record_type)
        if after is not None:
            select = select.where(id > after)
        if condition is not None:
            select = select.where(condition)
        # What is being indexed must not change under us; messages never do.
        if self._database.kind == "postgres" and key != MESSAGE:
            select = select.lock_rows("SHARE", of=(record_type.table,))
        rows = await select.order_by(id).limit(BATCH)
        ids = [row["id"] for row in rows]
        if key == MESSAGE:
            spoken = [row for row in rows if row["kind"] != "event"]
            return ids, [entry_of(Message(**row), self._stems) for row in spoken]
        return ids, await self._indexer.entries(record_type, await self._reader.records(record_type, rows))

    async def _prune_names(self) -> None:
        """Forget names that nobody has any more."""
        last = ""
        while True:
            rows = await SearchProgress.raw(
                "SELECT DISTINCT word FROM search_gram WHERE gram = '' AND word > {} ORDER BY word LIMIT 500",
                last,
            )
            if not rows:
                return
            last = rows[-1]["word"]
            async with self._database.transaction():
                await forget_names([row["word"] for row in rows])
