"""Signing in: sessions, the same answer for every failure, the limit."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from account_details import PASSWORD

from crmcore.accounts import sessions
from crmcore.accounts.credentials import hash_of
from crmcore.accounts.passwords import Passwords
from crmcore.accounts.service import Accounts
from crmcore.accounts.tables import LoginSession, SignInAttempt, User
from crmcore.database.database import Database
from crmcore.errors import NotSignedIn, TooMany
from crmcore.testing.clock import TurnableClock

EMAIL = "anna@example.com"
HERE = "203.0.113.7"


async def sign_in(
    accounts: Accounts, password: str = PASSWORD, email: str = EMAIL, address: str = HERE
) -> str:
    return await accounts.sign_in(email, password, address=address, user_agent="Test/1")


async def fail(accounts: Accounts, times: int = 1, **details: str) -> None:
    for _ in range(times):
        with pytest.raises(NotSignedIn):
            await sign_in(accounts, "wrong password", **details)


async def test_a_session_is_the_user(accounts: Accounts, anna: UUID) -> None:
    actor = await accounts.actor_for_session(await sign_in(accounts, email=" ANNA@example.com"))
    assert actor is not None
    assert (actor.kind, actor.id, actor.label) == ("user", str(anna), "Anna Lee")
    assert (actor.language, actor.time_zone) == ("ru", "Europe/Berlin")
    assert actor.may("contact.write")
    assert not actor.may("user.write")


async def test_the_secret_is_new_every_time_and_kept_nowhere(
    accounts: Accounts, anna: UUID, database: Database
) -> None:
    first, second = await sign_in(accounts), await sign_in(accounts)
    assert first != second
    assert len(first) >= 43
    rows = await LoginSession.select().output(load_json=True)
    assert {row["secret_hash"] for row in rows} == {hash_of(first), hash_of(second)}
    assert first not in str(rows) and second not in str(rows)


async def test_only_secrets_that_were_given_out_count(accounts: Accounts, anna: UUID) -> None:
    secret = await sign_in(accounts)
    for planted in ("", "planted", secret[:-1], secret + "x", hash_of(secret), secret.upper()):
        assert await accounts.actor_for_session(planted) is None


async def test_signing_out_ends_one_session(accounts: Accounts, anna: UUID) -> None:
    first, second = await sign_in(accounts), await sign_in(accounts)
    await accounts.sign_out(first)
    await accounts.sign_out("unknown")
    assert await accounts.actor_for_session(first) is None
    assert await accounts.actor_for_session(second) is not None
    await accounts.end_sessions(anna)
    assert await accounts.actor_for_session(second) is None


async def test_a_session_ends_after_its_lifetime_and_when_idle(
    accounts: Accounts, anna: UUID, clock: TurnableClock
) -> None:
    idle, used = await sign_in(accounts), await sign_in(accounts)
    for _ in range(3):
        clock.advance(timedelta(days=7).total_seconds())
        assert await accounts.actor_for_session(used) is not None
    assert await accounts.actor_for_session(idle) is None
    clock.advance(timedelta(days=9).total_seconds())
    assert await accounts.actor_for_session(used) is None
    await accounts.forget_old()
    assert await LoginSession.count() == 0


async def test_asking_who_it_is_costs_one_statement(
    accounts: Accounts, anna: UUID, database: Database, clock: TurnableClock
) -> None:
    secret = await sign_in(accounts)
    before = database.statements
    for _ in range(3):
        clock.advance(sessions.SEEN_EVERY.total_seconds() / 4)
        await accounts.actor_for_session(secret)
    assert database.statements - before == 3


async def test_who_is_no_longer_active_is_out_at_once(accounts: Accounts, anna: UUID) -> None:
    secret = await sign_in(accounts)
    await User.update({User.active: False}).where(User.id == anna)
    assert await accounts.actor_for_session(secret) is None
    with pytest.raises(NotSignedIn):
        await sign_in(accounts)


async def test_a_changed_role_counts_at_once(accounts: Accounts, anna: UUID) -> None:
    secret = await sign_in(accounts)
    await User.update({User.role: "viewer"}).where(User.id == anna)
    actor = await accounts.actor_for_session(secret)
    assert actor is not None
    assert actor.may("contact.read") and not actor.may("contact.write")


async def test_every_failure_looks_the_same_and_verifies_a_password(
    accounts: Accounts, anna: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify_now = Passwords.verify_now

    def counted(self: Passwords, password_hash: str, password: str) -> bool:
        fits = verify_now(self, password_hash, password)
        verified.append(password)
        return fits

    hashed: list[Any] = []
    monkeypatch.setattr(Passwords, "verify_now", counted)
    await accounts.create_user("gone@example.com", "Gone", PASSWORD)
    await accounts.create_user("bot@example.com", "Bot", None)
    await User.update({User.active: False}).where(User.email == "gone@example.com")
    cases = [
        (EMAIL, "wrong password"),
        ("unknown@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("bot@example.com", PASSWORD),
        ("no address\0at all", PASSWORD),
        ("\ud800@example.com", PASSWORD),
    ]
    for number, (email, password) in enumerate(cases, start=1):
        with pytest.raises(NotSignedIn) as refused:
            await sign_in(accounts, password, email)
        hashed.append((refused.value.code, refused.value.sentence("en"), refused.value.sentence("ru")))
        assert len(verified) == number
    assert len(set(hashed)) == 1
    assert hashed[0][0] == "wrong_credentials"


async def test_verifying_for_nobody_runs_the_same_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords()
    seen: list[str] = []
    verify = type(passwords._hasher).verify

    def spy(self: Any, hash: str | bytes, password: str | bytes) -> bool:
        seen.append(str(hash)[:30])
        return verify(self, hash, password)

    monkeypatch.setattr(type(passwords._hasher), "verify", spy)
    real = await passwords.hash(PASSWORD)
    assert await passwords.verify(real, PASSWORD)
    assert not await passwords.verify("", PASSWORD)
    assert seen == [real[:30], real[:30]]


async def test_too_many_failures_make_the_account_wait(
    accounts: Accounts, anna: UUID, clock: TurnableClock
) -> None:
    await fail(accounts, 5)
    with pytest.raises(TooMany) as refused:
        await sign_in(accounts)
    assert refused.value.headers == {"Retry-After": "30"}
    assert refused.value.sentence("en") == "Too many attempts. Try again in 30 s."
    assert refused.value.sentence("ru") == "Слишком много попыток. Повторите через 30 с."
    clock.advance(29)
    with pytest.raises(TooMany):
        await sign_in(accounts)
    clock.advance(1)
    assert await sign_in(accounts)
    # A success forgives: the count begins anew.
    await fail(accounts, 5)


async def test_nobody_is_locked_out_from_elsewhere(
    accounts: Accounts, anna: UUID, clock: TurnableClock
) -> None:
    await sign_in(accounts)
    for n in range(20):
        await fail(accounts, address=f"198.51.100.{n}")
    # Where she was signed in before, she still is; where nobody knows her, the guessing has an end.
    for address in ("198.51.100.77", "192.0.2.1"):
        with pytest.raises(TooMany):
            await sign_in(accounts, address=address)
    for _ in range(3):
        assert await sign_in(accounts)


async def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(
    accounts: Accounts, anna: UUID, clock: TurnableClock
) -> None:
    await fail(accounts, 5)
    waits = []
    for _ in range(8):
        with pytest.raises(TooMany) as refused:
            await sign_in(accounts)
        waits.append(int(refused.value.headers["Retry-After"]))
        clock.advance(waits[-1])
        await fail(accounts)
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


async def test_waiting_is_not_made_longer_by_those_who_do_not_wait(
    accounts: Accounts, anna: UUID, clock: TurnableClock
) -> None:
    await fail(accounts, 5)
    for _ in range(20):
        clock.advance(1)
        with pytest.raises(TooMany):
            await sign_in(accounts, "guess")
    clock.advance(10)
    assert await sign_in(accounts)


async def test_too_many_failures_from_one_address_make_it_wait(accounts: Accounts, anna: UUID) -> None:
    for n in range(30):
        await fail(accounts, email=f"user{n}@example.com")
    with pytest.raises(TooMany):
        await sign_in(accounts)
    assert await sign_in(accounts, address="198.51.100.1")
    with pytest.raises(TooMany):
        await sign_in(accounts, address=f"::ffff:{HERE}")


async def test_ipv6_addresses_of_one_subscriber_count_together(accounts: Accounts, anna: UUID) -> None:
    for n in range(30):
        await fail(accounts, email=f"user{n}@example.com", address=f"2001:db8:1:2::{n:x}")
    with pytest.raises(TooMany):
        await sign_in(accounts, address="2001:db8:1:2:ffff::1")
    assert await sign_in(accounts, address="2001:db8:1:3::1")


async def test_a_hundred_guesses_at_the_same_moment_are_no_way_around(accounts: Accounts, anna: UUID) -> None:
    async def guess(n: int) -> str:
        try:
            await sign_in(accounts, f"guess number {n}", address=f"198.51.100.{n}")
        except NotSignedIn:
            return "tried"
        except TooMany:
            return "refused"
        return "in"

    outcomes = await asyncio.gather(*(guess(n) for n in range(60)))
    assert outcomes.count("in") == 0
    assert outcomes.count("tried") <= 20


async def test_the_limit_is_in_the_database(
    accounts: Accounts, anna: UUID, database: Database, clock: TurnableClock
) -> None:
    await fail(accounts, 5)
    with pytest.raises(TooMany):
        await sign_in(Accounts(database, clock))
    rows = await SignInAttempt.select()
    assert EMAIL not in str(rows)


async def test_a_clock_set_forward_opens_no_door(
    accounts: Accounts, anna: UUID, clock: TurnableClock
) -> None:
    await fail(accounts, 5)
    clock.advance(3600)
    await fail(accounts)
    with pytest.raises(TooMany) as refused:
        await sign_in(accounts)
    assert refused.value.headers == {"Retry-After": "60"}


async def test_a_clock_set_back_locks_nobody_out(
    accounts: Accounts, anna: UUID, clock: TurnableClock
) -> None:
    await fail(accounts, 5)
    clock.advance(-3600)
    with pytest.raises(TooMany) as refused:
        await sign_in(accounts)
    assert refused.value.headers == {"Retry-After": "30"}
    clock.advance(30)
    assert await sign_in(accounts)


async def test_failures_are_forgotten_after_a_day(
    accounts: Accounts, anna: UUID, clock: TurnableClock
) -> None:
    await fail(accounts, 5)
    clock.advance(24 * 3600)
    await fail(accounts, 5)
    clock.advance(24 * 3600 + 1)
    await accounts.forget_old()
    assert await SignInAttempt.count() == 0
