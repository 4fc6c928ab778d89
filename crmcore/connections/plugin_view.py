"""The accounts of a plugin's own connections and channels, as the plugin sees and changes them."""

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crmcore.connections.listening_log import reported
from crmcore.contracts.actors import plugin_actor
from crmcore.contracts.channels import ChannelAccount
from crmcore.conversations.found import Found
from crmcore.conversations.tables import ChannelAccountRow
from crmcore.errors import Conflict, NotFound

if TYPE_CHECKING:
    from crmcore.workspace import Crm

# Two processes that rotate one token after the other meet once or twice, never eight times.
_ATTEMPTS = 8


class ConnectionsOfPlugin:
    """Implements :class:`crmcore.PluginConnections` for one plugin."""

    def __init__(self, crm: "Crm", plugin: str) -> None:
        self._crm = crm
        self._accounts = crm.channel_accounts
        self._plugin = plugin
        self._actor = plugin_actor(plugin)

    async def list(self, key: str) -> builtins.list[ChannelAccount]:
        """Return the active accounts of ``key``, oldest first."""
        rows = (
            await ChannelAccountRow.select(ChannelAccountRow.id, ChannelAccountRow.version)
            .where(
                ChannelAccountRow.plugin == self._plugin,
                ChannelAccountRow.channel == key,
                ChannelAccountRow.state == "active",
            )
            .order_by(ChannelAccountRow.created_at, ChannelAccountRow.id)
        )
        found = [await self._accounts.known(row["id"], row["version"]) for row in rows]
        return [item.account for item in found if item.service is not None and not item.trouble]

    async def get(self, id: UUID) -> ChannelAccount:
        """Return one account; raises NotFound."""
        return (await self._found(id)).account

    async def update(self, id: UUID, changes: Mapping[str, Any]) -> ChannelAccount:
        """Change single settings; return the account as it is now. Raises Invalid, NotFound."""
        for attempt in range(_ATTEMPTS):
            found = await self._found(id)
            try:
                await self._accounts.update(
                    id, {"config": dict(changes)}, actor=self._actor, version=found.row["version"]
                )
                break
            except Conflict:
                if attempt == _ATTEMPTS - 1:
                    raise
        return await self.get(id)

    async def pause(self, id: UUID, reason: str) -> None:
        """Stop an account."""
        await self._found(id)
        await self._accounts.pause(id, reason, actor=self._actor)

    async def report(self, id: UUID, trouble: str = "") -> None:
        """Tell how listening goes."""
        await self._found(id)
        await reported(id, trouble, self._crm.clock())

    async def deliver(
        self, account_id: UUID, delivery_key: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> bool:
        """Store what was heard; False when it is known already."""
        found = await self._found(account_id)
        if found.connection is not None and found.connection.handle is None:
            raise ValueError(f"the connection {found.connection.key!r} has no handle")
        return await self._crm.conversations.hear(found, delivery_key, body, dict(headers or {}))

    async def _found(self, id: UUID) -> Found:
        found = await self._accounts.get(str(id))
        if found.row["plugin"] != self._plugin or found.service is None:
            raise NotFound()
        return found
