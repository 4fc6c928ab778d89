"""Stored files as plugins read them, and those that they keep themselves."""

from typing import Any
from uuid import UUID

from crmcore.contracts.actors import plugin_actor
from crmcore.errors import Forbidden, NotFound
from crmcore.files.service import KEPT_BY_PLUGIN, Files
from crmcore.files.tables import StoredFile


class FilesOfPlugin:
    """Implements :class:`~crmcore.PluginFiles`: plugins are trusted code, and told the ids of what they send."""

    def __init__(self, files: Files, plugin: str) -> None:
        self._files = files
        self._plugin = plugin

    async def read(self, id: UUID) -> bytes:
        """Return a file's bytes."""
        row = await self._row(id)
        if row is None:
            raise NotFound()
        return b"".join([piece async for piece in self._files.content(row)])

    async def keep(self, name: str, content_type: str, data: bytes) -> UUID:
        """Store ``data`` as the plugin's own and return its id. Raises TooLarge and InvalidValue."""
        row = await self._files.keep_bytes(
            name, data, actor=plugin_actor(self._plugin), declared=content_type
        )
        id: UUID = row["id"]
        await self._files.kept_by(self._plugin, id)
        return id

    async def delete(self, id: UUID) -> None:
        """Remove a file that the plugin kept. Raises Forbidden for another's."""
        row = await self._row(id)
        if row is None:
            return
        if (row["record_type"], row["uploaded_by"]) != (KEPT_BY_PLUGIN, self._plugin):
            raise Forbidden(permission="file.delete")
        await StoredFile.delete().where(StoredFile.id == id)

    @staticmethod
    async def _row(id: UUID) -> dict[str, Any] | None:
        rows = await StoredFile.select().where(StoredFile.id == id)
        return rows[0] if rows else None
