"""Keeps the blocking keys in step with contacts: called in the transaction of every write of one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contacts.points import Point
from crmcore.contacts.tables import Contact
from crmcore.contracts.records import Draft
from crmcore.database.current import WORKSPACE_ENGINE
from crmcore.database.statement import fetch, in_blocks, write_along
from crmcore.duplicates.among import parameter
from crmcore.duplicates.keys import VERSION, keys_of
from crmcore.duplicates.profile import Profile, profile_of, profile_of_row

_BLOCK = 512
_FEW = 16
BATCH = 500
# PostgreSQL adds an entry with its keys in one statement, which goes along with another.
_ADD_ENTRY = (
    "INSERT INTO duplicate_entry (contact, version, rules, keys) VALUES ({}, {}, {}, {}) RETURNING id"
)
_ADD_ITS_KEYS = (
    "INSERT INTO duplicate_key (key, entry) SELECT CAST(found.key AS BIGINT), made.id "
    "FROM made, json_array_elements_text(CAST({} AS json)) AS found(key) ON CONFLICT DO NOTHING"
)
FIELDS = (
    Contact.id,
    Contact.first_name,
    Contact.last_name,
    Contact.points,
    Contact.job_title,
    Contact.version,
    Contact.company.name,
)
"""The columns that a profile is made of."""
_MADE_OF = frozenset({"first_name", "last_name", "job_title", "company"})


async def people_changed(draft: Draft) -> None:
    """Bring the keys of the contact that ``draft`` writes up to date, if what they are made of changes."""
    if draft.action == "delete":
        await remove([draft.id])
        return
    if draft.action == "update" and draft.notes.get("points") is None and _MADE_OF.isdisjoint(draft.values):
        # A tenth of the time of a write that is about something else.
        return
    now = keys_with_counts(_profile_now(draft))
    if draft.action == "create":
        await _add(draft.id, 1, now)
        return
    before = draft.before or {}
    if draft.action == "update" and now == keys_with_counts(profile_of_row(before)):
        return
    await put([(draft.id, int(before.get("version", 0)) + 1, now)])


async def people_added(drafts: Sequence[Draft]) -> None:
    """Add the keys of contacts that are created together."""
    new = [(draft.id, 1, keys_with_counts(_profile_now(draft))) for draft in drafts]
    await _add_keys(await _add_all(new))


def keys_with_counts(profile: Profile) -> frozenset[int]:
    """Return every key that is stored of a profile."""
    found, counted = keys_of(profile)
    return found | counted


async def put(wanted: Sequence[tuple[UUID, int, frozenset[int]]]) -> None:
    """Make these the keys of contacts, given as (contact, version, keys)."""
    places = ", ".join("{}" for _ in wanted)
    rows = await fetch(
        f"SELECT id, contact, keys FROM duplicate_entry WHERE contact IN ({places})",  # noqa: S608 - places only
        *(contact for contact, _, _ in wanted),
    )
    stored = {UUID(str(row["contact"])): row for row in rows}
    gone: list[tuple[int, int]] = []
    new = await _add_all([one for one in wanted if one[0] not in stored])
    for contact, version, keys in wanted:
        row = stored.get(contact)
        if row is None:
            continue
        before = unpacked(row["keys"])
        gone += [(key, row["id"]) for key in before - keys]
        new += [(key, row["id"]) for key in keys - before]
        await fetch(
            "UPDATE duplicate_entry SET version = {}, rules = {}, keys = {} WHERE id = {}",
            version,
            VERSION,
            packed(keys),
            row["id"],
        )
    await _remove_keys(gone)
    await _add_keys(new)


async def remove(contacts: Sequence[UUID]) -> None:
    """Forget the keys of these contacts."""
    places = ", ".join("{}" for _ in contacts)
    rows = await fetch(
        f"DELETE FROM duplicate_entry WHERE contact IN ({places}) RETURNING id, keys",  # noqa: S608 - places only
        *contacts,
    )
    await _remove_keys([(key, row["id"]) for row in rows for key in unpacked(row["keys"])])


async def refresh(after: UUID | None) -> UUID | None:
    """Renew the keys of the next batch of contacts whose keys are missing or old.

    Returns the last contact of the batch, from which the next goes on; None when there is no more.
    """
    condition, values = "", []
    if after is not None:
        condition, values = "AND c.id > {}", [after]
    rows = await fetch(
        "SELECT c.id FROM contact c LEFT JOIN duplicate_entry e ON e.contact = c.id "  # noqa: S608 - fixed texts
        "WHERE c.deleted_at IS NULL AND (e.id IS NULL OR e.version <> c.version OR e.rules <> {}) "
        f"{condition} ORDER BY c.id LIMIT {{}}",
        VERSION,
        *values,
        BATCH,
    )
    ids = [UUID(str(row["id"])) for row in rows]
    if ids:
        found = await Contact.select(*FIELDS).where(Contact.id.is_in(ids))
        await put([(row["id"], row["version"], keys_with_counts(profile_of_row(row))) for row in found])
    return ids[-1] if len(ids) == BATCH else None


async def refresh_people(company: UUID, after: UUID | None) -> None:
    """Renew the keys of the next batch of a company's people: those with ids above ``after``."""
    query = Contact.select(*FIELDS).where(Contact.company == company, Contact.deleted_at.is_null())
    if after is not None:
        query = query.where(Contact.id > after)
    rows = await query.order_by(Contact.id).limit(BATCH)
    if rows:
        await put([(row["id"], row["version"], keys_with_counts(profile_of_row(row))) for row in rows])


async def forget_deleted() -> None:
    """Forget the keys of contacts that were deleted or merged past the gate."""
    while True:
        rows = await fetch(
            "SELECT e.contact FROM duplicate_entry e JOIN contact c ON c.id = e.contact "
            "WHERE c.deleted_at IS NOT NULL LIMIT {}",
            BATCH,
        )
        if not rows:
            return
        await remove([UUID(str(row["contact"])) for row in rows])


async def _add(contact: UUID, version: int, keys: frozenset[int]) -> None:
    if WORKSPACE_ENGINE.engine_type == "postgres":
        async with WORKSPACE_ENGINE.transaction():
            await write_along(_ADD_ENTRY, contact, version, VERSION, packed(keys), name="made")
            await write_along(_ADD_ITS_KEYS, parameter(sorted(keys)))
        return
    await _add_keys(await _add_all([(contact, version, keys)]))


async def _add_all(new: Sequence[tuple[UUID, int, frozenset[int]]]) -> list[tuple[int, int]]:
    """Add entries and return the keys that are to be added to them."""
    if not new:
        return []
    places = ", ".join(["({}, {}, {}, {})"] * len(new))
    rows = await fetch(
        f"INSERT INTO duplicate_entry (contact, version, rules, keys) VALUES {places} "  # noqa: S608 - places only
        "RETURNING id, contact",
        *(value for contact, version, keys in new for value in (contact, version, VERSION, packed(keys))),
    )
    numbers = {UUID(str(row["contact"])): row["id"] for row in rows}
    return [(key, numbers[contact]) for contact, _, keys in new for key in keys]


async def _add_keys(pairs: Sequence[tuple[int, int]]) -> None:
    # In one order always: two writers wait for each other instead of for ever.
    ordered = sorted(pairs)
    for chunk in in_blocks(ordered, _BLOCK):
        places = ", ".join(["({}, {})"] * len(chunk))
        await fetch(
            f"INSERT INTO duplicate_key (key, entry) VALUES {places} ON CONFLICT DO NOTHING",  # noqa: S608
            *(value for pair in chunk for value in pair),
        )


async def _remove_keys(pairs: Iterable[tuple[int, int]]) -> None:
    keys: dict[int, list[int]] = {}
    for key, entry in sorted(pairs):
        keys.setdefault(entry, []).append(key)
    for entry in sorted(keys):
        for block in in_blocks(keys[entry], _FEW):
            # SQLite goes through the whole table for pairs, ``(key, entry) IN (VALUES …)``.
            places = ", ".join(["{}"] * len(block))
            await fetch(
                f"DELETE FROM duplicate_key WHERE entry = {{}} AND key IN ({places})",  # noqa: S608 - places only
                entry,
                *block,
            )


def packed(keys: Iterable[int]) -> bytes:
    """Return keys as they are stored with their contact."""
    return b"".join(key.to_bytes(6) for key in sorted(keys))


def unpacked(stored: bytes) -> set[int]:
    """Return the keys in what :func:`packed` made."""
    whole = bytes(stored)
    return {int.from_bytes(whole[place : place + 6]) for place in range(0, len(whole), 6)}


def _profile_now(draft: Draft) -> Profile:
    points = draft.notes.get("points")
    before: Mapping[str, Any] = draft.before or {}
    if points is None:
        stored = before.get("points", [])
        stored = msgspec.json.decode(stored) if isinstance(stored, str) else stored
        points = [Point(kind=p["kind"], raw=p["raw"], normalized=p["normalized"]) for p in stored]
    company = draft.notes["company_name"] if "company_name" in draft.notes else before.get("company.name")
    return profile_of(
        first=draft.now("first_name") or "",
        last=draft.now("last_name") or "",
        points=points,
        company=company or "",
    )
