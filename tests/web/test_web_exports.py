"""The export's page and its interface for programs."""

from uuid import UUID

from browsing import Browse
from markup import Page
from story import ADMIN, VIEWER, Story

from crmcore.exporting.run import NewExport
from crmcore.records.query import ListQuery
from crmcore.testing.clock import TurnableClock
from crmcore.views.service import NewView
from crmcore.workspace import Crm


async def test_a_list_becomes_a_file(shop: Crm, story: Story, browse: Browse, clock: TurnableClock) -> None:
    browser = await browse(ADMIN)
    question = ListQuery(q="Anna")
    view = await shop.views.create(
        NewView(name="Annas", record_type="contact", query=question), actor=story.admin
    )
    page = Page((await browser.get("/settings/export")).text)
    assert page.problems() == []
    assert "Annas" in page.shown
    form = {"format": "csv", "headings": "labels", "which": "some", "columns": ["name", "emails"]}
    asked = await browser.post("/settings/export?type=contact", data={**form, "view": str(view.id)})
    assert asked.status_code == 303, Page(asked.text).shown
    assert "data-poll" in (await browser.get("/settings/export")).text
    await shop.worker.drain()
    part = await browser.get("/settings/export", headers={"x-crm-fragment": "1"})
    assert "data-poll" not in part.text
    [link] = [a["href"] for t, a in Page(part.text).tags if t == "a" and a.get("href", "").endswith("/file")]
    answer = await browser.get(link)
    assert answer.headers["content-disposition"].startswith('attachment; filename="contacts-')
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[0] == "Name,E-mail addresses"
    assert lines[1:] == ["Anna Sokolova,anna.s@morgenrot.example"]
    audit = Page((await browser.get("/settings/audit?action=export")).text)
    assert "contacts.csv" in audit.shown

    other = await browse(VIEWER)
    assert (await other.get(link)).status_code in (403, 404)
    clock.advance(8 * 86_400)
    assert await shop.privacy.periods.run() == {"list_exports": 1} | await shop.privacy.periods.run()
    assert (await browser.get(link)).status_code == 404


async def test_what_cannot_be_exported_is_said(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    for sent in (
        {"filter": "{"},
        {"filter": '{"field":"nothing","op":"eq","value":1}'},
        {"which": "some", "columns": "nothing"},
        {"format": "pdf"},
        {"view": "x"},
    ):
        answer = await browser.post("/settings/export?type=contact", data=sent)
        assert answer.status_code == 422, sent
        page = Page(answer.text)
        assert page.problems() == []
        assert 'role="alert"' in answer.text
    filtered = await browser.get("/settings/export?type=company&filter=%7B%7D&q=a")
    assert "Narrowed by the filter of the list" in Page(filtered.text).shown


async def test_one_that_is_deleted_while_it_is_made_leaves_no_file(shop: Crm, story: Story) -> None:
    entry = await shop.export_runs.begin(NewExport(record_type="contact"), actor=story.admin)
    await shop.export_runs.delete(entry.id, actor=story.admin)
    await shop.worker.drain()
    assert list((shop.settings.data_path / "list-exports").glob("*")) == []
    second = await shop.export_runs.begin(NewExport(record_type="contact"), actor=story.admin)
    await shop.export_runs.run(UUID(str(second.id)))
    done = await shop.export_runs.get(second.id, actor=story.admin)
    assert (done.state, done.done) == (
        "done",
        await shop.records.count("contact", ListQuery(), actor=story.admin),
    )
    assert await shop.export_runs.forget_all() == 1
    assert list((shop.settings.data_path / "list-exports").glob("*")) == []
