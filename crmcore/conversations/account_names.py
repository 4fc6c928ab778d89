"""What the channel accounts are called: whoever reads conversations reads the names of their accounts in them."""

from collections.abc import Collection
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.conversations.tables import ChannelAccountRow
from crmcore.records.scope import demand


async def account_names(channels: Collection[str], *, actor: Actor) -> list[tuple[UUID, str]]:
    """Return id and name of the accounts of ``channels``, by name."""
    demand(actor, "conversation.read")
    if not channels:
        return []
    rows = (
        await ChannelAccountRow.select(ChannelAccountRow.id, ChannelAccountRow.name)
        .where(ChannelAccountRow.channel.is_in(list(channels)))
        .order_by(ChannelAccountRow.name, ChannelAccountRow.id)
    )
    return [(row["id"], row["name"]) for row in rows]
