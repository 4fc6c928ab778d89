"""The first run in the pages, and general settings that are changed there."""

from pathlib import Path

import httpx2
from browsing import Browse
from markup import Page
from story import ADMIN, PASSWORD, Story

from crmcore.audit.query import AuditQuery
from crmcore.contracts.actors import system_actor
from crmcore.general.choices import GeneralChoices
from crmcore.http.app import create_app
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

SYSTEM = system_actor("tests")


def visitor(crm: Crm, language: str = "en") -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=create_app(crm, start=False, worker=False)),
        base_url="http://127.0.0.1:8000",
        headers={"accept": "text/html", "accept-language": language, "sec-fetch-site": "same-origin"},
    )


async def test_the_first_person_ends_with_a_working_form(crm: Crm) -> None:
    async with visitor(crm, "ru") as browser:
        assert "crmcore serve" in Page((await browser.get("/login")).text).shown
        for wrong in ("/setup/x", crm.first_run.path + "x"):
            assert (await browser.get(wrong)).headers["location"] == "/login"
        first = Page((await browser.get(crm.first_run.path)).text)
        assert first.problems() == []
        assert "Создайте учётную запись" in first.shown
        person = {"email": "no address", "name": "", "password": "short", "time_zone": "Mars/Base"}
        refused = await browser.post(crm.first_run.path, data=person)
        assert refused.status_code == 422
        wrong_ones = {a.get("name") for _, a in Page(refused.text).tags if a.get("aria-invalid") == "true"}
        assert wrong_ones == {"email", "name", "password", "time_zone"}
        person = {"email": "olga@example.com", "name": "Ольга", "password": PASSWORD, "language": "ru"}
        made = await browser.post(crm.first_run.path, data=person)
        assert made.headers["location"] == "/setup/workspace"

        text = (await browser.get("/setup/workspace")).text
        page = Page(text)
        assert page.problems() == []
        assert '<option value="ru" selected>' in text
        bad = await browser.post("/setup/workspace", data={"name": " ", "time_zone": "Nowhere"})
        assert bad.status_code == 422
        assert Page(bad.text).problems() == []
        sent = {"name": "Полярный кофе", "language": "ru", "time_zone": "Europe/Moscow", "colour": "teal"}
        named = await browser.post("/setup/workspace", data=sent)
        assert named.headers["location"] == "/setup/channel"
        page = Page((await browser.get("/setup/channel")).text)
        assert page.problems() == []
        assert "Полярный кофе" in page.shown
        ready = await browser.post("/setup/channel", data={"name": "Форма"})
        assert ready.headers["location"] == "/setup?done=channel_ready"
        answer = await browser.get(ready.headers["location"])
        assert answer.status_code == 200
        assert "Открыть" in Page(answer.text).shown
        [account] = await crm.channel_accounts.list(actor=SYSTEM)
        assert account["config"]["language"] == "ru"
        page = Page(answer.text)
        assert page.problems() == []
        assert "data-colour" in answer.text
        form = next(a["href"] for t, a in page.tags if t == "a" and a.get("href", "").startswith("/f/"))
        assert (await browser.get(form)).status_code == 200
        # The link is of no use to anybody any more.
        assert crm.settings.name == "Полярный кофе"
        assert crm.jobs.time_zone == "Europe/Moscow"
    async with visitor(crm) as browser:
        assert (await browser.get(crm.first_run.path)).headers["location"] == "/login"
        again = await browser.post(crm.first_run.path, data=person | {"email": "eve@example.com"})
        assert again.headers["location"] == "/login"
        assert "crmcore serve" not in Page((await browser.get("/login")).text).shown
    entries, _ = await crm.audit.page(AuditQuery(), actor=SYSTEM)
    assert [entry.subject for entry in entries if entry.record_type == "settings"] == ["general"]


async def test_what_the_settings_say_is_not_changed_in_the_page(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    page = Page((await browser.get("/settings/general")).text)
    assert "CRMCORE_NAME" in page.shown
    refused = await browser.post("/settings/general/choices", data={"name": "Other"})
    assert refused.status_code == 422
    assert "CRMCORE_NAME" in Page(refused.text).shown
    for sent in ({"colour": "red"}, {"base_url": "ftp://x"}, {"time_zone": "Mars/Base"}, {"language": "de"}):
        answer = await browser.post("/settings/general/choices", data=sent)
        assert answer.status_code == 422, sent
        assert Page(answer.text).problems() == []
    chosen = {"base_url": "https://crm.example/", "colour": "violet", "time_zone": "Asia/Tokyo"}
    assert (await browser.post("/settings/general/choices", data=chosen)).status_code == 303
    assert shop.settings.base_url == "https://crm.example"
    assert shop.settings.name == "Polar Coffee"


async def test_choices_are_there_after_a_restart(
    database_url: str, tmp_path: Path, clock: TurnableClock
) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, clock=clock, entry_points=[])
    await crm.start()
    with crm.bound():
        await crm.general.change(GeneralChoices(name="Morgenrot", language="ru"), actor=SYSTEM)
    await crm.stop()
    again = Crm.build(settings, clock=clock, entry_points=[])
    assert (again.settings.name, again.settings.language) == ("Morgenrot", "ru")
    said = Crm.build(
        WorkspaceSettings(data_dir=settings.data_dir, database_url=database_url, name="File"),
        entry_points=[],
    )
    assert (said.settings.name, said.settings.language) == ("File", "ru")
