"""A token is looked up seldom, and still ends at once."""

import asyncio
from uuid import UUID

from crmcore.accounts.tables import ApiToken, User
from crmcore.clock import utc_now
from crmcore.workspace import Crm


async def make_token(crm: Crm) -> tuple[UUID, str]:
    user = await crm.accounts.create_user("memory@example.com", "Memory", None, role="admin")
    return user, await crm.accounts.create_token(user, "program", ["all"])


async def test_a_token_in_use_is_not_looked_up_every_time(crm: Crm) -> None:
    _, token = await make_token(crm)
    assert await crm.accounts.actor_for_token(token)
    before = crm.database.statements
    assert await crm.accounts.actor_for_token(token)
    assert crm.database.statements == before


async def test_what_a_token_may_do_follows_every_change_at_once(crm: Crm) -> None:
    user, token = await make_token(crm)
    assert await crm.accounts.actor_for_token(token)
    await User.update({User.active: False}).where(User.id == user)
    assert await crm.accounts.actor_for_token(token) is None
    async with crm.database.transaction():
        await User.update({User.active: True}).where(User.id == user)
    assert await crm.accounts.actor_for_token(token)
    (entry,) = await crm.accounts.list_tokens(user)
    await crm.accounts.revoke_token(entry.id)
    assert await crm.accounts.actor_for_token(token) is None


async def test_who_asks_while_a_revocation_is_open_learns_of_it_with_the_commit(crm: Crm) -> None:
    user, token = await make_token(crm)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def revoke() -> None:
        async with crm.database.transaction():
            await ApiToken.update({ApiToken.revoked_at: utc_now()}).where(ApiToken.user == user)
            asked.set()
            await go_on.wait()

    revoking = asyncio.create_task(revoke())
    await asked.wait()
    assert await crm.accounts.actor_for_token(token), "not committed yet"
    go_on.set()
    await revoking
    assert await crm.accounts.actor_for_token(token) is None
