"""Contacts in forms: making, changing, and two people changing at once."""

from typing import Any
from uuid import UUID

import httpx2
import msgspec
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, Story

from crmcore import CustomField
from crmcore.workspace import Crm


async def filled(browser: httpx2.AsyncClient, address: str) -> dict[str, Any]:
    """Return the form at ``address`` as a browser would send it back unchanged."""
    text = (await browser.get(address)).text
    return values_in(text)


def values_in(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    main = text[text.index("<main") : text.index("</main>")]
    for tag, attributes in Page(main).tags:
        name = attributes.get("name", "")
        if attributes.get("type") == "file":
            continue
        checkable = attributes.get("type") in ("checkbox", "radio")
        if tag == "input" and name and name != "q" and (not checkable or "checked" in attributes):
            values[name] = attributes.get("value", "")
    for part in main.split("<textarea ")[1:]:
        name = part.split('name="')[1].split('"')[0]
        values[name] = part.split(">", 1)[1].split("</textarea>")[0].removeprefix("\n")
    for part in main.split("<select ")[1:]:
        name = part.split('name="')[1].split('"')[0]
        chosen = part.split("</select>")[0].split(" selected")
        values[name] = chosen[0].rsplit('value="', 1)[1].split('"')[0] if len(chosen) > 1 else ""
    return values


async def test_new_contact(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(AGENT)
    data = await filled(browser, "/contacts/new")
    data |= {"first_name": "Рита", "emails": "rita@example.com\r\nr@example.com", "custom.beans": "12,5"}
    answer = await browser.post("/contacts/new", data=data)
    assert answer.status_code == 303, Page(answer.text).shown
    id = answer.headers["location"].split("?")[0].rsplit("/", 1)[1]
    stored = await shop.records.get("contact", story.contacts[0].__class__(id), actor=story.admin)
    assert stored.document["emails"] == ["rita@example.com", "r@example.com"]
    assert stored.document["custom"]["beans"] == 12.5
    assert "consent" not in stored.document["custom"]
    assert "Контакт создан" in (await browser.get(answer.headers["location"])).text


async def test_errors_stand_beside_their_fields(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    data = await filled(browser, "/contacts/new")
    data |= {"first_name": "Rita", "emails": "no address", "custom.beans": "-1", "custom.opening": "soon"}
    answer = await browser.post("/contacts/new", data=data)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.problems() == []
    bad = {a["name"] for t, a in page.tags if a.get("aria-invalid") == "true"}
    assert bad == {"emails", "custom.beans", "custom.opening"}
    assert "no address" in answer.text
    assert 'href="#f-custom-beans"' in answer.text
    assert "3 values are not acceptable:" in page.shown
    fields = [a["name"] for t, a in page.tags if a.get("id", "").startswith("f-") and a.get("name")]
    links = [a["href"] for t, a in page.tags if t == "a" and a.get("href", "").startswith("#f-")]
    assert links == [anchor for name in fields if (anchor := f"#f-{name.replace('.', '-')}") in links]
    assert len(links) == 3


async def test_saving_changes_only_what_was_changed(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    id = story.contacts[0]
    before = await shop.records.get("contact", id, actor=story.admin)
    data = await filled(browser, f"/contacts/{id}/edit")
    unchanged = await browser.post(f"/contacts/{id}/edit", data=data)
    assert "done=unchanged" in unchanged.headers["location"]
    data |= {"job_title": "Director", "custom.consent": ""}
    saved = await browser.post(f"/contacts/{id}/edit", data=data)
    assert "done=saved" in saved.headers["location"]
    after = await shop.records.get("contact", id, actor=story.admin)
    assert after.version == before.version + 1
    assert after.document["job_title"] == "Director"
    assert after.document["custom"] == before.document["custom"] | {"consent": False}
    history = await shop.records.history("contact", id, actor=story.admin, limit=1)
    assert set(history[0].changes) == {"job_title", "custom.consent"}


async def test_both_values_are_shown_when_two_people_change_one_field(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    id = story.contacts[0]
    mine = await filled(browser, f"/contacts/{id}/edit")
    await shop.records.update(
        "contact", id, {"job_title": "Manager", "gender": "f", "custom": {"beans": 40}}, actor=story.agent
    )
    mine |= {"job_title": "Director", "first_name": "Ann"}
    answer = await browser.post(f"/contacts/{id}/edit", data=mine)
    assert answer.status_code == 409
    page = Page(answer.text)
    assert page.problems() == []
    assert "Saved meanwhile by Максим Орлов: Manager" in page.shown
    again = values_in(answer.text)
    assert again["job_title"] == "Director"
    assert again["gender"] == "f"
    assert again["custom.beans"] == "40"
    taken = await browser.post(f"/contacts/{id}/edit", data=again | {"take": "job_title"})
    assert taken.status_code == 409
    with_theirs = values_in(taken.text)
    assert with_theirs["job_title"] == "Manager"
    saved = await browser.post(f"/contacts/{id}/edit", data=again)
    assert saved.status_code == 303
    after = await shop.records.get("contact", id, actor=story.admin)
    assert after.document["job_title"] == "Director"
    assert after.document["first_name"] == "Ann"
    assert after.document["custom"]["beans"] == 40


async def test_changes_of_others_in_other_fields_do_not_disturb(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    id = story.contacts[0]
    mine = await filled(browser, f"/contacts/{id}/edit")
    await shop.records.update("contact", id, {"gender": "f"}, actor=story.agent)
    answer = await browser.post(f"/contacts/{id}/edit", data=mine | {"job_title": "Director"})
    assert answer.status_code == 303
    after = await shop.records.get("contact", id, actor=story.admin)
    assert (after.document["gender"], after.document["job_title"]) == ("f", "Director")


async def test_field_of_a_plugin_cannot_be_written(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    id = story.contacts[0]
    data = await filled(browser, f"/contacts/{id}/edit")
    answer = await browser.post(f"/contacts/{id}/edit", data=data | {"custom.shop_tier": "gold"})
    assert "done=unchanged" in answer.headers["location"]
    assert "Filled in by the plugin “shop”" in (await browser.get(f"/contacts/{id}/edit")).text


async def test_two_of_one_name_are_told_apart_before_they_are_merged(
    shop: Crm, story: Story, browse: Browse
) -> None:
    two = [
        (
            await shop.records.create(
                "contact", {"first_name": "Ann", "last_name": "Lee", "emails": emails}, actor=story.admin
            )
        ).id
        for emails in (["ann@example.com"], [])
    ]
    page = Page((await (await browse(ADMIN)).get(f"/contacts/{two[0]}/merge?other={two[1]}")).text)
    assert "belongs to “Ann Lee” will belong to “Ann Lee (ann@example.com)”" in page.shown


async def test_merged_contact_leads_to_the_one_it_became(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    await shop.contacts.merge(story.contacts[0], story.contacts[1], actor=story.admin)
    answer = await browser.get(f"/contacts/{story.contacts[1]}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/contacts/{story.contacts[0]}"


async def test_timeline_tells_what_happened(story: Story, browse: Browse) -> None:
    page = Page((await (await browse(ADMIN)).get(f"/contacts/{story.contacts[0]}")).text)
    for words in ("Contact created", "Grinder arrived", "Call back before 12:00", "Contact changed"):
        assert words in page.shown


async def test_tasks_are_added_and_ticked(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    data = {"title": "Send the invoice", "due_on": "2030-02-01", "back": "/tasks?view=mine"}
    answer = await browser.post("/tasks", data=data)
    assert answer.headers["location"] == "/tasks?view=mine&done=task_added"
    page = Page((await browser.get("/tasks")).text)
    assert "Send the invoice" in page.shown
    assert "1 February 2030" in page.shown
    action = next(
        action["action"]
        for (tag, action), (_, button) in zip(page.tags, page.tags[2:], strict=False)
        if tag == "form" and "Send the invoice" in button.get("aria-label", "")
    )
    await browser.post(action, data={"status": "done"})
    assert "Send the invoice" in (await browser.get("/tasks?view=done")).text
    assert "Send the invoice" not in (await browser.get("/tasks")).text
    empty = await browser.post("/tasks", data={"title": " "})
    assert empty.status_code == 422
    assert (await browser.post("/tasks", data={"title": "x", "due_on": "soon"})).status_code == 422


async def test_defaults_stand_in_the_form_and_can_be_taken_out(
    shop: Crm, story: Story, browse: Browse
) -> None:
    fields = {
        "plan": {"type": "text", "default": "basic"},
        "news": {"type": "checkbox", "default": True},
        "fee": {"type": "money", "default": "12 EUR"},
    }
    for key, more in fields.items():
        field = msgspec.convert({"record_type": "contact", "key": key, "label": key, **more}, CustomField)
        await shop.fields.create(field, actor=story.admin)
    browser = await browse(ADMIN)
    data = values_in((await browser.get("/contacts/new")).text)
    assert (data["custom.plan"], data["custom.news"], data["custom.fee"]) == ("basic", "true", "12.00 EUR")

    async def custom(**sent: str) -> dict[str, Any]:
        changed = {f"custom.{key}": value for key, value in sent.items()}
        answer = await browser.post("/contacts/new", data=data | {"first_name": "Zoe"} | changed)
        assert answer.status_code == 303, Page(answer.text).shown
        id = UUID(answer.headers["location"].split("?")[0].rpartition("/")[2])
        found = (await shop.records.get("contact", id, actor=story.admin)).document["custom"]
        return {key: value for key, value in found.items() if key in fields}

    fee = {"amount": "12.00", "currency": "EUR"}
    assert await custom() == {"plan": "basic", "news": True, "fee": fee}
    assert await custom(plan="", news="", fee="") == {"news": False}
