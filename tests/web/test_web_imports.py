"""The import's pages: a file on its way to records and back."""

import io
import re
import zipfile

from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, VIEWER, Story

from crmcore.records.query import ListQuery
from crmcore.workspace import Crm

PEOPLE = (
    "Имя,Фамилия,E-mail,Размер чашки\n"
    "Вера,Орлова,vera@example.org,large\n"
    "Пётр,,petr@example.org,huge\n"
    "Ася,Ли,not an address,small\n"
)


def address_of(text: str) -> str:
    return next(
        a["action"] for t, a in Page(text).tags if t == "form" and "/settings/import/" in a.get("action", "")
    )


async def test_a_file_is_looked_at_checked_imported_and_taken_back(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    before = await shop.records.count("contact", ListQuery(), actor=story.admin)
    empty = Page((await browser.get("/settings/import")).text)
    assert empty.problems() == []
    sent = await browser.post(
        "/settings/import",
        data={"record_type": "contact"},
        files={"file": ("people.csv", PEOPLE.encode("utf-8"), "text/csv")},
    )
    assert sent.status_code == 303, Page(sent.text).shown
    here = sent.headers["location"]
    answer = await browser.get(here)
    page = Page(answer.text)
    assert page.problems() == []
    chosen = {
        a["name"]: None for t, a in page.tags if t == "select" and a.get("name", "").startswith("column.")
    }
    assert len(chosen) == 4
    offered = re.findall(
        r'<option value="([^"]*)"[^>]*>([^<]*)', answer.text.split('name="column.1"')[1].split("</select>")[0]
    )
    assert len({label for _, label in offered}) == len(offered)
    assert ("company_id", "Company (ID)") in offered
    assert "vera@example.org · petr@example.org · not an address" in page.shown
    assert "1 of the first rows would be refused." in page.shown
    form = {
        "column.0": "first_name",
        "column.1": "last_name",
        "column.2": "emails",
        "column.3": "job_title",
        "duplicates": "update",
    }
    assert 'value="job_title" selected' in (await browser.post(here, data={**form, "then": "preview"})).text

    checked = await browser.post(here, data={**form, "then": "check"})
    assert checked.status_code == 303, Page(checked.text).shown
    waiting = await browser.get(here)
    assert 'http-equiv="refresh"' in waiting.text
    assert "data-poll" in (await browser.get(here, headers={"x-crm-fragment": "1"})).text
    await shop.worker.drain()
    assert "data-poll" not in (await browser.get(here, headers={"x-crm-fragment": "1"})).text
    page = Page((await browser.get(here)).text)
    assert page.problems() == []
    assert "Everything was checked and nothing written." in page.shown
    assert await shop.records.count("contact", ListQuery(), actor=story.admin) == before

    assert (await browser.post(here, data={**form, "then": "start"})).status_code == 303
    await shop.worker.drain()
    page = Page((await browser.get(here)).text)
    assert page.problems() == []
    assert await shop.records.count("contact", ListQuery(), actor=story.admin) == before + 2
    file = await browser.get(f"{here}/errors")
    assert "not an address" in file.text
    assert "E-mail addresses: This is not an e-mail address." in file.text
    assert "Вера" not in file.text
    assert "people.csv" in Page((await browser.get("/settings/import")).text).shown

    assert (await browser.post(f"{here}/undo")).status_code == 303
    await shop.worker.drain()
    page = Page((await browser.get(here)).text)
    assert page.problems() == []
    assert "Taken back" in page.shown
    assert await shop.records.count("contact", ListQuery(), actor=story.admin) == before
    assert (await browser.post(f"{here}/forget")).headers["location"].startswith("/settings/import?")
    assert (await browser.get(here)).status_code == 404


async def test_skipped_rows_are_shown_with_the_contact_they_matched(
    shop: Crm, story: Story, browse: Browse
) -> None:
    known = await shop.records.create(
        "contact", {"first_name": "Ira", "emails": ["ira@example.org"]}, actor=story.admin
    )
    browser = await browse(ADMIN)
    text = "Name,Email\nIra Again,IRA@example.org\n"
    sent = await browser.post(
        "/settings/import", data={"record_type": "contact"}, files={"file": ("a.csv", text.encode())}
    )
    here = sent.headers["location"]
    form = {"column.0": "name", "column.1": "emails", "duplicates": "skip", "then": "check"}
    assert (await browser.post(here, data=form)).status_code == 303
    await shop.worker.drain()
    answer = await browser.get(here)
    page = Page(answer.text)
    assert page.problems() == []
    assert "E-mail addresses: IRA@example.org is known." in page.shown
    assert f'href="/contacts/{known.id}"' in answer.text
    file = await browser.get(f"{here}/errors?rows=skipped")
    assert f"is known.,{known.id}" in file.text


async def test_what_cannot_be_imported_is_said(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("nothing.txt", "no workbook")
    for files, data, expected in (
        ({"file": ("a.xlsx", book.getvalue())}, {"record_type": "contact"}, "a.xlsx"),
        ({"file": ("a.pdf", b"%PDF-1.7 ...")}, {"record_type": "contact"}, "PDF"),
        ({"file": ("", b"")}, {"record_type": "contact"}, "Choose a file."),
        ({"file": ("a.csv", b"Name\nX\n")}, {"record_type": "user"}, "Choose what the rows are."),
    ):
        answer = await browser.post("/settings/import", data=data, files=files)
        assert answer.status_code == 422, answer.text
        assert expected in Page(answer.text).shown
        assert Page(answer.text).problems() == []
    strange = await browser.post(
        "/settings/import", data={"record_type": "contact"}, files={"file": ("a.csv", b"Qwerty,Zxcvb\n1,2\n")}
    )
    answer = await browser.get(strange.headers["location"])
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.problems() == []
    assert "no column of" in page.shown
    assert "Qwerty" in page.shown
    assert (
        await browser.post("/settings/import", content=b"x", headers={"content-type": "text/plain"})
    ).status_code == 400


async def test_only_who_may_import_does(story: Story, browse: Browse) -> None:
    for email in (AGENT, VIEWER):
        browser = await browse(email)
        answer = await browser.get("/settings/import")
        may = 'type="file"' in answer.text
        sent = await browser.post(
            "/settings/import", data={"record_type": "contact"}, files={"file": ("a.csv", b"Name\nX Y\n")}
        )
        assert (sent.status_code == 303) == may


async def test_a_boundary_longer_than_a_line_may_be_is_refused(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    boundary = "b" * 3000
    sent = await browser.post(
        "/settings/import",
        content=f"--{boundary}--".encode(),
        headers={"content-type": f"multipart/form-data; boundary={boundary}"},
    )
    assert sent.status_code == 400, sent.text
