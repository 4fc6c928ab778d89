"""Invitations, sessions, second factors and teams through the API."""

from collections.abc import Callable
from uuid import UUID, uuid4

import httpx2
import pyotp
from api_people import PASSWORD

from crmcore.http.cookies import session_cookie_name
from crmcore.workspace import Crm


async def test_invitations_are_made_sent_again_and_revoked(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient, crm: Crm
) -> None:
    body = {"email": "Boris@example.com", "role": "viewer", "language": "ru"}
    made = await client.post("/api/invitations", json=body)
    assert made.status_code == 201
    assert made.headers["location"] == f"/api/invitations/{made.json()['id']}"
    first = made.json()["link"].rpartition("/")[2]
    listed = (await client.get("/api/invitations")).json()["items"]
    assert [(entry["email"], entry["state"], entry["invited_by"]) for entry in listed] == [
        ("boris@example.com", "open", "Ada Admin")
    ]
    assert first not in str(listed)
    again = await client.post(f"/api/invitations/{made.json()['id']}/send")
    second = again.json()["link"].rpartition("/")[2]
    assert (await crm.invitations.find(second)).email == "boris@example.com" and first != second
    refused = await client.post("/api/invitations", json={"email": "no address", "role": "king"})
    assert [error["path"] for error in refused.json()["errors"]] == ["/email", "/role"]
    assert (await client.post("/api/invitations", json=body | {"active": True})).status_code == 422
    for method, path in (("POST", "/api/invitations"), ("GET", "/api/invitations")):
        denied = await viewer.request(method, path, json=body if method == "POST" else None)
        assert denied.status_code == 403
    assert (await client.delete(f"/api/invitations/{made.json()['id']}")).status_code == 204
    assert (await client.delete(f"/api/invitations/{made.json()['id']}")).status_code == 404
    assert (await client.get("/api/invitations")).json()["items"] == []
    assert (await client.get("/api/invitations?all=true")).json()["items"][0]["state"] == "revoked"


async def test_sessions_are_ones_own(
    browser: httpx2.AsyncClient,
    client: httpx2.AsyncClient,
    connect: Callable[..., httpx2.AsyncClient],
    crm: Crm,
    admin_id: UUID,
) -> None:
    same = {"sec-fetch-site": "same-origin"}
    secret = await crm.accounts.sign_in("ada@example.com", PASSWORD, address="10.0.0.9", user_agent="Phone")
    bo = await crm.accounts.create_user("bo@example.com", "Bo", PASSWORD)
    foreign = await crm.accounts.sign_in("bo@example.com", PASSWORD, address="", user_agent="")
    listed = (await browser.get("/api/sessions")).json()["items"]
    assert {(entry["user_agent"], entry["current"]) for entry in listed} == {
        ("Phone", False),
        ("tests", True),
    }
    [other] = [entry for entry in listed if not entry["current"]]
    [bos] = await crm.accounts.sessions.entries(bo)
    assert (await browser.delete(f"/api/sessions/{bos.id}", headers=same)).status_code == 404
    assert (await browser.delete(f"/api/sessions/{other['id']}", headers=same)).status_code == 204
    assert await crm.accounts.actor_for_session(secret) is None
    secret = await crm.accounts.sign_in("ada@example.com", PASSWORD, address="", user_agent="")
    assert (await browser.delete("/api/sessions", headers=same)).status_code == 204
    assert await crm.accounts.actor_for_session(secret) is None
    assert (await browser.get("/api/me")).status_code == 200
    reader = connect(authorization=f"Bearer {await crm.accounts.create_token(admin_id, '', ['read'])}")
    assert (await reader.get("/api/sessions")).status_code == 403
    assert (await reader.delete("/api/sessions")).status_code == 403
    assert (await client.delete("/api/sessions")).status_code == 204
    assert (await browser.get("/api/me")).status_code == 401
    assert await crm.accounts.actor_for_session(foreign) is not None
    planted = connect(cookie=f"{session_cookie_name(crm.settings)}=planted")
    assert (await planted.get("/api/sessions")).status_code == 401


async def test_administrators_help_whoever_may_no_more_than_they(
    client: httpx2.AsyncClient, connect: Callable[..., httpx2.AsyncClient], crm: Crm, admin_id: UUID
) -> None:
    bo = await crm.accounts.create_user("bo@example.com", "Bo", PASSWORD)
    totp = pyotp.TOTP((await crm.second_factors.begin(bo)).secret)
    await crm.second_factors.confirm(bo, totp.at(crm.clock()))
    session = await crm.accounts.sessions.open(bo, "")
    link = (await client.post(f"/api/users/{bo}/reset-link")).json()["link"]
    assert await crm.password_resets.redeem(link.rpartition("/")[2], "violet tractor umbrella") == bo
    assert await crm.accounts.actor_for_session(session) is None
    session = await crm.accounts.sessions.open(bo, "")
    assert (await client.delete(f"/api/users/{bo}/sessions")).status_code == 204
    assert await crm.accounts.actor_for_session(session) is None
    assert (await client.delete(f"/api/users/{bo}/second-factor")).status_code == 204
    assert not await crm.second_factors.is_on(bo)
    assert (await client.post(f"/api/users/{uuid4()}/reset-link")).status_code == 404

    token = await crm.accounts.create_token(admin_id, "", ["user.read", "user.write"])
    clerk = connect(authorization=f"Bearer {token}")
    for method, what in (("POST", "reset-link"), ("DELETE", "sessions"), ("DELETE", "second-factor")):
        denied = await clerk.request(method, f"/api/users/{admin_id}/{what}")
        assert denied.status_code == 403, what


async def test_a_user_is_in_the_teams_that_are_said(client: httpx2.AsyncClient, crm: Crm) -> None:
    bo = await crm.accounts.create_user("bo@example.com", "Bo", PASSWORD)
    one, two = [
        (await client.post("/api/teams", json={"name": name})).json()["id"] for name in ("One", "Two")
    ]
    await client.patch(f"/api/users/{bo}", json={"team_id": one})
    assert (await client.get(f"/api/users/{bo}/teams")).json()["items"] == [
        {"team_id": one, "team_name": "One", "lead": False}
    ]
    put = await client.put(f"/api/users/{bo}/teams", json={"teams": [{"team_id": two, "lead": True}]})
    assert put.json()["items"] == [{"team_id": two, "team_name": "Two", "lead": True}]
    assert (await client.get(f"/api/users/{bo}")).json()["team"] is None
    body = {"teams": [{"team_id": two}, {"team_id": str(uuid4())}]}
    refused = await client.put(f"/api/users/{bo}/teams", json=body)
    assert [error["path"] for error in refused.json()["errors"]] == ["/teams/1/team_id"]
    assert len((await client.get(f"/api/users/{bo}/teams")).json()["items"]) == 1
