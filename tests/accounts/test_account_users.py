"""Users and their passwords."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from account_details import PASSWORD

from crmcore.accounts.passwords import Passwords
from crmcore.accounts.service import Accounts
from crmcore.accounts.tables import LoginSession, User
from crmcore.database.database import Database
from crmcore.errors import Invalid, NotFound, NotSignedIn

BROWSER = {"address": "203.0.113.7", "user_agent": "Test"}


async def test_a_user_is_kept_with_an_argon2id_hash(accounts: Accounts, anna: UUID) -> None:
    row = await User.select().where(User.id == anna).first()
    assert row is not None
    assert row["email"] == "anna@example.com"
    assert (row["name"], row["role"], row["language"]) == ("Anna Lee", "agent", "ru")
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in str(row)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": "a b@example.com"}, "/email"),
        ({"email": "a\0@example.com"}, "/email"),
        ({"email": f"{'a' * 65}@example.com"}, "/email"),
        ({"name": "  "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"role": "king"}, "/role"),
        ({"language": "xx"}, "/language"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"password": "short"}, "/password"),
        ({"password": "x" * 257}, "/password"),
        ({"password": "new@example.com"}, "/password"),
    ],
)
async def test_what_is_wrong_with_a_user_is_said_with_its_path(
    accounts: Accounts, changes: dict[str, Any], path: str
) -> None:
    details: dict[str, Any] = {"email": "new@example.com", "name": "New", "password": PASSWORD, **changes}
    with pytest.raises(Invalid) as refused:
        await accounts.create_user(**details)
    assert [problem.path for problem in refused.value.problems] == [path]
    for language in ("en", "ru"):
        sentence = refused.value.problems[0].sentence(language)
        assert sentence and "{" not in sentence
    assert await User.count() == 0


async def test_an_address_belongs_to_one_user(accounts: Accounts, anna: UUID, database: Database) -> None:
    with pytest.raises(Invalid) as refused:
        await accounts.create_user("ANNA@example.com ", "Other", None)
    assert [problem.code for problem in refused.value.problems] == ["taken"]
    # Inside a transaction too, which stays whole.
    async with database.transaction():
        with pytest.raises(Invalid):
            await accounts.create_user("anna@example.com", "Other", None)
        await accounts.create_user("other@example.com", "Other", None)
    assert await User.count() == 2


async def test_without_a_password_nobody_signs_in(accounts: Accounts) -> None:
    await accounts.create_user("bot@example.com", "Bot", None)
    for password in ("", "bot@example.com", PASSWORD):
        with pytest.raises(NotSignedIn):
            await accounts.sign_in("bot@example.com", password, **BROWSER)


async def test_a_new_password_ends_every_session_and_the_old_password(accounts: Accounts, anna: UUID) -> None:
    secrets = [await accounts.sign_in("anna@example.com", PASSWORD, **BROWSER) for _ in range(2)]
    await accounts.set_password(anna, "another good one")
    for secret in secrets:
        assert await accounts.actor_for_session(secret) is None
    assert await LoginSession.count() == 0
    with pytest.raises(NotSignedIn):
        await accounts.sign_in("anna@example.com", PASSWORD, **BROWSER)
    assert await accounts.sign_in("anna@example.com", "another good one", **BROWSER)


async def test_a_bad_new_password_changes_nothing(accounts: Accounts, anna: UUID) -> None:
    secret = await accounts.sign_in("anna@example.com", PASSWORD, **BROWSER)
    with pytest.raises(Invalid):
        await accounts.set_password(anna, "short")
    with pytest.raises(NotFound):
        await accounts.set_password(uuid4(), "another good one")
    assert await accounts.actor_for_session(secret) is not None


async def test_a_hash_made_with_weaker_parameters_is_renewed_at_sign_in(
    accounts: Accounts, anna: UUID
) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await User.update({User.password_hash: weak}).where(User.id == anna)
    await accounts.sign_in("anna@example.com", PASSWORD, **BROWSER)
    row = await User.select(User.password_hash).where(User.id == anna).first()
    assert row is not None
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await accounts.sign_in("anna@example.com", PASSWORD, **BROWSER)


async def test_a_broken_hash_fits_nothing() -> None:
    passwords = Passwords()
    for broken in ("", "plain", "$argon2id$v=19$m=19456,t=2,p=1$xx"):
        assert not await passwords.verify(broken, broken)
        assert not await passwords.verify(broken, "\ud800")
