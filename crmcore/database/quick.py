"""Which statements are surely so short that the event loop may run them itself."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

MAX_VALUES = 400

_INSERT = re.compile(
    r"\s*INSERT INTO \"?\w+\"? ?\([^()]*\) VALUES\b(?!.*\bSELECT\b)", re.IGNORECASE | re.DOTALL
)
# The row with an id, or the few that belong to one record: comparisons with values and nothing else.
_EQUAL = r"(?:\"?\w+\"?\.)?\"?\w+\"? = \?"
_OF_ONE = re.compile(
    r"\s*(?:UPDATE \"?\w+\"? SET (?!.*\bSELECT\b).*|DELETE FROM \"?\w+\"?) "  # noqa: S608 - a pattern
    rf"WHERE (?P<conditions>{_EQUAL}(?: AND {_EQUAL})*)(?: RETURNING [\w\", ]+)?\s*",
    re.IGNORECASE | re.DOTALL,
)
_WHOSE = re.compile(r"\b(?:id|record_id|contact)\"? = \?", re.IGNORECASE)


def quick_write(sql: str, arguments: Sequence[Any]) -> bool:
    """Tell whether ``sql`` writes a few rows that it names itself: an INSERT of values, or those of one record."""
    return len(arguments) <= MAX_VALUES and _writes_few(sql)


@lru_cache(maxsize=1024)
def _writes_few(sql: str) -> bool:
    found = _OF_ONE.fullmatch(sql)
    return bool(_INSERT.match(sql) or (found and _WHOSE.search(found["conditions"])))
