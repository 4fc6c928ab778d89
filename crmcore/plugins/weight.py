"""How much a plugin hands over: bounds on what hooks return."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

# A page of panel blocks is about 20 kB; 4 MB leaves room for honest answers and stops a 50 MB one.
RESULT_LIMIT = 4_000_000
ITEM_LIMIT = 1_000
# The rows of one contact, all of which a merge moves: somebody has written for twenty years.
MOVE_LIMIT = 100_000


def too_heavy(value: Any, limit: int = RESULT_LIMIT) -> bool:
    """Tell whether ``value`` weighs more than ``limit``: a unit per character or byte, 8 per item.

    Stops counting at the limit, so the answer takes no longer for a larger value.
    """
    left = limit
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, (str, bytes, bytearray)):
            left -= len(item)
        elif isinstance(item, Mapping):
            left -= 16 * len(item)
            if left >= 0:
                pending.extend(item.keys())
                pending.extend(item.values())
        elif isinstance(item, (list, tuple, set, frozenset)):
            left -= 8 * len(item)
            if left >= 0:
                pending.extend(item)
        elif isinstance(item, Struct):
            pending.extend(getattr(item, name) for name in item.__struct_fields__)
        else:
            left -= 8
        if left < 0:
            return True
    return False
