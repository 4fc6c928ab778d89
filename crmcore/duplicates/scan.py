"""Searches the whole base for duplicates, in steps that can stop and go on."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns.combination import WhereRaw

from crmcore.clock import Clock
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import Actor
from crmcore.database.database import Database
from crmcore.database.statement import fetch
from crmcore.duplicates.among import among, parameter
from crmcore.duplicates.counts import Counts, entries_with, total_entries
from crmcore.duplicates.entries import FIELDS, forget_deleted, refresh
from crmcore.duplicates.finder import MOST_OF_A_KEY, compare_all
from crmcore.duplicates.keys import keys_of
from crmcore.duplicates.matching import Matching
from crmcore.duplicates.profile import Profile, profile_of_row
from crmcore.duplicates.score import SUGGESTED, Comparison
from crmcore.duplicates.tables import DuplicateScan, DuplicateSuggestion
from crmcore.jobs.progress import tell_progress

BATCH = 200
# Others whose rows are kept in memory: a profile is about 2 kB.
_REMEMBERED = 10_000
_AT_ONCE = 5_000
Told = Callable[[str, int, int], None]
Someone = tuple[UUID, Profile]


class Scan:
    """One search at a time. What it found so far is listed at once; what it no longer finds goes at its end."""

    def __init__(self, database: Database, clock: Clock, matching: Matching) -> None:
        self._database = database
        self._clock = clock
        self._matching = matching

    async def begin(self, *, actor: Actor, restart: bool = False) -> dict[str, Any]:
        """Return the scan that is under way, or a new one; ``restart`` gives up what is under way."""
        async with self._database.transaction():
            if restart:
                await DuplicateScan.delete().where(DuplicateScan.finished_at.is_null())
            state = await self._unfinished()
            if state is None:
                # One is enough to tell what the last has found.
                await DuplicateScan.delete().where(DuplicateScan.finished_at.is_not_null())
                await DuplicateScan.insert(
                    DuplicateScan(started_at=self._clock(), started_by=actor.label[:200])
                )
                state = await self._unfinished()
        return state or {}

    async def state(self) -> dict[str, Any] | None:
        """Return the scan that is under way, else the last one, None when there was none."""
        rows = await DuplicateScan.select().order_by(DuplicateScan.started_at, ascending=False).limit(1)
        return rows[0] if rows else None

    async def run(self, told: Told = lambda what, done, total: None, *, seconds: float | None = None) -> bool:
        """Go on with the scan under way and return whether it is finished; ``told`` hears (phase, done, total).

        Stops after the batch that exceeds ``seconds``.
        """
        until = None if seconds is None else time.monotonic() + seconds
        counts: Counts | None = None
        known: OrderedDict[int, Someone] = OrderedDict()
        total = 0
        while state := await self._unfinished():
            if state["phase"] == "keys":
                await self._keys(state, told)
            else:
                if counts is None:
                    # Rarity is that of the moment; a scan that goes on later asks anew.
                    counts, total = Counts(), await total_entries()
                await self._compare(state, told, counts, total, known)
            await tell_progress(state["done"], state["total"])
            if until is not None and time.monotonic() > until:
                break
        return await self._unfinished() is None

    async def _unfinished(self) -> dict[str, Any] | None:
        rows = (
            await DuplicateScan.select()
            .where(DuplicateScan.finished_at.is_null())
            .order_by(DuplicateScan.started_at)
            .limit(1)
        )
        return rows[0] if rows else None

    async def _keys(self, state: dict[str, Any], told: Told) -> None:
        if not state["total"]:
            state["total"] = await Contact.count().where(Contact.deleted_at.is_null())
        async with self._database.transaction():
            last = await refresh(UUID(state["last"]) if state["last"] else None)
            if last is not None:
                done = min(state["done"] + 500, state["total"])
                await self._note(state, last=str(last), done=done, total=state["total"])
            else:
                await forget_deleted()
                await self._note(state, phase="compare", last="", done=0, total=await total_entries())
        told("keys", state["done"] if last else state["total"], state["total"])

    async def _compare(
        self,
        state: dict[str, Any],
        told: Told,
        counts: Counts,
        total: int,
        known: OrderedDict[int, Someone],
    ) -> None:
        rows = await fetch(
            "SELECT id FROM duplicate_entry WHERE id > {} ORDER BY id LIMIT {}",
            int(state["last"] or 0),
            BATCH,
        )
        numbers = [row["id"] for row in rows]
        if not numbers:
            await self._finish(state)
            told("compare", state["total"], state["total"])
            return
        mine = await self._people(numbers, known)
        keys = {number: keys_of(profile)[0] for number, (_, profile) in mine.items()}
        often = await counts.of(key for found in keys.values() for key in found)
        sharing: dict[int, list[int]] = {}
        for key, number in await entries_with(
            [key for key, many in often.items() if 1 < many <= MOST_OF_A_KEY]
        ):
            sharing.setdefault(key, []).append(number)
        wanted = {
            (number, other)
            for number, found in keys.items()
            for key in found
            for other in sharing.get(key, ())
            if other < number
        }
        others = await self._people(sorted({other for _, other in wanted} - mine.keys()), known)
        people = {**others, **mine}
        pairs = [(people[one], people[other]) for one, other in wanted if one in people and other in people]
        more = await self._matching.find([id for id, _ in mine.values()])
        pairs += await self._mentioned(mine, more, pairs)
        rarity = await counts.rarity((profile for _, profile in people.values()), total)
        likely = await asyncio.to_thread(compare_all, pairs, rarity, more, SUGGESTED)
        async with self._database.transaction():
            for one, other, comparison in likely:
                await self._suggest(state["id"], one, other, comparison)
            await self._note(
                state,
                last=str(numbers[-1]),
                done=min(state["done"] + len(numbers), state["total"]),
                compared=state["compared"] + len(pairs),
                found=state["found"] + len(likely),
            )
        told("compare", state["done"], state["total"])

    async def _people(self, numbers: Sequence[int], known: OrderedDict[int, Someone]) -> dict[int, Someone]:
        """Return the contacts with these numbers that are there, from memory as far as possible."""
        found = {number: known[number] for number in numbers if number in known}
        for number in found:
            known.move_to_end(number)
        missing = [number for number in numbers if number not in found]
        for start in range(0, len(missing), _AT_ONCE):
            chunk = missing[start : start + _AT_ONCE]
            wanted = parameter(chunk)
            rows = await fetch(
                f"SELECT id, contact FROM duplicate_entry WHERE {among('id')}",  # noqa: S608 - a fixed text
                wanted,
            )
            by_id = {UUID(str(row["contact"])): row["id"] for row in rows}
            theirs = f'"contact"."id" IN (SELECT contact FROM duplicate_entry WHERE {among("id")})'  # noqa: S608
            for row in await Contact.select(*FIELDS).where(
                WhereRaw(theirs, wanted), Contact.deleted_at.is_null()
            ):
                found[by_id[row["id"]]] = known[by_id[row["id"]]] = (row["id"], profile_of_row(row))
        while len(known) > _REMEMBERED:
            known.popitem(last=False)
        return found

    async def _mentioned(
        self, mine: dict[int, Someone], more: Any, pairs: Sequence[tuple[Someone, Someone]]
    ) -> list[tuple[Someone, Someone]]:
        """Return the pairs that only plugins found."""
        there = {frozenset((one[0], other[0])) for one, other in pairs}
        new = [pair for pair in more if frozenset(pair) not in there]
        ids = {id for pair in new for id in pair}
        known = {id: (id, profile) for id, profile in mine.values()}
        absent = list(ids - known.keys())
        if absent:
            rows = await Contact.select(*FIELDS).where(Contact.id.is_in(absent), Contact.deleted_at.is_null())
            known |= {row["id"]: (row["id"], profile_of_row(row)) for row in rows}
        return [(known[one], known[other]) for one, other in new if one in known and other in known]

    async def _suggest(self, scan: UUID, one: UUID, other: UUID, comparison: Comparison) -> None:
        values: dict[Any, Any] = {
            "score": comparison.score,
            "findings": msgspec.json.encode(comparison.findings).decode(),
            "scan": scan,
        }
        table = DuplicateSuggestion
        rows = await table.select(table.id, table.state).where(table.one == one, table.other == other)
        if not rows:
            await table.insert(table(one=one, other=other, found_at=self._clock(), **values))
        elif rows[0]["state"] == "open":
            await table.update(values, force=True).where(table.id == rows[0]["id"])

    async def _finish(self, state: dict[str, Any]) -> None:
        table = DuplicateSuggestion
        async with self._database.transaction():
            # What is merged stays: it is there again when the merge is undone.
            await table.delete().where(
                table.state == "open",
                (table.scan != state["id"]) | table.scan.is_null(),
                table.one.is_in(Contact.select(Contact.id).where(Contact.deleted_at.is_null())),
                table.other.is_in(Contact.select(Contact.id).where(Contact.deleted_at.is_null())),
            )
            await self._note(state, phase="done", done=state["total"], finished_at=self._clock())

    async def _note(self, state: dict[str, Any], **values: Any) -> None:
        state.update(values)
        changed: dict[Any, Any] = dict(values)
        await DuplicateScan.update(changed, force=True).where(DuplicateScan.id == state["id"])
