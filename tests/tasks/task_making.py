"""What tests of tasks ask for by name."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor, system_actor
from crmcore.workspace import Crm

MakeUser = Callable[..., Awaitable[Actor]]
"""Call it with a name for the actor of a new user."""


async def conversation(crm: Crm, **columns: Any) -> UUID:
    """Return a new conversation."""
    record = await crm.records.create("conversation", columns, actor=system_actor(), internal={})
    return record.id
