"""People who have endpoints, and what happens in their workspace."""

from typing import Any
from uuid import UUID

from crmcore.contracts.actors import Actor
from crmcore.webhooks.endpoint import NewEndpoint
from crmcore.workspace import Crm


async def user(crm: Crm, role: str, name: str = "Anna") -> Actor:
    """Make a user and return him as he signs in."""
    id = await crm.accounts.create_user(f"{name.lower()}@example.com", name, None, role=role)
    actor = await crm.accounts.actor_for_user(id)
    assert actor is not None
    return actor


async def endpoint(crm: Crm, admin: Actor, url: str, **more: Any) -> tuple[UUID, str]:
    """Make an endpoint and return its id and its secret."""
    entry, secret = await crm.webhooks.create(NewEndpoint(url=url, **more), actor=admin)
    return entry.id, secret


async def contact(crm: Crm, actor: Actor, name: str = "Zoe") -> UUID:
    """Make a contact and return its id."""
    return (await crm.records.create("contact", {"first_name": name}, actor=actor)).id
