"""What a plugin shows under a message: a call's recording, an order that was mentioned."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.blocks import Block

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class MessageView(Struct, frozen=True, kw_only=True):
    """A message as somebody looks at it: ``document`` as the API shows it.

    Its ``external_id`` is the vendor's: by it a plugin finds what it kept itself when the message arrived.
    """

    id: UUID
    channel: str
    conversation: UUID
    document: dict[str, Any]
    actor: Actor
    language: str = "en"


class MessageBlocks(Struct, frozen=True, kw_only=True):
    """Blocks under the messages of ``channels``. ``load`` runs for each message shown, and returns () for most."""

    channels: tuple[str, ...]
    load: "Callable[[MessageView, PluginContext], Awaitable[tuple[Block, ...]]]"
    key: str = "messages"
    timeout_s: float = 1.0
