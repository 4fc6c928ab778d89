"""A sensitive value over HTTP and on pages: a mask for everybody, the value for who may see it and says why."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from api_people import PASSWORD

from crmcore import CustomField, system_actor
from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

CLEAR, MASK = "AB-536904399", "•••• 4399"
FORM = {"field": "ssn", "reason": "form W-9"}


@pytest.fixture
async def crm(database_url: str, tmp_path: Path) -> AsyncIterator[Crm]:
    """A workspace with a sensitive field."""
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, entry_points=[EntryPoint("sensitive", "sensitive_plugin", "crmcore")])
    await crm.start()
    try:
        with crm.bound():
            field = CustomField(record_type="contact", key="ssn", label="SSN", format="sensitive-number")
            await crm.fields.create(field, actor=system_actor())
            yield crm
    finally:
        await crm.stop()


@pytest.fixture
async def person(client: httpx2.AsyncClient) -> str:
    """The address of a contact with a value."""
    made = await client.post("/api/contacts", json={"first_name": "Anna", "custom": {"ssn": CLEAR}})
    assert made.status_code == 201, made.text
    assert made.json()["custom"] == {"ssn": MASK}
    return f"/api/contacts/{made.json()['id']}"


async def test_the_value_is_told_once_and_remembered(
    client: httpx2.AsyncClient, viewer: httpx2.AsyncClient, person: str
) -> None:
    listed = (await client.get("/api/contacts")).text
    assert CLEAR not in listed and MASK in listed
    answer = await client.post(f"{person}/reveal", json=FORM)
    assert (answer.status_code, answer.json()) == (200, {"field": "custom.ssn", "value": CLEAR})
    assert answer.headers["cache-control"] == "no-store"
    history = (await client.get(f"{person}/history")).json()["items"]
    assert (history[0]["action"], history[0]["reason"]) == ("reveal", "form W-9")
    assert CLEAR not in repr(history)
    refused = await viewer.post(f"{person}/reveal", json=FORM)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    for body in ({"field": "ssn"}, {"field": "first_name", "reason": "x"}, {"field": "ssn", "reason": "  "}):
        assert (await client.post(f"{person}/reveal", json=body)).status_code == 422
    unknown = f"/api/contacts/{UUID(int=5)}/reveal"
    assert (await client.post(unknown, json=FORM)).status_code == 404
    for _ in range(19):
        await client.post(f"{person}/reveal", json=FORM)
    slow = await client.post(f"{person}/reveal", json=FORM)
    assert slow.status_code == 429 and int(slow.headers["retry-after"]) <= 61


async def test_a_refused_value_is_not_repeated(client: httpx2.AsyncClient, person: str) -> None:
    wrong = await client.patch(person, json={"custom": {"ssn": "XY-536904399"}})
    assert wrong.status_code == 422 and "536904399" not in wrong.text
    asked = await client.get(
        "/api/contacts", params={"filter": '{"field":"custom.ssn","op":"eq","value":"1"}'}
    )
    assert asked.status_code == 422


async def test_the_page_shows_it_without_a_script(crm: Crm, client: httpx2.AsyncClient, person: str) -> None:
    id = person.rsplit("/", 1)[1]
    app = create_app(crm, start=False, worker=False)
    await crm.accounts.create_user("agent@example.com", "Agent", PASSWORD, role="agent")
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
    for email, may in (("ada@example.com", True), ("agent@example.com", False)):
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8000", headers=headers
        ) as browser:
            await browser.post("/login", data={"email": email, "password": PASSWORD})
            page = (await browser.get(f"/contacts/{id}")).text
            assert MASK in page and CLEAR not in page
            assert (f'action="/contacts/{id}/reveal"' in page) is may
            assert (">Show</button>" in page) is may
            answer = await browser.post(f"/contacts/{id}/reveal", data=FORM)
            assert answer.status_code == (200 if may else 403)
            assert (CLEAR in answer.text) is may
            # A form over the record sends the mask back, and nothing is lost.
            edit = {"first_name": "Anna", "last_name": "B", "custom.ssn": MASK}
            saved = await browser.post(f"/contacts/{id}/edit", data=edit)
            assert saved.status_code == 303, saved.text
            if may:
                told = await browser.post(f"/contacts/{id}/reveal", data={"field": "ssn", "reason": ""})
                assert told.status_code == 422 and "Say why you need the value." in told.text
    assert (await client.post(f"{person}/reveal", json=FORM)).json()["value"] == CLEAR
