"""Ways to get more than one has, tried against every route; each was open once or is close to one that was."""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx2
import pytest

from crmcore.accounts.attempts import REMEMBERED_S
from crmcore.accounts.pending import LIFETIME
from crmcore.accounts.role import NewRole, RoleLabel
from crmcore.accounts.tables import ApiToken, Invitation, TeamMember, User
from crmcore.accounts.teams import set_teams
from crmcore.contracts.actors import system_actor
from crmcore.errors import Invalid
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PASSWORD = "correct horse battery staple"
SYSTEM = system_actor("tests")
Connect = Callable[..., httpx2.AsyncClient]


async def manager(crm: Crm, connect: Connect, **rows: str) -> tuple[httpx2.AsyncClient, UUID]:
    """Return a browser and the id of somebody who manages people and may otherwise do little."""
    permissions = ["user.read", "user.write", "token.write", "team.read", "contact.read"]
    label = RoleLabel(en="Desk", ru="Desk")
    new = NewRole(key="desk", label=label, permissions=permissions, rows=dict(rows))
    await crm.roles.create(new, actor=SYSTEM)
    id = await crm.accounts.create_user("mia@example.com", "Mia Manager", PASSWORD, role="desk")
    browser = connect(**{"sec-fetch-site": "same-origin"})
    signed_in = await browser.post("/login", data={"email": "mia@example.com", "password": PASSWORD})
    assert signed_in.status_code == 303
    return browser, id


async def test_nobody_takes_the_link_of_an_invitation_above_his_own_role(crm: Crm, connect: Connect) -> None:
    mia, _ = await manager(crm, connect)
    id = await crm.invitations.create("boss@example.com", actor=SYSTEM, role="admin")
    before = await Invitation.select()
    for answer in (
        await mia.post(f"/api/invitations/{id}/send"),
        await mia.post(f"/settings/people/invitations/{id}/resend"),
        await mia.delete(f"/api/invitations/{id}"),
        await mia.post(f"/settings/people/invitations/{id}/revoke"),
        await mia.post("/api/invitations", json={"email": "boss@example.com", "role": "desk"}),
    ):
        assert answer.status_code == 403 and "/invitation/" not in answer.text
    assert await Invitation.select() == before
    own = (await mia.post("/api/invitations", json={"email": "new@example.com", "role": "desk"})).json()
    assert "/invitation/" in (await mia.post(f"/api/invitations/{own['id']}/send")).json()["link"]


async def test_nobody_revokes_the_token_of_somebody_above(crm: Crm, connect: Connect, admin_id: UUID) -> None:
    mia, own = await manager(crm, connect)
    for user, status in ((admin_id, 403), (own, 204)):
        await crm.accounts.create_token(user, "tests", ["all"])
        token = (await crm.accounts.list_tokens(user))[0].id
        assert (await mia.delete(f"/api/tokens/{token}")).status_code == status
        assert await ApiToken.exists().where(ApiToken.id == token, ApiToken.revoked_at.is_null()) is (
            status == 403
        )


async def test_who_sees_a_teams_records_joins_no_other_team(crm: Crm, connect: Connect) -> None:
    mia, own = await manager(crm, connect, **{"*": "team"})
    home, away = [
        (await crm.records.create("team", {"name": name}, actor=SYSTEM)).id for name in ("Home", "Away")
    ]
    await set_teams(own, {home: False}, crm.clock)
    joining = {"teams": [{"team_id": str(away)}], "name": "Mia", "role": "desk", "active": "yes"}
    for answer in (
        await mia.put(f"/api/users/{own}/teams", json={"teams": [{"team_id": str(away)}]}),
        await mia.patch(f"/api/users/{own}", json={"team_id": str(away)}),
        await mia.post(f"/settings/people/{own}", data={**joining, "teams": str(away)}),
        await mia.post(f"/settings/people/{own}", data={**joining, "teams": "", "team_id": str(away)}),
        await mia.post(
            "/api/invitations", json={"email": "n@example.com", "role": "desk", "team_id": str(away)}
        ),
        await mia.post(
            "/api/users", json={"email": "n@example.com", "name": "N", "role": "desk", "team_id": str(away)}
        ),
    ):
        assert answer.status_code == 403, answer.request.url
    assert [row["team"] for row in await TeamMember.select()] == [home]
    assert not await Invitation.exists() and await User.count() == 1
    stays = await mia.put(f"/api/users/{own}/teams", json={"teams": [{"team_id": str(home), "lead": True}]})
    assert stays.status_code == 200


async def test_two_administrators_do_not_remove_each_other_at_once(crm: Crm) -> None:
    for turn in range(5):
        two = [
            await crm.accounts.create_user(f"{turn}{name}@example.com", name, PASSWORD, role="admin")
            for name in ("a", "b")
        ]

        async def demote(id: UUID) -> None:
            await crm.records.update("user", id, {"role": "agent"}, actor=SYSTEM)

        done = await asyncio.gather(*(demote(id) for id in two), return_exceptions=True)
        assert sum(isinstance(result, Invalid) for result in done) == 1, done
        assert await User.count().where(User.role == "admin") == 1
        await User.delete(force=True)


async def test_a_recovery_code_counts_once_at_the_same_moment(crm: Crm, admin_id: UUID) -> None:
    import pyotp

    totp = pyotp.TOTP((await crm.second_factors.begin(admin_id)).secret)
    codes = await crm.second_factors.confirm(admin_id, totp.at(crm.clock()))
    used = await asyncio.gather(*(crm.second_factors.accepts(admin_id, codes[0]) for _ in range(8)))
    assert sum(used) == 1


async def test_an_authenticator_seen_by_somebody_before_is_not_the_one_that_counts(
    crm: Crm, admin_id: UUID, clock: TurnableClock
) -> None:
    seen = await crm.second_factors.begin(admin_id)
    clock.advance(LIFETIME.total_seconds() - 1)
    assert await crm.second_factors.begin(admin_id) == seen
    clock.advance(2)
    fresh = await crm.second_factors.begin(admin_id)
    assert fresh.secret != seen.secret
    assert await crm.second_factors.begin(admin_id) == fresh


HOSTILE_TARGETS = (
    "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "/%0d%0aSet-Cookie:x=1",
    "/a\r\nSet-Cookie: x=1", "javascript:alert(1)", "/日本?q=é#ж", "/" + "a" * 5000, "\\\\evil", "/.//evil.example",
)  # fmt: skip


@pytest.mark.parametrize("target", HOSTILE_TARGETS)
async def test_redirects_stay_here_whatever_next_says(crm: Crm, connect: Connect, target: str) -> None:
    await crm.accounts.create_user("ada@example.com", "Ada", PASSWORD, role="admin")
    browser = connect(
        **{"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
    )
    sent = quote(target, safe="")
    login = f"email=ada%40example.com&password={quote(PASSWORD)}&next={sent}"
    for path, body in (
        ("/login", login),
        ("/settings/profile/theme", f"theme=dark&back={sent}"),
        ("/settings/profile/language", f"language=en&back={sent}"),
    ):
        answer = await browser.post(path, content=body)
        assert answer.status_code == 303, path
        where = answer.headers["location"]
        parts = urlsplit(where)
        assert (parts.scheme, parts.netloc) == ("", "") and where.startswith("/")
        assert not where.startswith(("//", "/\\")) and "x" not in answer.cookies
    shown = (await connect().get(f"/login?next={sent}")).text
    assert re.findall(r'name="next" value="(?!/[^/\\])[^"]+', shown) in ([], ['name="next" value="/'])


async def test_an_idempotency_key_answers_its_own_actor_alone(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient, crm: Crm, connect: Connect
) -> None:
    other = await crm.accounts.create_user("bob@example.com", "Bob", PASSWORD, role="agent")
    bob = connect(authorization=f"Bearer {await crm.accounts.create_token(other, '', ['all'])}")
    key = {"idempotency-key": "one-key-of-many"}
    made: list[Any] = [
        (await asker.post("/api/contacts", json={"first_name": "Zoe"}, headers=key))
        for asker in (client, bob, client)
    ]
    assert made[0].json()["id"] == made[2].json()["id"] != made[1].json()["id"]
    assert (await viewer.post("/api/contacts", json={"first_name": "Zoe"}, headers=key)).status_code == 403


async def test_asking_for_a_link_tells_nothing_about_who_is_here(
    crm: Crm, connect: Connect, admin_id: UUID
) -> None:
    browser = connect(**{"sec-fetch-site": "same-origin"})
    answers = [
        await browser.post("/password", data={"email": email})
        for email in ("ada@example.com", "nob@example.com")
    ]
    texts = {answer.text.replace("ada@", "nob@") for answer in answers}
    assert len(texts) == 1 and {answer.status_code for answer in answers} == {200}
    wrong = [
        await browser.post("/login", data={"email": email, "password": "x" * 12})
        for email in ("ada@example.com", "nob@example.com")
    ]
    assert len({(answer.status_code, answer.text.replace("ada@", "nob@")) for answer in wrong}) == 1


async def test_a_token_of_somebody_who_left_is_worth_nothing(crm: Crm, connect: Connect) -> None:
    id = await crm.accounts.create_user("bob@example.com", "Bob", PASSWORD, role="agent")
    bob = connect(authorization=f"Bearer {await crm.accounts.create_token(id, '', ['all'])}")
    assert (await bob.get("/api/me")).status_code == 200
    await crm.records.update("user", id, {"active": False}, actor=SYSTEM)
    assert (await bob.get("/api/me")).status_code == 401


def test_what_is_remembered_of_guesses_lasts_longer_than_any_wait() -> None:
    from crmcore.accounts import attempts

    limits = (attempts.PER_PAIR, attempts.PER_ACCOUNT, attempts.PER_ADDRESS, attempts.PER_CODE)
    assert all(limit.longest_wait_s < REMEMBERED_S for limit in limits)
