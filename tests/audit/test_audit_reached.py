"""The audit over HTTP, as a page and from the command line."""

import json
import sqlite3
from contextlib import closing
from uuid import UUID

import httpx2
import pytest
from crmcore_shell import Shell

from crmcore.http.app import create_app
from crmcore.http.cookies import session_cookie_name
from crmcore.workspace import Crm

PASSWORD = "correct horse battery staple"


@pytest.fixture
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("shell"))


async def _client(crm: Crm, role: str) -> httpx2.AsyncClient:
    user: UUID = await crm.accounts.create_user(f"{role}@example.com", role.title(), PASSWORD, role=role)
    token = await crm.accounts.create_token(user, "tests", ["all"])
    secret = await crm.accounts.sign_in(f"{role}@example.com", PASSWORD, address="127.0.0.1", user_agent="t")
    app = create_app(crm, start=False, worker=False)
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),  # type: ignore[arg-type]
        base_url="http://127.0.0.1:8000",
        headers={
            "Authorization": f"Bearer {token}",
            "X-Cookie": f"{session_cookie_name(crm.settings)}={secret}",
        },
    )


async def test_administrators_read_export_and_verify(crm: Crm) -> None:
    async with await _client(crm, "admin") as admin:
        for name in ("Лена", "=1+1"):
            made = await admin.post("/api/contacts", json={"first_name": name})
            assert made.status_code == 201
        page = (await admin.get("/api/audit?record_type=contact&limit=1")).json()
        following = await admin.get(f"/api/audit?record_type=contact&limit=1&cursor={page['next']}")
        assert page["items"][0]["changes"]["first_name"] == [None, "=1+1"]
        assert following.json()["items"][0]["changes"]["first_name"] == [None, "Лена"]
        lines = (await admin.get("/api/audit/export?record_type=contact")).text.splitlines()
        assert [json.loads(line)["actor_label"] for line in lines] == ["Admin · tests"] * 2
        table = (await admin.get("/api/audit/export?format=csv&action=export")).text
        assert "audit" in table.splitlines()[1]
        verdict = (await admin.get("/api/audit/verify")).json()
        assert verdict["sound"] and len(verdict["head"]) == 64
        assert (await admin.get(f"/api/audit/verify?expect={verdict['head']}")).json()["found_expected"]
        for bad in ("since=x", "record_id=1", "cursor=x", "limit=0", "action=" + "a" * 65):
            assert (await admin.get(f"/api/audit?{bad}")).status_code in (400, 404, 422), bad
        assert (await admin.get("/api/audit/verify?expect=zz")).status_code == 422


async def test_nobody_else_does(crm: Crm) -> None:
    for role in ("agent", "viewer"):
        async with await _client(crm, role) as other:
            for path in ("/api/audit", "/api/audit/export", "/api/audit/verify", "/settings/audit"):
                assert (await other.get(path)).status_code == 403, path


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_page_shows_filters_and_verifies(crm: Crm, language: str) -> None:
    async with await _client(crm, "admin") as client:
        await client.post("/api/contacts", json={"first_name": "<b>Лена</b>"})
        headers = {
            "Cookie": client.headers["X-Cookie"],
            "Accept-Language": language,
            "Sec-Fetch-Site": "same-origin",
        }
        del client.headers["Authorization"]
        page = await client.get("/settings/audit?kind=contact", headers=headers)
        assert page.status_code == 200 and "&lt;b&gt;Лена&lt;/b&gt;" in page.text
        assert "<b>Лена" not in page.text
        # The entry says which record it is about, and leads there.
        assert " · &lt;b&gt;Лена&lt;/b&gt;</div>" in page.text
        none = await client.get("/settings/audit?kind=contact&from=2001-01-01&to=2001-01-02", headers=headers)
        assert "Лена" not in none.text
        done = await client.post("/settings/audit/verify", headers=headers)
        assert done.status_code == 200 and (await crm.audit.chain.seal()) == 0
        saved = await client.get("/settings/audit/export?kind=contact", headers=headers)
        assert saved.headers["content-disposition"].startswith("attachment")


def test_the_command_names_what_was_changed(shell: Shell) -> None:
    shell.ok("user", "add", "anna@example.com", "--role", "admin", "--password", PASSWORD)
    first = json.loads(shell.ok("audit", "verify", "--json"))
    assert first["sound"] and first["entries"] > 0
    assert "as they were written" in shell.ok("audit", "verify", "--expect", first["head"])
    assert json.loads(shell.ok("audit", "export").splitlines()[0])["record_type"] == "user"
    with closing(sqlite3.connect(shell.folder / "data" / "crm.sqlite")) as database:
        database.execute("UPDATE history SET actor_label = 'nobody'")
        database.commit()
    done = shell.run("audit", "verify")
    assert done.returncode == 1 and "changed" in done.stdout and "NOT" in done.stdout
