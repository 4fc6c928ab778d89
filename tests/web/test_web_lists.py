"""Lists: narrowed, sorted, kept as views, changed in many rows; company pages, merging side by side, duplicates."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, VIEWER, Story

from crmcore.accounts.role import NewRole, RoleLabel
from crmcore.contracts.fields import CustomField
from crmcore.views.tables import ListChoice
from crmcore.workspace import Crm


def rows(text: str) -> list[str]:
    """Return the titles of the rows that the page lists."""
    return re.findall(r'class="c-row c-cover" href="[^"]*">.*?<b>([^<]*)</b>', text)


def ids(text: str) -> list[str]:
    return re.findall(r'name="id" value="([^"]+)"', text)


async def company(shop: Crm, story: Story, **document: Any) -> str:
    return str((await shop.records.create("company", document, actor=story.admin)).id)


async def follow(browser: httpx2.AsyncClient, answer: httpx2.Response) -> httpx2.Response:
    assert answer.status_code == 303, Page(answer.text).shown
    return await browser.get(answer.headers["location"])


async def test_filter_is_put_together_without_scripts(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    form = await browser.get("/contacts/filter?add=custom.customer_type")
    assert form.status_code == 200
    assert 'name="f0" value="custom.customer_type"' in form.text
    two = "f0=custom.customer_type&o0=in&v0=cafe&f1=created_at&o1=last&v1=7&u1=day&do=apply"
    found = await follow(browser, await browser.get(f"/contacts/filter?{two}"))
    assert rows(found.text) == ["Anna Sokolova"]
    page = Page(found.text)
    assert "Customer type is one of Café" in page.shown
    assert "Created is in the last 7 days" in page.shown
    # Taking one condition away leaves the other.
    chip = next(a["href"] for t, a in page.tags if t == "a" and a.get("class") == "c-chip-x")
    assert len(rows((await browser.get(chip)).text)) == 7
    named = await follow(
        browser, await browser.get("/contacts/filter?f0=owner_id&o0=eq&v0=anna admin&do=apply")
    )
    assert rows(named.text) == []
    assert "Owner is Anna Admin" in Page(named.text).shown
    wrong = await browser.get(
        "/contacts/filter?f0=custom.beans&o0=gt&v0=many&f1=owner_id&o1=eq&v1=Nobody&do=apply"
    )
    assert wrong.status_code == 422
    assert "Write a number." in wrong.text
    assert "Nothing is called so" in wrong.text
    two = await browser.get("/contacts/filter?f0=custom.beans&o0=gt&v0=1,500&do=apply")
    assert (two.status_code, "1500 or 1500.50" in two.text) == (422, True)
    more = await follow(
        browser, await browser.get("/contacts/filter?f0=custom.beans&o0=gte&v0=31,5&do=apply")
    )
    assert rows(more.text) == ["Anna Sokolova"]


async def test_order_pages_and_columns_are_remembered(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    for number in range(60):
        await shop.records.create(
            "contact", {"first_name": "P", "last_name": f"Q{number:02}"}, actor=story.admin
        )
    first = (await browser.get("/contacts")).text
    assert ">67<" in first
    assert len(rows(first)) == 50
    following = re.findall(r'href="(/contacts\?view=all&amp;cursor=[^"]*)"', first)[-1].replace("&amp;", "&")
    second = (await browser.get(following)).text
    assert len(rows(second)) == 17
    assert not set(ids(first)) & set(ids(second))
    down = rows((await browser.get("/contacts?sort=-last_name")).text)
    assert down[:2] == ["Игорь Литвинов", "Светлана Ким"]
    sent = {"do": "columns", "column": ["job_title", "custom.beans"], "sort": "-last_name", "view": "all"}
    moved = await follow(browser, await browser.post("/contacts/view", data=sent | {"down": "job_title"}))
    heads = [a["href"] for t, a in Page(moved.text).tags if t == "a" and a.get("class") == "c-sort"]
    assert heads == ["/contacts?view=all&sort=last_name", "/contacts?view=all&sort=custom.beans"]
    shown = Page((await browser.get("/contacts")).text.split("<thead>")[1].split("</thead>")[0]).shown
    assert shown.index("Beans, kg/month") < shown.index("Job title")
    assert rows((await browser.get("/contacts")).text) == down
    assert (
        "Beans"
        not in (await (await browse(VIEWER)).get("/contacts")).text.split("<table")[1].split("</thead>")[0]
    )
    await follow(browser, await browser.post("/contacts/view", data={"do": "usual", "view": "all"}))
    assert "E-mail addresses" in (await browser.get("/contacts")).text.split("<table")[1].split("</thead>")[0]
    assert await ListChoice.count() == 1


async def test_views_are_made_shared_changed_and_opened_first(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser, other = await browse(AGENT), await browse(VIEWER)
    asked = {
        "filter": '{"field":"custom.customer_type","op":"eq","value":"cafe"}',
        "sort": "-created_at",
        "view": "all",
    }
    nameless = await browser.post("/contacts/view", data=asked | {"do": "new", "name": " "})
    assert nameless.status_code == 400
    made = await browser.post("/contacts/view", data=asked | {"do": "new", "name": "Кофейни"})
    listed = await follow(browser, made)
    assert rows(listed.text) == ["Anna Sokolova"]
    place = made.headers["location"].split("&")[0]
    view = parse_qs(urlsplit(place).query)["view"][0]
    assert "Кофейни" not in (await other.get("/contacts")).text
    columns = await browser.post(
        "/contacts/view", data={"do": "columns", "column": ["language"], "view": view}
    )
    assert "Язык" in (await follow(browser, columns)).text.split("</thead>")[0]
    saved = {"do": "save", "name": "Кафе", "shared": "1", "view": view}
    assert "Кафе" in (await follow(browser, await browser.post("/contacts/view", data=saved))).text
    theirs = await other.get(place)
    assert rows(theirs.text) == ["Anna Sokolova"]
    refused = await other.post("/contacts/view", data=saved | {"name": "Mine"})
    assert refused.status_code == 403
    await other.post("/contacts/view", data={"do": "first", "view": view})
    assert rows((await other.get("/contacts")).text) == ["Anna Sokolova"]
    assert len(rows((await other.get("/contacts?view=all")).text)) == 7
    await follow(browser, await browser.post("/contacts/view", data={"do": "delete", "view": view}))
    assert len(rows((await other.get("/contacts")).text)) == 7


async def test_chosen_rows_are_changed_exported_and_changed_back(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    chosen = [str(id) for id in story.contacts[:3]]
    form = await browser.post("/contacts/bulk", data={"do": "change", "id": chosen})
    assert Page(form.text).problems() == []
    assert "Change 3 records" in form.text
    work = {
        "id": chosen,
        "pick": ["owner_id", "custom.beans"],
        "owner_id": "Максим Орлов",
        "custom.beans": "7",
    }
    begun = await browser.post("/contacts/bulk/begin", data=work | {"add_tags": "Fair, Berlin"})
    run = await follow(browser, begun)
    assert "Were changed3" in Page(run.text).shown
    document = (await shop.records.get("contact", story.contacts[0], actor=story.admin)).document
    assert (document["owner"]["name"], document["custom"]["beans"]) == ("Максим Орлов", 7)
    assert document["tags"] == ["Berlin", "Fair", "VIP"]
    await follow(browser, await browser.post(begun.headers["location"] + "/undo"))
    document = (await shop.records.get("contact", story.contacts[0], actor=story.admin)).document
    assert (document["owner"], document["custom"]["beans"], document["tags"]) == (None, 32, ["VIP"])
    taken = {"id": chosen, "pick": "emails", "emails": "anna.s@morgenrot.example", "do": "change"}
    refused = await follow(browser, await browser.post("/contacts/bulk/begin", data=taken))
    assert "Another contact has anna.s@morgenrot.example already." in Page(refused.text).shown
    assert "Refused2" in Page(refused.text).shown
    nobody = await browser.post("/contacts/bulk/begin", data=work | {"owner_id": "Nobody at all"})
    assert nobody.status_code == 422
    file = await browser.post("/contacts/bulk", data={"do": "csv", "id": chosen})
    assert file.headers["content-disposition"] == 'attachment; filename="contacts.csv"'
    assert len(file.text.strip().splitlines()) == 4
    every = await browser.post("/contacts/bulk", data={"do": "csv", "everything": "1", "q": "sokol"})
    assert len(every.text.strip().splitlines()) == 2
    gone = await browser.post("/contacts/bulk/begin", data={"do": "delete", "everything": "1", "q": "sokol"})
    assert "Were deleted1" in Page((await follow(browser, gone)).text).shown
    assert len(rows((await browser.get("/contacts?view=all")).text)) == 6
    await browser.post(gone.headers["location"] + "/undo")
    assert len(rows((await browser.get("/contacts?view=all")).text)) == 7
    viewer = await browse(VIEWER)
    assert (await viewer.post("/contacts/bulk", data={"do": "change", "id": chosen})).status_code == 403
    assert (await viewer.get(begun.headers["location"])).status_code == 404


async def test_one_field_where_it_stands_and_two_people_at_once(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser, id = await browse(ADMIN), story.contacts[0]
    page = (await browser.get(f"/contacts/{id}")).text
    assert f'href="/contacts/{id}/fields/job_title"' in page
    address = f"/contacts/{id}/fields/job_title"
    version = re.findall(r'name="version" value="(\d+)"', (await browser.get(address)).text)[0]
    await shop.records.update("contact", id, {"job_title": "Manager", "gender": "f"}, actor=story.agent)
    both = await browser.post(address, data={"version": version, "job_title": "Director"})
    assert both.status_code == 409
    assert "Saved meanwhile by Максим Орлов: Manager" in Page(both.text).shown
    now = re.findall(r'name="version" value="(\d+)"', both.text)[0]
    saved = await browser.post(address, data={"version": now, "job_title": "Director"})
    assert "done=saved" in saved.headers["location"]
    document = (await shop.records.get("contact", id, actor=story.admin)).document
    assert (document["job_title"], document["gender"]) == ("Director", "f")
    wrong = await browser.post(f"/contacts/{id}/fields/emails", data={"version": now, "emails": "nothing"})
    assert wrong.status_code == 422
    assert (await browser.get(f"/contacts/{id}/fields/ip_address")).status_code == 404


async def test_company_pages_and_merging_side_by_side(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    made = await browser.post(
        "/companies/new", data={"name": "Morgenrot", "domain": "morgenrot.example", "tags": "Key"}
    )
    page = await follow(browser, made)
    assert "morgenrot.example" in page.text
    here = made.headers["location"].split("?")[0]
    twin = await company(shop, story, name="Morgenrot GmbH", domain="morgenrot.example", phone="+49 30 1")
    await shop.records.update("contact", story.contacts[0], {"company_id": twin}, actor=story.admin)
    theirs = Page((await browser.get(f"/companies/{twin}")).text)
    assert "Anna Sokolova" in theirs.shown
    for tabs in (theirs, Page((await browser.get(f"/contacts/{story.contacts[0]}")).text)):
        assert "Conversations 1" in tabs.shown
        assert "Tasks 2" in tabs.shown
    assert "Contacts 1" in theirs.shown
    for tab, words in (
        ("timeline", "Grinder"),
        ("conversations", "Grinder"),
        ("tasks", "Call back before 12:00"),
    ):
        assert words in (await browser.get(f"/companies/{twin}?tab={tab}")).text
    assert "Has the same domain" in (await browser.get(here)).text
    side = await browser.get(f"{here}/merge?other={twin}")
    assert Page(side.text).problems() == []
    merged = await browser.post(f"{here}/merge", data={"other": twin, "choice name": "merged"})
    one = await follow(browser, merged)
    assert "Companies merged" in one.text
    shown = Page((await browser.get(here)).text).shown
    assert "Morgenrot GmbH" in shown
    assert "Anna Sokolova" in shown
    assert (await browser.get(f"/companies/{twin}")).headers["location"] == here
    undo = re.findall(rf'action="({here}/merges/[^"]+/undo)"', one.text)[0]
    assert "Merge undone" in (await follow(browser, await browser.post(undo))).text
    assert "+49 30 1" in (await browser.get(f"/companies/{twin}")).text
    assert rows((await browser.get("/companies?q=morgenrot")).text) == [
        "Café Morgenrot",
        "Morgenrot",
        "Morgenrot GmbH",
    ]


async def test_duplicates_are_searched_shown_and_decided(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    for email in ("rita.meyer@example.com", "rita.meyer@example.org"):
        person = {"first_name": "Rita", "last_name": "Meyer", "emails": [email], "company": "Acme"}
        await shop.records.create("contact", person, actor=story.admin)
    begun = await follow(browser, await browser.post("/contacts/duplicates/scan"))
    assert "Search for duplicates" in begun.text
    await shop.worker.drain()
    page = (await browser.get("/contacts/duplicates")).text
    assert Page(page).problems() == []
    assert "% likely" in page
    merge = re.findall(r'href="(/contacts/[^"]+/merge\?other=[^"]+)"', page)[0].replace("&amp;", "&")
    assert "rita" in (await browser.get(merge)).text.casefold()
    dismiss = re.findall(r'action="(/contacts/[^"]+/dismiss)"', page)[0]
    back = await browser.post(dismiss, data={"back": "/contacts/duplicates"})
    assert "Nothing to decide" in (await follow(browser, back)).text
    again = (await browser.get("/contacts/duplicates?state=dismissed")).text
    reopen = re.findall(r'action="(/contacts/duplicates/[^"]+/reopen)"', again)[0]
    assert "% likely" in (await follow(browser, await browser.post(reopen))).text


async def test_hidden_fields_are_no_columns_filters_or_forms(shop: Crm, story: Story, browse: Browse) -> None:
    secret = CustomField(record_type="contact", key="iban", label="Account number", filterable=True)
    await shop.fields.create(secret, actor=story.admin)
    rules = {"contact": {"job_title": "hidden", "custom.iban": "hidden"}}
    permissions = ["contact.read", "contact.write", "view.write"]
    new = NewRole(key="narrow", label=RoleLabel(en="N", ru="N"), permissions=permissions, fields=rules)
    await shop.roles.create(new, actor=story.admin)
    await shop.accounts.create_user("n@example.com", "N", "correct horse battery", role="narrow")
    browser = await browse("n@example.com")
    text = (await browser.get("/contacts?view=all")).text
    assert "Account number" not in text
    assert "Job title" not in text
    form = await browser.post("/contacts/bulk", data={"do": "change", "id": [str(story.contacts[0])]})
    assert "Account number" not in form.text
    assert (await browser.get(f"/contacts/{story.contacts[0]}/fields/job_title")).status_code == 404
    sneaky = (
        await browser.get(
            "/contacts?view=all&sort=-created_at&filter=" + '{"field":"job_title","op":"empty"}'
        )
    ).text
    assert "Not everything that this address asks for is possible" in sneaky


async def test_lists_are_sorted_by_custom_fields(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    few = await shop.records.create(
        "contact", {"first_name": "Zoe", "custom": {"beans": 4}}, actor=story.admin
    )
    for sort, first in (("custom.beans", "Zoe"), ("-custom.beans", "Anna Sokolova")):
        answer = await browser.get(f"/contacts?view=all&sort={sort}")
        assert rows(answer.text)[0] == first
        assert set(rows(answer.text)[:2]) == {"Zoe", "Anna Sokolova"}
        assert f'<option value="{sort}" selected' in answer.text
    chosen = {"do": "columns", "column": ["custom.beans", "emails"], "sort": "custom.beans"}
    columns = await browser.post("/contacts/view", data=chosen)
    page = Page((await follow(browser, columns)).text)
    assert page.problems() == []
    assert any("sort=-custom.beans" in a.get("href", "") for t, a in page.tags if a.get("class") == "c-sort")
    view = {"name": "By beans", "record_type": "contact", "query": {"sort": "-custom.beans", "limit": 1}}
    made = await browser.post("/api/views", json=view)
    assert made.status_code == 201, made.text
    found = (await browser.get(f"/api/views/{made.json()['id']}/records")).json()
    assert [item["name"] for item in found["items"]] == ["Anna Sokolova"]
    following = {"sort": "-custom.beans", "limit": 1, "cursor": found["next"]}
    second = (await browser.get("/api/contacts", params=following)).json()
    assert [item["id"] for item in second["items"]] == [str(few.id)]
    refused = await browser.get("/api/contacts?sort=custom.nothing")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_sort")
