"""Finds the contacts that may be the same person as a given one."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import Actor
from crmcore.contracts.records import RecordType
from crmcore.database.statement import fetch
from crmcore.duplicates.among import among, parameter
from crmcore.duplicates.counts import Counts, entries_with, total_entries
from crmcore.duplicates.entries import FIELDS
from crmcore.duplicates.evidence import Finding
from crmcore.duplicates.keys import keys_of
from crmcore.duplicates.matching import Matching, pair_of
from crmcore.duplicates.profile import Profile, profile_of_row
from crmcore.duplicates.score import Comparison, compare
from crmcore.duplicates.shown import visible_findings, visible_row
from crmcore.duplicates.tables import DuplicateSuggestion
from crmcore.errors import NotFound
from crmcore.records.scope import visible

# A key that more contacts than this have is too frequent to compare them all; others are there for them.
MOST_OF_A_KEY = 64
_MOST_COMPARED = 500


class Likeness(Struct, frozen=True, kw_only=True):
    """Another contact, as its row, and how like the first one it is."""

    row: dict[str, Any]
    comparison: Comparison


class Finder:
    """Compares one contact with those that share a key with it, in a handful of statements."""

    def __init__(self, contact_type: RecordType, matching: Matching) -> None:
        self._type = contact_type
        self._matching = matching

    async def like(
        self, id: UUID, *, actor: Actor, hidden: Collection[str], minimum: int, limit: int
    ) -> list[Likeness]:
        """Return the contacts that the actor may see and that score at least ``minimum``, the likest first.

        Those of whom somebody said that they are no duplicates are left out. What is ``hidden`` from the actor is
        not compared, so that nothing of it can be guessed. Raises NotFound.
        """
        rows = await Contact.select(*FIELDS).where(Contact.id == id, *visible(self._type, actor))
        if not rows:
            raise NotFound()
        mine = _visible_profile(rows[0], hidden)
        counts, total = Counts(), await total_entries()
        found, _ = keys_of(mine)
        frequent = await counts.of(found)
        keys = [key for key in found if 0 < frequent[key] <= MOST_OF_A_KEY]
        by_plugins = {
            pair: visible_findings(findings, hidden)
            for pair, findings in (await self._matching.find([id])).items()
        }
        mentioned = {other for pair in by_plugins for other in pair if other != id}
        others = await self._others(id, await entries_with(keys), mentioned, actor)
        profiles = {row["id"]: _visible_profile(row, hidden) for row in others}
        rarity = await counts.rarity([mine, *profiles.values()], total)
        compared = await asyncio.to_thread(
            lambda: {
                other: compare(mine, theirs, rarity, by_plugins.get(pair_of(id, other), ()))
                for other, theirs in profiles.items()
            }
        )
        found_likely = [
            Likeness(row=row, comparison=compared[row["id"]])
            for row in others
            if compared[row["id"]].score >= minimum
        ]
        found_likely.sort(key=lambda likeness: (-likeness.comparison.score, str(likeness.row["id"])))
        return found_likely[:limit]

    async def _others(
        self, id: UUID, shared: Iterable[tuple[int, int]], mentioned: set[UUID], actor: Actor
    ) -> list[dict[str, Any]]:
        """Return the rows of those with most keys in common, and of those that plugins mention."""
        often: dict[int, int] = {}
        for _, entry in shared:
            often[entry] = often.get(entry, 0) + 1
        entries = sorted(often, key=lambda entry: -often[entry])[:_MOST_COMPARED]
        ids = mentioned | await contacts_of(entries)
        ids.discard(id)
        ids -= await _dismissed(id)
        if not ids:
            return []
        rows: list[dict[str, Any]] = await Contact.select(*FIELDS).where(
            Contact.id.is_in(list(ids)), *visible(self._type, actor)
        )
        return rows


async def contacts_of(entries: Sequence[int]) -> set[UUID]:
    """Return the ids of the contacts with these numbers."""
    if not entries:
        return set()
    rows = await fetch(
        f"SELECT contact FROM duplicate_entry WHERE {among('id')}",  # noqa: S608 - a fixed text
        parameter(entries),
    )
    return {UUID(str(row["contact"])) for row in rows}


def _visible_profile(row: Mapping[str, Any], hidden: Collection[str]) -> Profile:
    """Return what an actor may compare; that there is nothing to reach somebody by is hidden as it would be."""
    profile = profile_of_row(visible_row(row, hidden))
    if {"emails", "phones", "handles"} & set(hidden):
        return msgspec.structs.replace(profile, reachable=True)
    return profile


async def _dismissed(id: UUID) -> set[UUID]:
    pairs = DuplicateSuggestion
    rows = await pairs.select(pairs.one, pairs.other).where(
        pairs.state == "dismissed", (pairs.one == id) | (pairs.other == id)
    )
    return {row["other"] if row["one"] == id else row["one"] for row in rows}


Findings = Mapping[tuple[UUID, UUID], Sequence[Finding]]


def compare_all(
    pairs: Iterable[tuple[tuple[UUID, Profile], tuple[UUID, Profile]]],
    rarity: Any,
    more: Findings,
    minimum: int,
) -> list[tuple[UUID, UUID, Comparison]]:
    """Return those of ``pairs`` that score at least ``minimum``. Takes its time: call it in a thread."""
    likely = []
    for (one, mine), (other, theirs) in pairs:
        pair = pair_of(one, other)
        comparison = compare(mine, theirs, rarity, more.get(pair, ()))
        if comparison.score >= minimum:
            likely.append((*pair, comparison))
    return likely
