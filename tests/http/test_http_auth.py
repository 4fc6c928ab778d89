import re
from collections.abc import Callable
from uuid import uuid4

import httpx2
import pytest
from api_people import ADDRESS, PASSWORD
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from crmcore.accounts.roles import ROLES
from crmcore.contracts.actors import Actor
from crmcore.http.cookies import session_cookie, session_cookie_name
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def test_every_route_is_closed_unless_it_says_otherwise(
    app: Litestar, anonymous: httpx2.AsyncClient
) -> None:
    public = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if not isinstance(handler, HTTPRouteHandler) or "operation" not in handler.opt:
                continue
            operation = handler.opt["operation"]
            if operation.public or operation.signed:
                public.add((operation.method, operation.path))
                continue
            assert bool(operation.permission) != operation.anyone, operation.id
            address = operation.path.replace("{id:str}", "0193a2f4-7c1e-7d3a-9b7e-0f4c5d6e7f80")
            address = (
                address.replace("{name:str}", "core")
                .replace("{account:str}", "x")
                .replace("{type:str}", "contact")
            )
            answer = await anonymous.request(operation.method, address)
            assert answer.status_code == 401, f"{operation.id}: {answer.text}"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert public == {
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        # For a token with metrics.read, or the addresses of metrics_from: by default nobody's.
        ("GET", "/metrics"),
        ("POST", "/hooks/{account:str}"),
        ("GET", "/hooks/{account:str}"),
    }


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer crm_wrong",
        "Basic YWRhOmFkYQ==",
        "Bearer " + "x" * 5000,
        "Token crm_x",
        "Bearer crm_\xe9",
        "Bearer a b c",
    ],
)
async def test_a_wrong_token_is_nobody(anonymous: httpx2.AsyncClient, header: str) -> None:
    answer = await anonymous.get("/api/me", headers={b"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


async def test_a_wrong_token_beside_a_good_cookie_is_nobody(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/api/me")).status_code == 200
    assert (await browser.get("/api/me", headers={"Authorization": "Bearer crm_wrong"})).status_code == 401


async def test_the_scheme_is_read_in_any_case(client: httpx2.AsyncClient) -> None:
    token = client.headers["Authorization"].partition(" ")[2]
    assert (await client.get("/api/me", headers={"Authorization": f"bEaReR  {token}"})).status_code == 200


async def test_me_tells_who_asks(client: httpx2.AsyncClient, browser: httpx2.AsyncClient) -> None:
    me = (await client.get("/api/me")).json()
    assert (me["kind"], me["permissions"], me["workspace"]) == ("token", ["*"], "crmcore")
    assert (await browser.get("/api/me")).json()["kind"] == "user"


async def test_a_missing_permission_is_named_and_changes_nothing(
    viewer: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    refused = await viewer.post(
        "/api/contacts", json={"first_name": "Lena"}, headers={"Accept-Language": "ru"}
    )
    assert refused.status_code == 403
    assert refused.json()["detail"] == "Для этого нужно право «contact.write»."
    assert (await client.get("/api/contacts")).json()["items"] == []


async def test_a_token_may_only_what_its_scopes_say(
    crm: Crm, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient
) -> None:
    made = await client.post("/api/tokens", json={"name": "reader", "scopes": ["contact.read"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    assert (await anonymous.get("/api/contacts", headers=headers)).status_code == 200
    assert (await anonymous.get("/api/companies", headers=headers)).status_code == 403
    assert (
        await anonymous.post("/api/contacts", json={"first_name": "L"}, headers=headers)
    ).status_code == 403


async def test_a_session_ends(crm: Crm, browser: httpx2.AsyncClient, clock: TurnableClock) -> None:
    assert (await browser.get("/api/me")).status_code == 200
    clock.advance(400 * 86_400)
    assert (await browser.get("/api/me")).status_code == 401


def test_the_cookie_is_bound_to_its_host_where_there_is_https() -> None:
    secure = WorkspaceSettings(base_url="https://crm.example.com")
    cookie = session_cookie(secure, "s3cret").to_header(header="")
    assert session_cookie_name(secure) == "__Host-crm_session"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert session_cookie_name(WorkspaceSettings(base_url=ADDRESS)) == "crm_session"


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_every_role_may_exactly_what_it_says(
    role: str, app: Litestar, crm: Crm, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    """All routes × all roles: a route that needs a permission is closed to who has it not, and open to who has."""
    id = await crm.accounts.create_user("bo@example.com", "Bo", None, role=role)
    client = connect(authorization=f"Bearer {await crm.accounts.create_token(id, '', ['all'])}")
    me = await client.get("/api/me")
    permissions = frozenset(me.json()["permissions"])
    actor = Actor(kind="token", permissions=permissions)
    for operation in app.state.operations:
        if not operation.permission:
            continue
        address = re.sub(r"\{id:str\}", str(uuid4()), operation.path)
        address = re.sub(r"\{\w+:\w+\}", "nobody", address)
        answer = await client.request(operation.method, address, json={"nonsense": 1})
        refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
        assert refused is not actor.may(operation.permission), f"{role}: {operation.id} {answer.text}"


async def test_a_user_is_answered_in_their_language(
    crm: Crm, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    id = await crm.accounts.create_user("bo@example.com", "Bo", PASSWORD, role="viewer", language="ru")
    program = connect(authorization=f"Bearer {await crm.accounts.create_token(id, '', ['all'])}")
    secret = await crm.accounts.sign_in("bo@example.com", PASSWORD, address="::1", user_agent="")
    browser = connect(cookie=f"{session_cookie_name(crm.settings)}={secret}")
    english = {"Accept-Language": "en"}
    missing = f"/api/contacts/{uuid4()}"
    assert (await program.get(missing)).json()["title"] == "Не найдено"
    assert (await program.get(missing, headers=english)).json()["title"] == "Not found"
    assert (await browser.get(missing, headers=english)).json()["title"] == "Не найдено"
