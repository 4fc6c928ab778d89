"""What panels said lately, kept for as long as each panel allows."""

from collections import OrderedDict
from datetime import datetime

from msgspec import Struct

from crmcore.contracts.panels import PanelContent

# About 4 kB an entry: 8 MB at most.
MAX_ENTRIES = 2_000

PanelKey = tuple[str, ...]


class Kept(Struct, frozen=True):
    """A panel's content and when it was loaded."""

    content: PanelContent
    at: datetime


class PanelCache:
    """Keeps the most recently used contents, bounded."""

    def __init__(self, limit: int = MAX_ENTRIES) -> None:
        self._limit = limit
        self._kept: OrderedDict[PanelKey, Kept] = OrderedDict()

    def get(self, key: PanelKey) -> Kept | None:
        """Return what was kept under ``key``, however old."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def put(self, key: PanelKey, kept: Kept) -> None:
        """Keep ``kept``, dropping what has not been used for longest."""
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def forget(self, key: PanelKey) -> None:
        """Drop what is kept under ``key``."""
        self._kept.pop(key, None)
