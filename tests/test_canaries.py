"""A day with secrets: written, refused, searched, merged, rotated. Afterwards they are nowhere to be read."""

import base64
import logging
import os
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx2
import pytest
from canaries import CANARIES, Cage
from posting import api_account, drained, post

from crmcore import CustomField, system_actor
from crmcore.contacts.tables import Contact
from crmcore.http.app import create_app
from crmcore.secrets import new_key
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

ADMIN = system_actor()
CARD, SSN = CANARIES["card number"], CANARIES["social security number"]


@pytest.fixture
async def crm(database_url: str, tmp_path: Path) -> AsyncIterator[Crm]:
    """A workspace with a sensitive field."""
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, entry_points=[EntryPoint("sensitive", "sensitive_plugin", "crmcore")])
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()


async def test_no_canary_gets_out(crm: Crm, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    field = CustomField(
        record_type="contact", key="ssn", label="SSN", format="sensitive-number", filterable=True
    )
    await crm.fields.create(field, actor=ADMIN)
    user = await crm.accounts.create_user("ada@example.com", "Ada", CANARIES["password"], role="admin")
    token = await crm.accounts.create_token(user, "canary", ["all"])
    secret = {
        "reply_url": "https://shop.example/replies",
        "signing_secret": f"whsec_{base64.b64encode(os.urandom(30)).decode()}",
    }
    cage = Cage([*CANARIES.values(), token, secret["signing_secret"].removeprefix("whsec_")])
    await api_account(crm, config=secret)
    app = create_app(crm, start=False, worker=False)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://127.0.0.1:8000",
        headers={"authorization": f"Bearer {token}", "idempotency-key": "canary-1"},
    ) as client:
        made = await client.post(
            "/api/contacts", json={"first_name": "A", "emails": ["a@example.com"], "custom": {"ssn": SSN}}
        )
        person = f"/api/contacts/{made.json()['id']}"
        client.headers.pop("idempotency-key")
        answers = [
            made,
            await client.get(person),
            await client.get("/api/contacts", params={"q": SSN[3:]}),
            await client.get(f"{person}/history"),
            await client.patch(person, json={"custom": {"ssn": f"x{SSN}"}}),
            await client.patch(person, json={"custom": {"ssn": [SSN]}}),
            await client.patch(person, json={"custom": {"ssn": {"a": SSN}}}),
            await client.get("/api/channel-accounts"),
            await client.get("/api/tokens"),
            await client.get("/api/search", params={"q": "Anna"}),
        ]
        await post(crm, email="b@example.com", text=f"My card is {CARD}", contact_custom={"ssn": f"x{SSN}"})
        await post(crm, email="a@example.com", text="card " + " ".join(CARD), contact_custom={"ssn": SSN})
        await drained(crm)
        (other,) = [
            item["id"]
            for item in (await client.get("/api/contacts")).json()["items"]
            if "b@example.com" in item["emails"]
        ]
        answers.append(await client.post(f"/api/contacts/{other}/merge", json={"merged": made.json()["id"]}))
        shown = await client.post(f"/api/contacts/{other}/reveal", json={"field": "ssn", "reason": "x"})
        assert shown.json()["value"] == SSN, shown.text
        for path in (
            "/api/conversations",
            "/api/inbound-deliveries",
            f"/contacts/{other}",
            "/inbox",
            "/api/jobs",
        ):
            answers.append(await client.get(path))
    crm.keys.add(new_key())
    await crm.rotation.run()
    for answer in answers:
        assert answer.status_code < 500, answer.text
        cage.look(f"answer of {answer.request.url}", answer.content)
    for record in caplog.records:
        cage.look(f"log of {record.name}", record.getMessage() + repr(record.__dict__))
    await cage.look_into(crm, Contact)
    assert cage.seen == [], "\n".join(cage.seen)
