from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx2
import pytest

from crmcore.accounts.tables import ApiToken
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

Connect = Callable[..., httpx2.AsyncClient]


async def test_a_token_is_made_used_listed_and_revoked(client: httpx2.AsyncClient, connect: Connect) -> None:
    made = await client.post("/api/tokens", json={"name": "Shop", "scopes": ["inbound.post", "contact.read"]})
    assert made.status_code == 201
    token = made.json()["token"]
    program = connect(authorization=f"Bearer {token}")
    assert (await program.get("/api/contacts")).status_code == 200
    assert (await program.get("/api/me")).json()["permissions"] == ["contact.read", "inbound.post"]
    listed = await client.get("/api/tokens")
    assert token not in listed.text
    assert made.json()["id"] in [item["id"] for item in listed.json()["items"]]
    assert token not in str(await ApiToken.select())
    assert (await client.delete(made.headers["Location"])).status_code == 204
    assert (await program.get("/api/contacts")).status_code == 401


async def test_a_token_expires(client: httpx2.AsyncClient, connect: Connect, clock: TurnableClock) -> None:
    expires_at = (clock() + timedelta(seconds=60)).isoformat()
    assert (
        await client.post("/api/tokens", json={"scopes": ["read"], "expires_at": "2026-01-01"})
    ).status_code == 422
    made = await client.post("/api/tokens", json={"scopes": ["read"], "expires_at": expires_at})
    program = connect(authorization=f"Bearer {made.json()['token']}")
    assert (await program.get("/api/contacts")).status_code == 200
    clock.advance(61)
    assert (await program.get("/api/contacts")).status_code == 401


async def test_an_unknown_scope_is_refused_with_the_known_ones(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/tokens", json={"scopes": ["contacts"]})
    (entry,) = answer.json()["errors"]
    assert (answer.status_code, entry["path"]) == (422, "/scopes")
    assert "contact.read|write|delete" in entry["message"]


@pytest.mark.parametrize(
    "scopes", [["all"], ["read"], ["*.write"], ["user.write"], ["token.write", "contact.write"]]
)
async def test_a_token_never_makes_a_mightier_one(
    client: httpx2.AsyncClient, connect: Connect, scopes: list[str]
) -> None:
    made = await client.post("/api/tokens", json={"scopes": ["token.write", "contact.read"]})
    program = connect(authorization=f"Bearer {made.json()['token']}")
    count = await ApiToken.count()
    refused = await program.post("/api/tokens", json={"scopes": scopes})
    assert (refused.status_code, refused.json()["code"]) == (403, "more_than_own")
    assert await ApiToken.count() == count
    assert (await program.post("/api/tokens", json={"scopes": ["contact.read"]})).status_code == 201


async def test_nobody_revokes_or_lists_what_others_have(
    client: httpx2.AsyncClient, crm: Crm, connect: Connect
) -> None:
    mine = await client.post("/api/tokens", json={"scopes": ["token.write"]})
    program = connect(authorization=f"Bearer {mine.json()['token']}")
    other = await crm.accounts.create_user("bo@example.com", "Bo", None, role="agent")
    await crm.accounts.create_token(other, "theirs", ["read"])
    (theirs,) = await crm.accounts.list_tokens(other)
    assert (await program.delete(f"/api/tokens/{theirs.id}")).status_code == 404
    assert (await program.delete(f"/api/tokens/{uuid4()}")).status_code == 404
    assert (await program.get("/api/tokens?all=true")).status_code == 403
    assert "theirs" not in (await client.get("/api/tokens")).text
    assert "theirs" in (await client.get("/api/tokens?all=true")).text
    assert (await client.delete(f"/api/tokens/{theirs.id}")).status_code == 204


async def test_a_password_is_set_and_never_shown(client: httpx2.AsyncClient, crm: Crm) -> None:
    made = await client.post("/api/users", json={"email": "bo@example.com", "name": "Bo", "role": "agent"})
    address = f"/api/users/{made.json()['id']}/password"
    assert (await client.put(address, json={"password": "short"})).status_code == 422
    assert (await client.put(address, json={"password": "a long enough phrase"})).status_code == 204
    await crm.accounts.sign_in("bo@example.com", "a long enough phrase", address="::1", user_agent="")
    assert (
        await client.put(f"/api/users/{uuid4()}/password", json={"password": "a long phrase"})
    ).status_code == 404
    history = await client.get(f"/api/users/{made.json()['id']}/history")
    assert "phrase" not in history.text
