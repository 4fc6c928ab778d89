"""Signing in at a provider: who comes in, who does not, and everything a token can lie about."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest
from conftest import configure
from crm_oidc.connection import check_connection
from openid_provider import Provider

from crmcore import system_actor
from crmcore.accounts.tables import ExternalIdentityRow, LoginSession, User
from crmcore.accounts.teams import teams_of
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

PASSWORD = "violet tractor umbrella"
ADMIN = system_actor("tests")
Browse = Callable[[], Awaitable[httpx2.AsyncClient]]


@pytest.fixture
async def anna(crm: Crm) -> UUID:
    return await crm.accounts.create_user("anna@example.com", "Anna Lee", PASSWORD)


async def come(browser: httpx2.AsyncClient, provider: Provider, query: str = "") -> httpx2.Response:
    """Go to the provider and back."""
    left = await browser.get(f"/auth/oidc/start{query}")
    assert left.status_code == 303, left.text
    back = provider.authorize(left.headers["location"])
    return await browser.get(back, headers={"sec-fetch-site": "cross-site"})


async def test_the_button_stands_there_once_it_is_set_up(
    crm: Crm, provider: Provider, browse: Browse
) -> None:
    browser = await browse()
    assert "Sign in with Acme" in (await browser.get("/login?next=/tasks")).text
    await configure(crm, provider, client_id="")
    assert "Sign in with" not in (await browser.get("/login")).text
    assert (await browser.get("/auth/oidc/start")).status_code == 403
    assert (await browser.get("/auth/nobody/start")).status_code == 404


async def test_whoever_linked_the_account_comes_in_by_it(
    crm: Crm, anna: UUID, provider: Provider, browse: Browse
) -> None:
    stranger = await browse()
    refused = await come(stranger, provider)
    # The same verified address alone lets nobody in.
    assert refused.status_code == 403 and "linked" in refused.text
    assert await LoginSession.count() == 0

    browser = await browse()
    await browser.post("/login", data={"email": "anna@example.com", "password": PASSWORD})
    linked = await come(browser, provider, "?link=1")
    assert linked.headers["location"] == "/settings/security?done=linked"
    assert "anna@example.com" in (await browser.get("/settings/security")).text

    provider.person |= {"email": "renamed@example.com"}
    again = await browse()
    entered = await come(again, provider, "?next=/tasks")
    assert entered.headers["location"] == "/tasks"
    assert (await again.get("/tasks")).status_code == 200
    assert "oidc" in (await again.get("/settings/security")).text

    await crm.accounts.create_user("bo@example.com", "Bo", PASSWORD)
    other = await browse()
    await other.post("/login", data={"email": "bo@example.com", "password": PASSWORD})
    taken = await come(other, provider, "?link=1")
    assert taken.status_code == 403 and "Somebody else" in taken.text

    await crm.records.update("user", anna, {"active": False}, actor=ADMIN)
    assert (await come(await browse(), provider)).status_code == 403


async def test_no_other_site_links_an_account_to_somebody(
    anna: UUID, provider: Provider, browse: Browse
) -> None:
    browser = await browse()
    await browser.post("/login", data={"email": "anna@example.com", "password": PASSWORD})
    for site in ("cross-site", "same-site", "none"):
        refused = await browser.get("/auth/oidc/start?link=1", headers={"sec-fetch-site": site})
        assert refused.status_code == 403 and "set-cookie" not in refused.headers
    # Without the header, as over plain http, where the link stood decides.
    del browser.headers["sec-fetch-site"]
    for page, status in (
        ("", 403),
        ("https://evil.example/", 403),
        ("http://127.0.0.1:8000/settings/security", 303),
    ):
        left = await browser.get("/auth/oidc/start?link=1", headers={"referer": page})
        assert left.status_code == status
    # Who signs out on the way gets nothing linked.
    back = provider.authorize(left.headers["location"])
    await browser.post("/logout", headers={"sec-fetch-site": "same-origin"})
    assert (await browser.get(back)).status_code == 403
    assert not await ExternalIdentityRow.exists()


async def test_users_are_made_and_linked_by_address_only_when_switched_on(
    crm: Crm, anna: UUID, provider: Provider, browse: Browse
) -> None:
    await configure(crm, provider, create_users=True)
    assert (await come(await browse(), provider)).status_code == 403
    provider.person = {"sub": "u-2", "email": "new@example.com", "email_verified": True, "name": "New Person"}
    assert (await come(await browse(), provider)).status_code == 303
    made = (await User.select().where(User.email == "new@example.com"))[0]
    assert (made["name"], made["role"], made["password_hash"]) == ("New Person", "agent", "")
    history = await crm.records.history("user", made["id"], actor=ADMIN)
    assert (history[0].actor_id, history[0].reason) == ("oidc", "single sign-on")
    for verified in (False, None, "yes"):
        provider.person = {"sub": "u-3", "email": "x@example.com", "email_verified": verified}
        refused = await come(await browse(), provider)
        assert refused.status_code == 403 and "did not confirm" in refused.text

    await configure(crm, provider, link_by_email=True)
    provider.person = {"sub": "u-1", "email": "ANNA@example.com", "email_verified": True}
    assert (await come(await browse(), provider)).status_code == 303
    links = await ExternalIdentityRow.select().order_by(ExternalIdentityRow.subject, ascending=False)
    assert [(row["subject"], row["user"]) for row in links] == [("u-2", made["id"]), ("u-1", anna)]


async def test_groups_decide_role_and_teams_at_every_sign_in(
    crm: Crm, anna: UUID, provider: Provider, browse: Browse
) -> None:
    sales = (await crm.records.create("team", {"name": "Sales"}, actor=ADMIN)).id
    rules = [
        {"group": "crm-admins", "role": "admin", "team": ""},
        {"group": "crm-sales", "role": "viewer", "team": "Sales"},
    ]
    nested = {"groups": rules, "groups_claim": "realm.roles", "link_by_email": True, "required_group": "crm"}
    await configure(crm, provider, **nested, domains=["example.com"])
    assert "not in the group" in (await come(await browse(), provider)).text
    provider.person["realm"] = {"roles": ["crm", "crm-sales"]}
    assert (await come(await browse(), provider)).status_code == 303
    assert (await User.select(User.role).where(User.id == anna))[0]["role"] == "viewer"
    assert await teams_of(anna) == {str(sales)}
    provider.person["realm"] = {"roles": ["crm", "crm-admins"]}
    browser = await browse()
    assert (await come(browser, provider)).status_code == 303
    assert (await browser.get("/settings/people")).status_code == 200
    assert (await User.select(User.role).where(User.id == anna))[0]["role"] == "admin"
    assert await teams_of(anna) == set()
    # The last administrator stays one.
    provider.person["realm"] = {"roles": ["crm", "crm-sales"]}
    assert (await come(await browse(), provider)).status_code == 303
    assert (await User.select(User.role).where(User.id == anna))[0]["role"] == "admin"
    provider.person["email"] = "anna@elsewhere.example"
    assert "domain" in (await come(await browse(), provider)).text


LIES: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "somebody-else"},
    {"aud": ["crm", "somebody-else"]},
    {"aud": ["crm", "somebody-else"], "azp": "somebody-else"},
    {"iss": "https://evil.example"},
    {"exp": 1},
    {"exp": None},
    {"sub": None},
    {"sub": ""},
    {"sub": 7},
]


async def test_a_token_that_lies_lets_nobody_in(
    crm: Crm, anna: UUID, provider: Provider, browse: Browse
) -> None:
    await configure(crm, provider, link_by_email=True, create_users=True)
    browser = await browse()
    for claims in LIES:
        provider.claims = claims
        refused = await come(browser, provider)
        assert refused.status_code == 403 and "not valid" in refused.text, claims
    provider.claims = {}
    for signing in ("none", "HS256", "confused"):
        provider.signing = signing
        assert (await come(browser, provider)).status_code == 403, signing
    assert await LoginSession.count() == 0 == await ExternalIdentityRow.count()
    provider.signing = "RS256"
    assert (await come(browser, provider)).status_code == 303


async def test_new_keys_are_fetched_once_and_a_foreign_key_is_refused(
    crm: Crm, anna: UUID, provider: Provider, browse: Browse, clock: TurnableClock
) -> None:
    await configure(crm, provider, link_by_email=True)
    for _ in range(2):
        assert (await come(await browse(), provider)).status_code == 303
    assert provider.calls.count("keys") == 1 == provider.calls.count("metadata")
    provider.key = provider.new_key()
    clock.advance(60)
    assert (await come(await browse(), provider)).status_code == 303
    assert provider.calls.count("keys") == 2
    published, provider.key = provider.key, provider.new_key()
    forged, provider.id_token = provider.id_token("x"), lambda nonce: forged  # type: ignore[method-assign]
    provider.key = published
    assert (await come(await browse(), provider)).status_code == 403
    # Within half a minute the keys are not fetched again, however many such tokens come.
    assert provider.calls.count("keys") == 2


async def test_a_browser_comes_back_by_the_way_it_left_or_not_at_all(
    crm: Crm, anna: UUID, provider: Provider, browse: Browse, clock: TurnableClock
) -> None:
    await configure(crm, provider, link_by_email=True)
    mallory, victim = await browse(), await browse()
    left = await mallory.get("/auth/oidc/start")
    assert "HttpOnly" in left.headers["set-cookie"]
    back = provider.authorize(left.headers["location"])
    # Signing the victim in as somebody else, by a link.
    assert (await victim.get(back)).status_code == 403
    await victim.get("/auth/oidc/start")
    assert (await victim.get(back)).status_code == 403
    assert (await mallory.get(back.replace("state=", "state=x"))).status_code == 403
    assert "token" not in provider.calls
    left = await mallory.get("/auth/oidc/start")
    back = provider.authorize(left.headers["location"])
    clock.advance(601)
    assert (await mallory.get(back)).status_code == 403
    left = await mallory.get("/auth/oidc/start")
    back = provider.authorize(left.headers["location"])
    assert (await mallory.get(back.replace("iss=", "iss=x"))).status_code == 403
    left = await mallory.get("/auth/oidc/start")
    back = provider.authorize(left.headers["location"])
    assert (await mallory.get(back)).status_code == 303
    assert (await mallory.get(back)).status_code == 403


async def test_what_the_provider_says_no_to_is_told(
    crm: Crm, anna: UUID, provider: Provider, browse: Browse
) -> None:
    browser = await browse()
    left = await browser.get("/auth/oidc/start")
    back = provider.authorize(left.headers["location"]).replace("code=", "error=access_denied&x=")
    assert "access_denied" in (await browser.get(back)).text
    left = await browser.get("/auth/oidc/start")
    back = provider.authorize(left.headers["location"]).replace("code=", "error=<b>call+0800</b>&x=")
    refused = await browser.get(back)
    assert refused.status_code == 403 and "0800" not in refused.text
    await configure(crm, provider, client_secret="wrong")
    assert "ID or secret" in (await come(browser, provider)).text


async def test_the_address_is_asked_for_when_the_token_has_none(
    crm: Crm, anna: UUID, provider: Provider, browse: Browse
) -> None:
    await configure(crm, provider, link_by_email=True)
    provider.person = {"sub": "u-9"}
    assert (await come(await browse(), provider)).status_code == 403
    provider.person = {"sub": "u-1"}
    assert (await come(await browse(), provider)).status_code == 303
    assert "userinfo" in provider.calls


async def test_a_provider_that_is_away_or_somebody_else_is_named(
    crm: Crm, provider: Provider, browse: Browse
) -> None:
    found = await check_connection(crm.host.context("oidc"))
    assert found.ok and "/auth/oidc/callback" in str(found.message)
    provider.metadata = {"issuer": "https://evil.example"}
    found = await check_connection(crm.host.context("oidc"))
    assert not found.ok and "evil.example" in str(found.message)
    await configure(crm, provider, issuer="http://127.0.0.1:9/realms/crm")
    refused = await (await browse()).get("/auth/oidc/start")
    assert refused.status_code == 403 and "does not answer" in refused.text


async def test_the_settings_page_saves_and_tests(crm: Crm, provider: Provider, browse: Browse) -> None:
    await crm.accounts.create_user("ada@example.com", "Ada", PASSWORD, role="admin")
    browser = await browse()
    await browser.post("/login", data={"email": "ada@example.com", "password": PASSWORD})
    page = await browser.get("/settings/plugins/oidc")
    assert "Save and test the connection" in page.text
    names = re.findall(r'name="([^"]*(?:issuer|client_id))"', page.text)
    tested = await browser.post(
        "/settings/plugins/oidc",
        data={"then": "test"} | dict(zip(names, [provider.issuer, "crm"], strict=True)),
    )
    assert tested.status_code == 200 and "/auth/oidc/callback" in tested.text
    assert "the client" not in tested.text
