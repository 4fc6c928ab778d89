"""The custom values of one record type as a place of envelopes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from crmcore.contracts.records import RecordType
from crmcore.records.catalog import FieldCatalog
from crmcore.records.sealed import SEALED, SealedValues, is_sealed
from crmcore.secrets.keyring import KeyRing
from crmcore.secrets.places import SealedColumn


class CustomColumn(SealedColumn):
    """Keeps custom values as their definitions want them: sensitive ones sealed with the first key, others open.

    What belongs to no active field, or to one that cannot work now, stays sealed.
    """

    def __init__(self, record_type: RecordType, catalog: FieldCatalog, sealed: SealedValues) -> None:
        column = record_type.table._meta.get_column_by_name("custom")
        super().__init__(column, lambda row, path: ())
        self.follows_fields = True
        self.record_type = record_type
        self._catalog = catalog
        self._sealed = sealed

    async def goal(self) -> str:
        """Return which fields are sensitive, in short: a change of that begins anew."""
        keys = sorted(item.key for item in await self._catalog.of(self.record_type.key) if item.sensitive)
        return msgspec.json.encode(keys).decode()[:60]

    async def sealed_anew(self, row: Mapping[str, Any], stored: Any, keys: KeyRing) -> Any:
        """Return the JSON text of the custom values as they are to be."""
        document = msgspec.json.decode(stored)
        new = await self.rightly_sealed(row["id"], document)
        return msgspec.json.encode(new).decode() if new != document else stored

    async def rightly_sealed(self, id: Any, custom: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``custom`` with every value sealed or open as its definition wants it."""
        definitions = {item.key: item for item in await self._catalog.of(self.record_type.key)}
        name, right = self.table._meta.tablename, dict(custom)
        for key, value in custom.items():
            definition = definitions.get(key)
            if is_sealed(value):
                opened = self._sealed.opened(name, id, {key: value})[key]
                if is_sealed(opened):
                    continue  # damaged: it stays what it is
                if definition is not None and not definition.sensitive and not definition.dormant:
                    right[key] = opened
                elif not self._sealed.is_current(value):
                    right[key] = self._sealed.seal(name, key, id, opened)
            elif definition is not None and definition.sensitive and value is not None:
                right[key] = self._sealed.seal(name, key, id, value)
        return right

    def _pattern(self, prefix: str, engine: str) -> str:
        # A text that somebody typed has its quotation marks escaped, and is never taken for an envelope.
        return f'%"{SEALED}":{" " if engine == "postgres" else ""}"{prefix}%'
