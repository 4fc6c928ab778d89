"""Where envelopes are stored: every column with any is registered, so that a rotation reaches all of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from piccolo import columns
from piccolo.columns import JSON, Bytea, Column

from crmcore.secrets.keyring import KeyRing, is_envelope, prefix_of
from crmcore.secrets.keys import SecretError

Row = Mapping[str, Any]
Context = Callable[[Row, str], tuple[str, ...]]
"""Returns what an envelope is bound to: given its row, and its JSON Pointer in the column's document or ``""``."""


class Batch(Struct, frozen=True, kw_only=True):
    """What became of some rows: ``last`` is the id to go on from, None at the end."""

    last: str | None
    seen: int
    changed: int


class SealedColumn:
    """A column that holds envelopes: one, as text or bytes, or any number of them within a JSON document.

    ``needs`` are further columns that ``context`` looks at. A ``whole`` text is sealed also when it is not yet.
    ``follows_fields`` says that custom values are in it, so that it matters which fields are sensitive.
    """

    def __init__(
        self, column: Column, context: Context, needs: Sequence[Column] = (), *, whole: bool = False
    ) -> None:
        self.column = column
        self.table = column._meta.table
        self.name = f"{self.table._meta.tablename}.{column._meta.db_column_name}"
        self._context = context
        self._whole = whole
        self.follows_fields = whole
        self._needs = needs

    async def goal(self) -> str:
        """Return what, beside the key, sealing anew is to bring about; another goal begins anew."""
        return ""

    async def total(self) -> int:
        """Return how many rows there are to go through."""
        return int(await self.table.count())

    async def used_by(self, key: str, engine: str) -> int:
        """Return how many rows have something sealed with the key of this fingerprint."""
        table, name = self.table._meta.tablename, self.column._meta.db_column_name
        prefix = prefix_of(key)
        if isinstance(self.column, Bytea):
            beginning = f'CAST(substr("{name}", 1, {len(prefix)}) AS TEXT)'
            if engine == "postgres":
                beginning = f"encode(substr(\"{name}\", 1, {len(prefix)}), 'escape')"
            where, value = f"{beginning} = {{}}", prefix
        else:
            where, value = f'CAST("{name}" AS TEXT) LIKE {{}}', self._pattern(prefix, engine)
        # Identifiers are those of table classes.
        rows = await self.table.raw(f'SELECT count(*) AS n FROM "{table}" WHERE {where}', value)  # noqa: S608
        return int(rows[0]["n"])

    async def seal_batch(self, keys: KeyRing, after: str | None, limit: int, engine: str) -> Batch:
        """Seal the next rows with the first key, in the caller's transaction."""
        id = self.table._meta.primary_key
        query = self.table.select(id, self.column, *self._needs)
        if after is not None:
            query = query.where(id > _id_of(id, after))
        if engine == "postgres":
            query = query.lock_rows("UPDATE")
        rows = await query.order_by(id).limit(limit)
        changed = 0
        for row in rows:
            stored = row[self.column._meta.name]
            new = await self.sealed_anew(row, stored, keys)
            if new != stored:
                await self.table.update({self.column: new}, force=True).where(id == row[id._meta.name])
                changed += 1
        last = str(rows[-1][id._meta.name]) if len(rows) == limit else None
        return Batch(last=last, seen=len(rows), changed=changed)

    async def sealed_anew(self, row: Row, stored: Any, keys: KeyRing) -> Any:
        """Return what is to be stored instead of ``stored``, the same when all of it is right."""
        if isinstance(stored, bytes | bytearray | memoryview):
            return self._bytes(row, bytes(stored), keys)
        if not stored:
            return stored
        if not isinstance(self.column, JSON):
            if self._whole and not is_envelope(stored):
                return keys.encrypt(stored, *self._context(row, ""))
            return self._envelope(row, "", stored, keys)
        document = msgspec.json.decode(stored)
        new = self._walk(row, "", document, keys)
        return msgspec.json.encode(new).decode() if new != document else stored

    def _pattern(self, prefix: str, engine: str) -> str:
        return f"%{prefix}%" if isinstance(self.column, JSON) else f"{prefix}%"

    def _walk(self, row: Row, path: str, value: Any, keys: KeyRing) -> Any:
        if isinstance(value, dict):
            return {key: self._walk(row, f"{path}/{key}", item, keys) for key, item in value.items()}
        if isinstance(value, list):
            return [self._walk(row, f"{path}/{place}", item, keys) for place, item in enumerate(value)]
        return self._envelope(row, path, value, keys)

    def _envelope(self, row: Row, path: str, value: Any, keys: KeyRing) -> Any:
        if not is_envelope(value) or keys.is_current(value):
            return value
        context = self._context(row, path)
        try:
            return keys.encrypt(keys.decrypt(value, *context), *context)
        except SecretError:
            # Not ours, or damaged: it is left as it is; what its key sealed elsewhere is still in use.
            return value

    def _bytes(self, row: Row, stored: bytes, keys: KeyRing) -> bytes:
        context = self._context(row, "")
        if keys.is_current_bytes(stored):
            return stored
        if not is_envelope(stored[:64].decode("latin-1")):
            # From before this column was sealed.
            return keys.encrypt_bytes(stored, *context)
        try:
            return keys.encrypt_bytes(keys.decrypt_bytes(stored, *context), *context)
        except SecretError:
            return stored


def _id_of(column: Column, text: str) -> Any:
    if isinstance(column, columns.UUID):
        return UUID(text)
    return int(text) if isinstance(column, columns.Integer) else text
