"""Roles: stored, changed while people work, and never more than who gives them has."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from crmcore.workspace import Crm

Connect = Callable[..., httpx2.AsyncClient]
PASSWORD = "correct horse battery staple"


async def client_of(crm: Crm, connect: Connect, name: str, role: str) -> httpx2.AsyncClient:
    id = await crm.accounts.create_user(f"{name}@example.com", name.title(), PASSWORD, role=role)
    return connect(authorization=f"Bearer {await crm.accounts.create_token(id, '', ['all'])}")


def role(key: str, *permissions: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": {"en": key, "ru": key}, "permissions": list(permissions), **more}


async def test_the_built_in_roles_are_there_and_stay(client: httpx2.AsyncClient) -> None:
    found = (await client.get("/api/roles")).json()
    assert [(item["key"], item["built_in"], item["released"]) for item in found["items"]] == [
        (key, True, True) for key in ("admin", "agent", "viewer")
    ]
    assert {scope["key"] for scope in found["row_scopes"]} == {"own", "team"}
    for key in ("admin", "agent", "viewer"):
        answer = await client.delete(f"/api/roles/{key}")
        assert (answer.status_code, answer.json()["code"]) == (409, "built_in")
    assert (await client.patch("/api/roles/admin", json={"permissions": []})).status_code == 409
    assert (await client.get("/api/roles/nobody")).status_code == 404


async def test_a_role_counts_from_the_next_request(
    client: httpx2.AsyncClient, connect: Connect, crm: Crm
) -> None:
    made = await client.post("/api/roles", json=role("reader", "contact.read"))
    assert made.status_code == 201 and made.headers["location"] == "/api/roles/reader"
    rita = await client_of(crm, connect, "rita", "reader")
    assert (await rita.get("/api/contacts")).status_code == 200
    assert (await rita.get("/api/companies")).status_code == 403
    changed = await client.patch("/api/roles/reader", json={"permissions": ["company.read"], "version": 1})
    assert changed.json()["version"] == 2
    assert (await rita.get("/api/contacts")).status_code == 403
    assert (await rita.get("/api/companies")).status_code == 200
    stale = await client.patch("/api/roles/reader", json={"permissions": [], "version": 1})
    assert (stale.status_code, stale.json()["current"]["version"]) == (409, 2)
    in_use = await client.delete("/api/roles/reader")
    assert (in_use.status_code, in_use.json()["code"]) == (409, "in_use")


async def test_a_built_in_role_is_changed_and_given_back(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient
) -> None:
    narrowed = await client.patch("/api/roles/viewer", json={"permissions": ["task.read"]})
    assert narrowed.json()["released"] is False
    assert (await viewer.get("/api/contacts")).status_code == 403
    again = await client.patch("/api/roles/viewer", json={"permissions": None})
    assert again.json()["released"] is True
    assert (await viewer.get("/api/contacts")).status_code == 200


@pytest.mark.parametrize(
    ("bad", "path", "code"),
    [
        ({"permissions": ["contact.fly"]}, "/permissions/0", "unknown_permission"),
        ({"permissions": ["unicorn.read"]}, "/permissions/0", "unknown_permission"),
        ({"rows": {"contact.read": "mine"}}, "/rows/contact.read", "unknown_scope"),
        ({"rows": {"unicorn.read": "own"}}, "/rows/unicorn.read", "unknown_pattern"),
        ({"rows": {"contact.fly": "own"}}, "/rows/contact.fly", "unknown_pattern"),
        ({"rows": {"message.read": "own"}}, "/rows/message.read", "follows"),
        ({"rows": {"tag.read": "own"}}, "/rows/tag.read", "shared"),
        ({"fields": {"unicorn": {"name": "hidden"}}}, "/fields/unicorn", "unknown_type"),
        ({"fields": {"contact": {"horn": "hidden"}}}, "/fields/contact/horn", "unknown_field"),
        ({"fields": {"contact": {"name": "hidden"}}}, "/fields/contact/name", "needed"),
        ({"fields": {"contact": {"custom.horn": "hidden"}}}, "/fields/contact/custom.horn", "unknown_field"),
        ({"key": "agent"}, "/key", "taken"),
    ],
)
async def test_what_means_nothing_is_refused(
    client: httpx2.AsyncClient, bad: dict[str, Any], path: str, code: str
) -> None:
    answer = await client.post("/api/roles", json={**role("reader", "contact.read"), **bad})
    assert answer.status_code == 422
    assert [(error["path"], error["code"]) for error in answer.json()["errors"]] == [(path, code)]


async def test_nobody_gives_more_than_he_has(client: httpx2.AsyncClient, connect: Connect, crm: Crm) -> None:
    """Somebody who manages users and roles makes himself no administrator, by no way there is."""
    manager = role("manager", "user.read", "user.write", "role.read", "role.write", "contact.read")
    assert (await client.post("/api/roles", json=manager)).status_code == 201
    mary = await client_of(crm, connect, "mary", "manager")
    me = (await mary.get("/api/me")).json()["id"]
    admin = (await client.get("/api/me")).json()["id"]
    refused = [
        await mary.patch(f"/api/users/{me}", json={"role": "admin"}),
        await mary.patch(f"/api/users/{admin}", json={"email": "mine@example.com"}),
        await mary.patch(f"/api/users/{admin}", json={"active": False}),
        await mary.put(f"/api/users/{admin}/password", json={"password": "purple monkey dishwasher 7"}),
        await mary.post("/api/users", json={"email": "x@example.com", "name": "X", "role": "agent"}),
        await mary.post("/api/roles", json=role("king", "*")),
        await mary.patch("/api/roles/manager", json={"permissions": ["*"]}),
        await mary.patch("/api/roles/agent", json={"permissions": ["contact.read"]}),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert {answer.json()["code"] for answer in refused} == {"more_than_own"}
    allowed = await mary.post("/api/roles", json=role("lesser", "contact.read"))
    assert allowed.status_code == 201
    made = await mary.post("/api/users", json={"email": "x@example.com", "name": "X", "role": "lesser"})
    assert made.status_code == 201
    unknown = await mary.patch(f"/api/users/{made.json()['id']}", json={"role": "nobody"})
    assert unknown.status_code == 422


async def test_who_is_narrowed_makes_no_role_that_is_not(
    client: httpx2.AsyncClient, connect: Connect, crm: Crm
) -> None:
    own = role("own_lead", "contact.read", "role.read", "role.write", rows={"*": "own"})
    assert (await client.post("/api/roles", json=own)).status_code == 201
    olga = await client_of(crm, connect, "olga", "own_lead")
    assert (await olga.post("/api/roles", json=role("wide", "contact.read"))).status_code == 403
    same = await olga.post("/api/roles", json=role("same", "contact.read", rows={"*": "own"}))
    assert same.status_code == 201
    assert (await olga.patch("/api/roles/same", json={"rows": {"*": "all"}})).status_code == 403
