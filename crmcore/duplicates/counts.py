"""How many contacts have a key, asked in batches and remembered for a while."""

from collections.abc import Iterable, Sequence

from crmcore.database.statement import fetch
from crmcore.duplicates.among import among, parameter
from crmcore.duplicates.evidence import Rarity
from crmcore.duplicates.keys import firm_key, local_key, name_key, tail_key, unreachable_key
from crmcore.duplicates.mailbox import bare
from crmcore.duplicates.profile import Profile

_AT_ONCE = 10_000
# 50,000 counts are about 5 MB.
_REMEMBERED = 50_000


class Counts:
    """Counts of keys in the base as it is, the same for as long as this object is kept: for one scan."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    async def of(self, keys: Iterable[int]) -> dict[int, int]:
        """Return how many contacts have each of ``keys``."""
        wanted = set(keys)
        new = sorted(wanted - self._known.keys())
        if len(self._known) + len(new) > _REMEMBERED:
            self._known = {key: self._known[key] for key in wanted & self._known.keys()}
        for start in range(0, len(new), _AT_ONCE):
            chunk = new[start : start + _AT_ONCE]
            self._known.update(dict.fromkeys(chunk, 0))
            rows = await fetch(
                f"SELECT key, COUNT(*) AS many FROM duplicate_key WHERE {among('key')} GROUP BY key",  # noqa: S608
                parameter(chunk),
            )
            self._known.update({row["key"]: row["many"] for row in rows})
        return {key: self._known[key] for key in wanted}

    async def rarity(self, profiles: Iterable[Profile], total: int) -> Rarity:
        """Return how rare everything is that ``profiles`` may have in common."""
        return Rarity(await self.of(key for profile in profiles for key in _weighed(profile)), total)


async def total_entries() -> int:
    """Return how many contacts have keys."""
    rows = await fetch("SELECT COUNT(*) AS many FROM duplicate_entry")
    return int(rows[0]["many"])


async def entries_with(keys: Sequence[int]) -> list[tuple[int, int]]:
    """Return (key, number of the contact) for every contact that has one of ``keys``."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(keys), _AT_ONCE):
        chunk = keys[start : start + _AT_ONCE]
        rows = await fetch(
            f"SELECT key, entry FROM duplicate_key WHERE {among('key')}",  # noqa: S608 - a fixed text
            parameter(chunk),
        )
        found += [(row["key"], row["entry"]) for row in rows]
    return found


def _weighed(profile: Profile) -> set[int]:
    name = profile.name
    keys = {name_key(word) for word in (name.given, *name.family, "".join(name.family)) if word}
    keys |= {firm_key(firm) for firm in (profile.firm, *profile.domains) if firm}
    keys |= {tail_key(phone) for phone in profile.phones}
    if not profile.reachable:
        keys.add(unreachable_key())
    return keys | {local_key(bare(box.local)) for box in profile.mailboxes}
