"""The settings of roles, as forms without any script."""

from collections.abc import Callable
from typing import Any

import httpx2

from crmcore.workspace import Crm


async def test_a_role_is_made_changed_and_deleted_by_forms(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient
) -> None:
    listed = await client.get("/settings/roles")
    assert listed.status_code == 200 and "Viewer" in listed.text
    bad = await client.post("/settings/roles", data={"key": "No Good", "label_en": "x", "label_ru": "x"})
    assert bad.status_code == 422 and "No Good" in bad.text
    made = await client.post("/settings/roles", data={"key": "desk", "label_en": "Desk", "label_ru": "Стол"})
    assert (made.status_code, made.headers["location"]) == (303, "/settings/roles/desk?done=role_added")
    sent = {
        "label_en": "Desk",
        "label_ru": "Стол",
        "contact.read": "team",
        "contact.write": "own",
        "message.read": "all",
        "may:export.read": "1",
        "fields": "contact.notes hidden\ncontact.gender read_only\n",
    }
    saved = await client.post("/settings/roles/desk", data=sent | {"version": "1"})
    assert saved.status_code == 303
    role: dict[str, Any] = (await client.get("/api/roles/desk")).json()
    assert role["permissions"] == ["contact.read", "contact.write", "export.read", "message.read"]
    assert role["rows"] == {"contact.read": "team", "contact.write": "own"}
    assert role["fields"] == {"contact": {"notes": "hidden", "gender": "read_only"}}
    page = await client.get("/settings/roles/desk")
    assert '<option value="team" selected>' in page.text and "contact.notes hidden" in page.text
    stale = await client.post("/settings/roles/desk", data=sent | {"version": "1"})
    assert stale.status_code == 409
    wrong = await client.post("/settings/roles/desk", data=sent | {"fields": "contact.horn hidden"})
    assert wrong.status_code == 422 and "horn" in wrong.text
    assert (await viewer.get("/settings/roles")).status_code == 403
    gone = await client.post("/settings/roles/desk/delete")
    assert (gone.status_code, gone.headers["location"]) == (303, "/settings/roles?done=role_deleted")
    assert (await client.get("/settings/roles/desk")).status_code == 404


async def test_a_built_in_role_is_given_back_what_it_came_with(client: httpx2.AsyncClient) -> None:
    sent = {"label_en": "Viewer", "label_ru": "Наблюдатель", "contact.read": "all"}
    assert (await client.post("/settings/roles/viewer", data=sent)).status_code == 303
    assert (await client.get("/api/roles/viewer")).json()["permissions"] == ["contact.read"]
    assert (await client.post("/settings/roles/viewer", data=sent | {"release": "1"})).status_code == 303
    assert (await client.get("/api/roles/viewer")).json()["released"] is True
    refused = await client.post("/settings/roles/admin", data=sent)
    assert refused.status_code == 409


async def test_what_a_role_may_not_do_is_not_offered(
    crm: Crm, connect: Callable[..., httpx2.AsyncClient], viewer: httpx2.AsyncClient
) -> None:
    page = (await viewer.get("/contacts")).text
    assert "/contacts/new" not in page
    settings = (await viewer.get("/settings/profile")).text
    assert "/settings/roles" not in settings
