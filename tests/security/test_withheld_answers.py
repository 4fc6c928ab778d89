"""A kept answer is given again only to who may no less than when it was made, and nothing happens twice."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from test_roles import client_of, role

from crmcore.workspace import Crm

Connect = Callable[..., httpx2.AsyncClient]
KEY = {"Idempotency-Key": "once"}
LENA = {"first_name": "Lena", "job_title": "Secret agent"}
MAY = ["contact.read", "contact.write"]


@pytest.mark.parametrize(
    "less",
    [
        {"permissions": ["contact.write"]},
        {"rows": {"contact.read": "own"}},
        {"fields": {"contact": {"job_title": "hidden"}}},
    ],
    ids=["permissions", "rows", "fields"],
)
async def test_who_may_less_now_is_not_answered_again(
    client: httpx2.AsyncClient, connect: Connect, crm: Crm, less: dict[str, Any]
) -> None:
    await client.post("/api/roles", json=role("clerk", *MAY))
    clerk = await client_of(crm, connect, "clara", "clerk")
    first = await clerk.post("/api/contacts", json=LENA, headers=KEY)
    assert first.status_code == 201
    assert (await client.patch("/api/roles/clerk", json=less)).status_code == 200
    withheld = await clerk.post("/api/contacts", json=LENA, headers=KEY)
    assert (withheld.status_code, withheld.json()["code"]) == (403, "answer_withheld")
    assert b"agent" not in withheld.content
    more = {"permissions": [*MAY, "company.read"], "rows": {}, "fields": {}}
    assert (await client.patch("/api/roles/clerk", json=more)).status_code == 200
    again = await clerk.post("/api/contacts", json=LENA, headers=KEY)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert (await client.get("/api/contacts?total=true")).json()["total"] == 1


async def test_a_token_with_fewer_scopes_does_not_get_the_answer_of_another(
    client: httpx2.AsyncClient, connect: Connect, crm: Crm
) -> None:
    id = await crm.accounts.create_user(
        "ben@example.com", "Ben", "correct horse battery staple", role="admin"
    )
    wide = connect(authorization=f"Bearer {await crm.accounts.create_token(id, '', ['all'])}")
    narrow = connect(authorization=f"Bearer {await crm.accounts.create_token(id, '', ['contact.write'])}")
    assert (await wide.post("/api/contacts", json=LENA, headers=KEY)).status_code == 201
    answer = await narrow.post("/api/contacts", json=LENA, headers=KEY)
    assert answer.json().get("code", "made") in ("answer_withheld", "made"), answer.text
    assert "Idempotent-Replayed" not in answer.headers
