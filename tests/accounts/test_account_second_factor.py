"""The second factor: set up, asked for, good once, lost and found."""

from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
from account_details import PASSWORD

from crmcore.accounts.pending import SecondStepNeeded
from crmcore.accounts.service import Accounts
from crmcore.accounts.tables import PendingSignIn, RecoveryCode, SecondFactor, User
from crmcore.errors import Conflict, Invalid, NotSignedIn, TooMany
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

HERE = "203.0.113.7"
EMAIL = "anna@example.com"


@pytest.fixture
async def anna(crm: Crm) -> UUID:
    return await crm.accounts.create_user(EMAIL, "Anna Lee", PASSWORD)


async def set_up(crm: Crm, user: UUID) -> tuple[pyotp.TOTP, list[str]]:
    totp = pyotp.TOTP((await crm.second_factors.begin(user)).secret)
    return totp, await crm.second_factors.confirm(user, totp.at(crm.clock()))


async def half_in(accounts: Accounts) -> SecondStepNeeded:
    with pytest.raises(SecondStepNeeded) as asked:
        await accounts.sign_in(EMAIL, PASSWORD, address=HERE, user_agent="Test/1")
    return asked.value


async def give(crm: Crm, pending: str, code: str) -> str:
    return await crm.accounts.entrance.give_code(pending, code, address=HERE, user_agent="Test/1")


async def test_a_code_has_to_follow_the_password_and_is_good_once(
    crm: Crm, anna: UUID, clock: TurnableClock
) -> None:
    totp, codes = await set_up(crm, anna)
    assert len(set(codes)) == 10
    step = await half_in(crm.accounts)
    assert not step.enrol
    assert await crm.accounts.actor_for_session(step.pending) is None
    # The code that switched it on was used.
    with pytest.raises(Invalid):
        await give(crm, step.pending, totp.at(clock()))
    clock.advance(30)
    secret = await give(crm, step.pending, f" {totp.at(clock())[:3]} {totp.at(clock())[3:]} ")
    assert await crm.accounts.actor_for_session(secret) is not None
    with pytest.raises(NotSignedIn):
        await give(crm, step.pending, totp.at(clock()))
    with pytest.raises(Invalid):
        await give(crm, (await half_in(crm.accounts)).pending, totp.at(clock()))


async def test_a_clock_set_back_an_hour_refuses_no_new_code(
    crm: Crm, anna: UUID, clock: TurnableClock
) -> None:
    totp, _ = await set_up(crm, anna)
    clock.advance(-3600)
    assert await crm.second_factors.accepts(anna, totp.at(clock()))
    assert not await crm.second_factors.accepts(anna, totp.at(clock()))


async def test_recovery_codes_are_good_once_and_kept_as_hashes(crm: Crm, anna: UUID) -> None:
    _, codes = await set_up(crm, anna)
    secret = await give(crm, (await half_in(crm.accounts)).pending, codes[0].lower().replace("-", " "))
    assert await crm.accounts.actor_for_session(secret) is not None
    with pytest.raises(Invalid):
        await give(crm, (await half_in(crm.accounts)).pending, codes[0])
    assert (await crm.second_factors.state(anna)).codes_left == 9
    stored = str(await RecoveryCode.select()) + str(await SecondFactor.select())
    assert not any(code.replace("-", "") in stored or code in stored for code in codes)
    renewed = await crm.second_factors.new_recovery_codes(anna)
    assert not await crm.second_factors.accepts(anna, codes[1])
    assert await crm.second_factors.accepts(anna, renewed[1])


async def test_guessing_codes_has_to_wait_also_with_new_sign_ins(
    crm: Crm, anna: UUID, clock: TurnableClock
) -> None:
    totp, _ = await set_up(crm, anna)
    right = totp.at(clock() + timedelta(seconds=60))
    for n in range(5):
        with pytest.raises(Invalid):
            await give(crm, (await half_in(crm.accounts)).pending, f"{(int(right) + n + 1) % 1_000_000:06}")
    with pytest.raises(TooMany) as refused:
        await give(crm, (await half_in(crm.accounts)).pending, right)
    assert refused.value.headers == {"Retry-After": "30"}
    clock.advance(60)
    assert await give(crm, (await half_in(crm.accounts)).pending, totp.at(clock()))


async def test_half_signed_in_ends_after_ten_minutes_and_with_the_account(
    crm: Crm, anna: UUID, clock: TurnableClock
) -> None:
    totp, _ = await set_up(crm, anna)
    late, off = await half_in(crm.accounts), await half_in(crm.accounts)
    await User.update({User.active: False}).where(User.id == anna)
    with pytest.raises(NotSignedIn):
        await give(crm, off.pending, totp.at(clock() + timedelta(seconds=30)))
    await User.update({User.active: True}).where(User.id == anna)
    clock.advance(601)
    with pytest.raises(NotSignedIn):
        await give(crm, late.pending, totp.at(clock()))
    await crm.accounts.forget_old()
    assert await PendingSignIn.count() == 0


async def test_setting_up_needs_the_first_code_and_shows_the_same_until_then(crm: Crm, anna: UUID) -> None:
    first = await crm.second_factors.begin(anna)
    assert (await crm.second_factors.begin(anna)) == first
    assert "Anna" not in first.uri and EMAIL.replace("@", "%40") in first.uri
    with pytest.raises(Invalid):
        await crm.second_factors.confirm(anna, "000000")
    assert await crm.accounts.sign_in(EMAIL, PASSWORD, address=HERE, user_agent="")
    await set_up(crm, anna)
    with pytest.raises(Conflict):
        await crm.second_factors.begin(anna)
    await crm.second_factors.remove(anna)
    assert await crm.accounts.sign_in(EMAIL, PASSWORD, address=HERE, user_agent="")
    assert (await crm.second_factors.begin(anna)).secret != first.secret


async def test_a_role_that_needs_one_sets_it_up_at_the_next_sign_in(crm: Crm, anna: UUID) -> None:
    before = await crm.accounts.sign_in(EMAIL, PASSWORD, address=HERE, user_agent="")
    settings = WorkspaceSettings(
        data_dir=crm.settings.data_dir,
        database_url=crm.settings.database_url,
        second_factor_roles=["admin", "agent"],
    )
    stricter = Crm.build(settings, clock=crm.clock, entry_points=[])
    accounts = stricter.accounts
    assert await accounts.actor_for_session(before) is None
    step = await half_in(accounts)
    assert step.enrol
    user = await accounts.entrance.half_signed_in(step.pending)
    totp = pyotp.TOTP((await stricter.second_factors.begin(user)).secret)
    secret, codes = await accounts.entrance.enrol(
        step.pending, totp.at(crm.clock()), address=HERE, user_agent=""
    )
    assert len(codes) == 10
    assert await accounts.actor_for_session(secret) is not None
    # Who comes by single sign-on has proven himself there.
    outside = await accounts.entrance.enter_from_outside(anna, "oidc", address=HERE, user_agent="")
    await stricter.second_factors.remove(anna)
    assert await accounts.actor_for_session(secret) is None
    assert await accounts.actor_for_session(outside) is not None
    await stricter.database.close()
