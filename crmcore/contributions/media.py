"""Files that plugins show in blocks: given to whom the block was shown, while they may see where it stood."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.contributions.permits import demand_permit
from crmcore.errors import NotFound
from crmcore.files.tables import StoredFile

if TYPE_CHECKING:
    from crmcore.workspace import Crm

_PURPOSE = "media"
HELD_FOR = timedelta(hours=12)
PARTS = ("plugin", "at", "until", "proof")
"""What stands in the query of a file's address."""


class Media:
    """Makes addresses of files in blocks, and opens them."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    def query(self, plugin: str, file: UUID, at: str, actor: Actor) -> str:
        """Return the query of the address of ``file`` in a block of ``plugin``, for ``actor`` and twelve hours.

        ``at`` is where the block stands: ``contact:ID``, ``message:ID``, ``page:PLUGIN.KEY``, ``tile:PLUGIN.KEY``.
        """
        until = str(int((self._crm.clock() + HELD_FOR).timestamp()))
        proof = self._crm.keys.sign(_PURPOSE, _said(plugin, file, at, until, actor))
        return urlencode({"plugin": plugin, "at": at, "until": until, "proof": proof})

    async def row(self, file: UUID, query: dict[str, str], *, actor: Actor) -> dict[str, Any]:
        """Return the row of the file that the address with ``query`` leads to.

        Raises NotFound for whom the address was not made, when its time is over, and when what it stood at is not
        to be seen any more.
        """
        plugin, at, until, proof = (query.get(name, "")[:300] for name in PARTS)
        said = _said(plugin, file, at, until, actor)
        if not self._crm.keys.is_signed(_PURPOSE, said, proof) or not until.isdecimal():
            raise NotFound
        if datetime.fromtimestamp(int(until), UTC) < self._crm.clock():
            raise NotFound
        await self._check(at, actor)
        rows = await StoredFile.select().where(StoredFile.id == file)
        if not rows:
            raise NotFound
        row: dict[str, Any] = rows[0]
        if (row["uploaded_by_kind"], row["uploaded_by"]) == ("plugin", plugin):
            return row
        return await self._crm.files.get(file, actor=actor)

    async def _check(self, at: str, actor: Actor) -> None:
        kind, _, name = at.partition(":")
        if kind == "page" and name in self._crm.registry.pages:
            demand_permit(self._crm, self._crm.registry.pages[name].item.permission, actor)
        elif kind == "tile" and name in self._crm.registry.tiles:
            demand_permit(self._crm, self._crm.registry.tiles[name].item.permission, actor)
        elif kind in self._crm.records.types:
            try:
                id = UUID(name)
            except ValueError:
                raise NotFound from None
            record = await self._crm.records.get(kind, id, actor=actor)
            if kind == "message":
                await self._crm.records.get("conversation", record.document["conversation_id"], actor=actor)
        else:
            raise NotFound


def _said(plugin: str, file: UUID, at: str, until: str, actor: Actor) -> str:
    return f"{plugin}\n{file}\n{at}\n{until}\n{actor.kind}:{actor.id}"
