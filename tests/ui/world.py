"""Fills a workspace with one of everything that a page shows, through the pages' own forms and the JSON API."""

from typing import Any

import httpx2
import pyotp
from story import ADMIN, PASSWORD, Story, tell

from crmcore.http.app import create_app
from crmcore.workspace import Crm

RUSSIAN_ADMIN, WITH_CODE, TO_ENROL = "olga@example.com", "otto@example.com", "vic@example.com"
PEOPLE = "First name,Last name,E-mail\nVera,Ilyina,vera@example.org\nPetr,,not an address\n"


async def fill(crm: Crm) -> dict[str, str]:
    """Tell the story, add what it lacks, and return what the tests have to know, by name."""
    story = await tell(crm)
    await crm.accounts.create_user(
        RUSSIAN_ADMIN, "Ольга Смирнова", PASSWORD, role="admin", language="ru", time_zone="Europe/Moscow"
    )
    await crm.accounts.create_user(WITH_CODE, "Otto Weiss", PASSWORD, role="agent")
    app: Any = create_app(crm, start=False, worker=False)
    async with _client(app) as browser:
        await _entered(browser, ADMIN)
        known = await _filled(crm, story, browser)
    async with _client(app) as browser:
        await _entered(browser, WITH_CODE)
        begun = (await browser.post("/api/me/second-factor", json={"password": PASSWORD})).json()
        code = pyotp.TOTP(begun["secret"]).now()
        confirmed = await browser.post("/api/me/second-factor/confirm", json={"code": code})
        assert confirmed.status_code < 300, confirmed.text
    return known


def _client(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://127.0.0.1:8000",
        headers={"accept-language": "en", "sec-fetch-site": "same-origin"},
    )


async def _entered(browser: httpx2.AsyncClient, email: str) -> None:
    answer = await browser.post("/login", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text


async def _filled(crm: Crm, story: Story, browser: httpx2.AsyncClient) -> dict[str, str]:
    async def sent(address: str, data: dict[str, Any] | None = None, **more: Any) -> str:
        answer = await browser.post(address, data=data or {}, **more)
        # What shows a secret once answers with the page itself.
        assert answer.status_code in (200, 303), (address, answer.status_code, answer.text[-3000:])
        return str(answer.headers.get("location", ""))

    async def asked(address: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await browser.post(address, json=body)
        assert answer.status_code < 300, (address, answer.text)
        made: dict[str, Any] = answer.json()
        return made

    await sent("/companies/new", {"name": "Café Morgenrot", "domain": "morgenrot.example", "tags": "Key"})
    await sent("/companies/new", {"name": "Cafe Morgenrot GmbH", "domain": "morgenrot.test"})
    twin = {
        "first_name": "Anya",
        "last_name": "Sokolova",
        "emails": "anna@sokolova.example",
        "phones": "8 30 555 01 99",
    }
    twin_page = await sent("/contacts/new", twin)
    await sent("/settings/webhooks", {"url": "https://hooks.example/crm", "which": "all"})
    await sent(
        "/settings/canned",
        {"title": "On its way", "shortcut": "way", "text": "It is on its way.", "shared": "true"},
    )
    await sent("/settings/tags", {"name": "Loyal"})
    await sent("/settings/teams", {"name": "Support"})
    imported = await sent(
        "/settings/import",
        {"record_type": "contact"},
        files={"file": ("people.csv", PEOPLE.encode(), "text/csv")},
    )
    mapping = {
        "column.0": "first_name",
        "column.1": "last_name",
        "column.2": "emails",
        "duplicates": "update",
    }
    await sent(imported, mapping | {"then": "start"})
    run = await sent(
        "/contacts/bulk/begin", {"id": [str(story.contacts[1])], "pick": ["job_title"], "job_title": "Buyer"}
    )
    await sent("/settings/export?type=contact", {"which": "all"})
    await asked("/api/tokens", {"name": "Shop", "scopes": ["inbound.post", "contact.read"]})
    role = {"key": "auditor", "label": {"en": "Auditor", "ru": "Аудитор"}, "permissions": ["contact.read"]}
    await asked("/api/roles", role)
    await asked("/api/duplicates/scan", {})
    invited = await asked(
        "/api/invitations", {"email": "boris@example.com", "name": "Boris", "role": "agent"}
    )
    reset = await asked(f"/api/users/{story.ids['agent']}/reset-link", {})
    connection = await crm.channel_accounts.create("shop", "Till", {}, actor=story.admin, slug="till")
    later = await crm.jobs.enqueue(
        "core", "send_message", {"message": str(story.conversations[0])}, delay_s=9e6
    )
    await crm.worker.drain()
    companies = (await browser.get("/api/companies")).json()["items"]
    contact = story.contacts[0]
    twin_id = twin_page.rpartition("/")[2].partition("?")[0]
    return {
        "conversation": str(story.conversations[0]),
        "contact": str(contact),
        "company": companies[0]["id"],
        "invitation": _path(invited["link"]),
        "reset": _path(reset["link"]),
        "bulk": run,
        "merge": f"/contacts/{contact}/merge?other={twin_id}",
        "merge_companies": f"/companies/{companies[0]['id']}/merge?other={companies[-1]['id']}",
        "import": imported,
        "job": str(later),
        "connection": str(connection),
    }


def _path(link: str) -> str:
    return "/" + link.split("/", 3)[3]
