"""The log of merges as a place of envelopes: the kept contact's custom values, before and after."""

from collections.abc import Mapping
from typing import Any

import msgspec

from crmcore.contacts.tables import MergeLog
from crmcore.records.sealed_column import CustomColumn
from crmcore.secrets.keyring import KeyRing
from crmcore.secrets.places import SealedColumn


class MergeLogColumn(SealedColumn):
    """Seals the values in the log as those of the contact are; ``contacts`` knows how."""

    def __init__(self, contacts: CustomColumn) -> None:
        super().__init__(MergeLog.before, lambda row, path: (), [MergeLog.kept])
        self.follows_fields = True
        self._contacts = contacts

    async def sealed_anew(self, row: Mapping[str, Any], stored: Any, keys: KeyRing) -> Any:
        """Return the JSON text of the log with its custom values as they are to be."""
        document = msgspec.json.decode(stored)
        new = dict(document)
        for name in ("kept", "after"):
            if isinstance(custom := (document.get(name) or {}).get("custom"), dict):
                right = await self._contacts.rightly_sealed(row["kept"], custom)
                new[name] = {**document[name], "custom": right}
        return msgspec.json.encode(new).decode() if new != document else stored
