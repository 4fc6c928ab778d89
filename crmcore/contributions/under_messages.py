"""What plugins show under a message."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.blocks import Block
from crmcore.contracts.message_blocks import MessageBlocks, MessageView
from crmcore.contributions.asking import ask
from crmcore.contributions.bounds import trimmed
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Under(Struct, frozen=True):
    """The blocks of one plugin."""

    plugin: str
    blocks: tuple[Block, ...]


class UnderMessages:
    """Asks the plugins that add to messages of a channel."""

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm

    def has(self, conversation: Mapping[str, Any]) -> bool:
        """Tell whether a plugin adds something to messages of the channel of ``conversation``, a document."""
        channel = (conversation.get("account") or {}).get("channel")
        return any(channel in owned.item.channels for owned in self._crm.registry.message_blocks.values())

    async def of(self, id: UUID, *, actor: Actor, language: str) -> list[Under]:
        """Return what plugins show under the message ``id``; whoever fails shows nothing. Raises NotFound."""
        record = await self._crm.records.get("message", id, actor=actor)
        document = record.document
        conversation = await self._crm.records.get("conversation", document["conversation_id"], actor=actor)
        channel = str((conversation.document.get("account") or {}).get("channel") or "")
        view = MessageView(
            id=id,
            channel=channel,
            conversation=conversation.id,
            document=document,
            actor=actor,
            language=language,
        )
        asked = [
            owned
            for _, owned in sorted(self._crm.registry.message_blocks.items())
            if channel in owned.item.channels
        ]
        found = await asyncio.gather(*(self._ask(owned, view) for owned in asked))
        return [Under(owned.plugin, blocks) for owned, blocks in zip(asked, found, strict=True) if blocks]

    async def _ask(self, owned: Registered[MessageBlocks], view: MessageView) -> tuple[Block, ...]:
        try:
            blocks: tuple[Block, ...] = await ask(
                self._crm,
                owned.plugin,
                f"message_blocks.{owned.item.key}",
                owned.item.load,
                view,
                timeout_s=owned.item.timeout_s,
                returns=tuple[Block, ...],
            )
        except PluginFailed:
            return ()
        return trimmed(blocks)
