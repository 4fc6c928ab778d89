"""The log of merges as a place of envelopes: the kept record's custom values, before and after."""

from collections.abc import Mapping
from typing import Any

import msgspec

from crmcore.contacts.tables import MergeLog
from crmcore.records.sealed_column import CustomColumn
from crmcore.secrets.keyring import KeyRing
from crmcore.secrets.places import SealedColumn


class MergeLogColumn(SealedColumn):
    """Seals the values in the log as those of the record are; ``custom`` knows how, by record type."""

    def __init__(self, custom: Mapping[str, CustomColumn]) -> None:
        super().__init__(MergeLog.before, lambda row, path: (), [MergeLog.kept, MergeLog.record_type])
        self.follows_fields = True
        self._custom = custom

    async def sealed_anew(self, row: Mapping[str, Any], stored: Any, keys: KeyRing) -> Any:
        """Return the JSON text of the log with its custom values as they are to be."""
        document, column = msgspec.json.decode(stored), self._custom[row["record_type"]]
        new = dict(document)
        for name in ("kept", "after"):
            if isinstance(custom := (document.get(name) or {}).get("custom"), dict):
                right = await column.rightly_sealed(row["kept"], custom)
                new[name] = {**document[name], "custom": right}
        return msgspec.json.encode(new).decode() if new != document else stored
