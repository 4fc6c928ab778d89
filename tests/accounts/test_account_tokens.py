"""API tokens: what they are worth, and for how long."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from crmcore.accounts.scopes import UnknownScope
from crmcore.accounts.service import Accounts
from crmcore.accounts.tables import ApiToken, User
from crmcore.database.database import Database
from crmcore.errors import NotFound
from crmcore.testing.clock import TurnableClock


async def test_a_token_is_its_user_with_the_tokens_name(accounts: Accounts, anna: UUID) -> None:
    actor = await accounts.actor_for_token(await accounts.create_token(anna, "Nightly export", ["read"]))
    assert actor is not None
    assert (actor.kind, actor.id, actor.label) == ("token", str(anna), "Anna Lee · Nightly export")
    assert (actor.language, actor.time_zone) == ("ru", "Europe/Berlin")


async def test_the_token_is_kept_nowhere(accounts: Accounts, anna: UUID) -> None:
    token = await accounts.create_token(anna, "", ["read"])
    assert token.startswith("crm_")
    assert len(token) >= 47
    assert token not in str(await ApiToken.select())
    assert token not in str(await accounts.list_tokens())


async def test_unknown_tokens_are_nobody(accounts: Accounts, anna: UUID) -> None:
    token = await accounts.create_token(anna, "", ["read"])
    for other in ("", "crm_", "crm_unknown", token[:-1], token[4:], token + "x"):
        assert await accounts.actor_for_token(other) is None


async def test_an_expired_token_is_nobody(accounts: Accounts, anna: UUID, clock: TurnableClock) -> None:
    token = await accounts.create_token(anna, "", ["read"], expires_at=clock() + timedelta(hours=1))
    clock.advance(3599)
    assert await accounts.actor_for_token(token) is not None
    clock.advance(1)
    assert await accounts.actor_for_token(token) is None


async def test_a_revoked_token_is_nobody(accounts: Accounts, anna: UUID, clock: TurnableClock) -> None:
    token = await accounts.create_token(anna, "one", ["read"])
    kept = await accounts.create_token(anna, "two", ["read"])
    entry = next(entry for entry in await accounts.list_tokens(anna) if entry.name == "one")
    await accounts.revoke_token(entry.id)
    assert await accounts.actor_for_token(token) is None
    assert await accounts.actor_for_token(kept) is not None
    revoked_at = clock()
    clock.advance(60)
    await accounts.revoke_token(entry.id)
    entries = {entry.name: entry for entry in await accounts.list_tokens(anna)}
    assert entries["one"].revoked_at == revoked_at
    assert entries["two"].revoked_at is None
    with pytest.raises(NotFound):
        await accounts.revoke_token(uuid4())


async def test_a_token_of_somebody_no_longer_active_is_nobody(accounts: Accounts, anna: UUID) -> None:
    token = await accounts.create_token(anna, "", ["all"])
    await User.update({User.active: False}).where(User.id == anna)
    assert await accounts.actor_for_token(token) is None


async def test_a_token_may_what_both_role_and_scopes_allow(accounts: Accounts, anna: UUID) -> None:
    async def permissions(*scopes: str) -> frozenset[str]:
        actor = await accounts.actor_for_token(await accounts.create_token(anna, "", scopes))
        assert actor is not None
        return actor.permissions

    assert await permissions("contact.read") == {"contact.read"}
    assert await permissions("contact.*", "task.read") == {"contact.read", "contact.write", "task.read"}
    assert await permissions("task.*") == {"task.*"}
    # An agent may not write users, whatever the token says.
    assert await permissions("user.write") == frozenset()
    assert "user.write" not in await permissions("all")
    assert {"contact.read", "task.read", "shop_order.read"} <= await permissions("read")
    assert not any(permission.endswith("write") for permission in await permissions("read"))
    await User.update({User.role: "admin"}).where(User.id == anna)
    assert await permissions("all") == {"*"}
    assert await permissions("read") == {"*.read"}
    assert await permissions("inbound.post") == {"inbound.post"}


async def test_a_changed_role_counts_for_tokens_at_once(accounts: Accounts, anna: UUID) -> None:
    token = await accounts.create_token(anna, "", ["all"])
    await User.update({User.role: "viewer"}).where(User.id == anna)
    actor = await accounts.actor_for_token(token)
    assert actor is not None
    assert actor.may("contact.read") and not actor.may("contact.write")


@pytest.mark.parametrize(
    "scope", ["reed", "contact.fly", "contacts.read", "contact", "", "CONTACT.READ", "a b"]
)
async def test_an_unknown_scope_is_refused_with_the_valid_ones(
    accounts: Accounts, anna: UUID, scope: str
) -> None:
    with pytest.raises(UnknownScope) as refused:
        await accounts.create_token(anna, "", ["read", scope])
    assert isinstance(refused.value, ValueError)
    for valid in (f"“{scope}”", "read", "admin", "contact.read|write|delete", "shop_order.read", "inbound."):
        assert valid in str(refused.value)
    assert await ApiToken.count() == 0


async def test_a_token_needs_a_user_and_an_expiry_with_a_zone(accounts: Accounts, anna: UUID) -> None:
    with pytest.raises(NotFound):
        await accounts.create_token(uuid4(), "", ["read"])
    with pytest.raises(ValueError, match="time zone"):
        await accounts.create_token(anna, "", ["read"], expires_at=datetime(2030, 1, 1))


async def test_asking_whose_token_it_is_costs_one_statement(
    accounts: Accounts, anna: UUID, database: Database
) -> None:
    token = await accounts.create_token(anna, "", ["read"])
    await accounts.actor_for_token(token)  # the first time, that it is in use is written down
    await ApiToken.update({ApiToken.name: "renamed"}, force=True).where(ApiToken.user == anna)
    before = database.statements
    await accounts.actor_for_token(token)
    assert database.statements - before == 1
