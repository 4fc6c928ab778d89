"""The settings of roles, as forms without any script."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

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


def as_shown(text: str) -> list[tuple[str, str]]:
    """Return what a browser sends when the form of the role is saved as it is."""
    form = text[
        text.index('action="/settings/roles/desk"') : text.index("</form>", text.index("fields-hint"))
    ]
    names = {
        name: html.unescape(value) for name, value in re.findall(r'name="([a-z_]+)" value="([^"]*)"', form)
    }
    pairs = [(name, names[name]) for name in ("version", "label_en", "label_ru")]
    for name, options in re.findall(r'<select[^>]* name="([^"]+)".*?>(<option.*?)</select>', form):
        pairs += [(name, value) for value in re.findall(r'value="([^"]*)" selected', options)]
    pairs += [(name, "1") for name in re.findall(r'name="(may:[^"]+)" value="1" checked', form)]
    return [*pairs, ("fields", re.findall(r"<textarea[^>]*>\n?(.*?)</textarea>", form, re.DOTALL)[0])]


async def test_an_untouched_form_changes_nothing_and_a_touched_one_only_that(
    client: httpx2.AsyncClient,
) -> None:
    role: dict[str, Any] = {
        "key": "desk",
        "label": {"en": "Desk", "ru": "Стол"},
        "permissions": ["contact.*", "message.*", "tag.read", "user.read", "*.post", "job.*"],
        "rows": {"*": "own", "contact.read": "team"},
    }
    assert (await client.post("/api/roles", json=role)).status_code == 201

    async def stored() -> dict[str, Any]:
        found: dict[str, Any] = (await client.get("/api/roles/desk")).json()
        return {name: found[name] for name in ("permissions", "rows", "fields", "label", "released")}

    async def save(pairs: list[tuple[str, str]]) -> None:
        sent = await client.post(
            "/settings/roles/desk",
            content=urlencode(pairs),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert sent.status_code == 303, sent.text

    before = await stored()
    shown = as_shown((await client.get("/settings/roles/desk")).text)
    assert {"user.read", "tag.read", "message.read", "message.write"} <= {
        name for name, value in shown if value
    }
    assert (
        ("contact.read", "team") in shown
        and ("contact.write", "own") in shown
        and ("user.read", "all") in shown
    )
    await save(shown)
    assert await stored() == before
    shown = as_shown((await client.get("/settings/roles/desk")).text)
    await save([(name, "" if name == "message.delete" else value) for name, value in shown])
    after = await stored()
    assert after["rows"] == before["rows"]
    kept = set(before["permissions"]) - {"message.*"} | {"message.read", "message.write"}
    assert set(after["permissions"]) == kept
    page = (await client.get("/settings/roles/desk")).text
    assert "See background work" in page and "Desk</h2>" in page
