"""Which statements are surely so short that the event loop may run them itself."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

MAX_VALUES = 400

_INSERT = re.compile(
    r"\s*INSERT INTO \"?\w+\"? ?\([^()]*\) VALUES\b(?!.*\bSELECT\b)", re.IGNORECASE | re.DOTALL
)
# One row by its primary key, as Piccolo writes it.
_ONE_ROW = re.compile(
    r"\s*(UPDATE \"\w+\" SET (?!.*\bSELECT\b).*|DELETE FROM \"\w+\") WHERE \"?\w+\"?\.?\"?id\"? = \?\s*",
    re.IGNORECASE | re.DOTALL,
)


def quick_write(sql: str, arguments: Sequence[Any]) -> bool:
    """Tell whether ``sql`` writes a few rows that it names itself: an INSERT of values, or one row by its id."""
    return len(arguments) <= MAX_VALUES and _writes_few(sql)


@lru_cache(maxsize=1024)
def _writes_few(sql: str) -> bool:
    return bool(_INSERT.match(sql) or _ONE_ROW.fullmatch(sql))
