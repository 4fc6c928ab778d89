"""Which tables this process has written to: what was read before may be out of date."""

import re
from collections import Counter
from functools import lru_cache

_WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)\"?", re.IGNORECASE)
_ANY = ""


class Changes:
    """Counts the writes to each table: once when they are made, and once more when they are committed."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def note(self, table: str) -> None:
        """Count a write to ``table``, as :func:`written_table` names it."""
        self._counts[table] += 1

    def of(self, *tables: str) -> int:
        """Return a number that is another after any of ``tables`` was written to, whether committed yet or not.

        Writes by other processes do not count.
        """
        counts = self._counts
        return counts[_ANY] + sum(counts[table] for table in tables)


@lru_cache(maxsize=2048)
def written_table(sql: str) -> str:
    """Return the table that ``sql`` writes to; empty when it could be any."""
    found = _WRITES.match(sql)
    return found[1].lower() if found else _ANY
