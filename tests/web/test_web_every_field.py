"""The forms over records that hold a value of every built-in field type."""

from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, Story

from crmcore.contracts.fields import CustomField
from crmcore.plugins.names import CORE
from crmcore.workspace import Crm

CHOICES = {"choices": [{"value": "a"}, {"value": "b", "label": "Bee"}, {"value": "c"}]}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def values_of(story: Story) -> dict[str, tuple[dict[str, Any], Any]]:
    """Return the options and a stored value for each built-in field type."""
    return {
        "text": ({}, "short"),
        "long_text": ({}, "one\ntwo"),
        "email": ({}, "rita@example.com"),
        "phone": ({}, "+49 30 901820"),
        "url": ({}, "https://example.com/a"),
        "ip_address": ({}, "192.0.2.7"),
        "date": ({}, "2026-11-22"),
        "time": ({}, "09:05"),
        "date_time": ({}, "2026-11-22T14:00:00Z"),
        "money": ({}, {"amount": "12.50", "currency": "EUR"}),
        "number": ({}, 12.5),
        "integer": ({}, 7),
        "decimal": ({}, "3.10"),
        "drop_down": (CHOICES, "b"),
        "checkbox_group": (CHOICES, ["a", "c"]),
        "multi_select": (CHOICES, ["a", "b"]),
        "checkbox": ({}, True),
        "reference": ({"record_type": "contact"}, str(story.contacts[1])),
        "file": ({"media_types": ["application/pdf"]}, ""),
    }


def sent_back(text: str) -> list[tuple[str, str]]:
    """Return what a browser sends when the page's form is saved as it is."""
    main = text[text.index("<main") : text.index("</main>")]
    pairs: list[tuple[str, str]] = []
    selected = ""
    for tag, attributes in Page(main).tags:
        name = attributes.get("name", "")
        if tag == "select":
            selected = name
        elif tag == "option" and "selected" in attributes:
            pairs.append((selected, attributes["value"]))
        elif tag != "input" or name in ("", "q"):
            continue
        elif attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes:
            pairs.append((name, attributes.get("value", "")))
    for part in main.split("<textarea ")[1:]:
        name = part.split('name="')[1].split('"')[0]
        pairs.append((name, part.split(">", 1)[1].split("</textarea>")[0].removeprefix("\n")))
    return pairs


@pytest.mark.parametrize("record_type", ["contact", "conversation"])
async def test_form_opens_and_saves_back_every_field_type(
    shop: Crm, story: Story, browse: Browse, record_type: str
) -> None:
    values = values_of(story)
    built_in = {key for key, owned in shop.fields.catalog.types.items() if owned.plugin == CORE}
    assert values.keys() == built_in
    for key, (options, _) in values.items():
        field = CustomField(
            record_type=record_type, key=f"a_{key}", label={"en": key}, type=key, options=options
        )
        await shop.fields.create(field, actor=story.admin)
    id = story.contacts[0] if record_type == "contact" else story.conversations[0]
    custom = {f"a_{key}": value for key, (_, value) in values.items()}
    file = await shop.files.keep_bytes("a.pdf", b"%PDF-1.7", actor=story.admin)
    custom["a_file"] = str(file["id"])
    before = await shop.records.update(record_type, id, {"custom": custom}, actor=story.admin)
    address = f"/contacts/{id}/edit" if record_type == "contact" else f"/inbox/{id}/fields"
    browser = await browse(ADMIN)
    form = await browser.get(address)
    assert form.status_code == 200
    assert Page(form.text).problems() == []
    sent = sent_back(form.text)
    assert ("custom.a_money", "12.50 EUR") in sent
    assert ("custom.a_date_time", "2026-11-22T15:00") in sent  # as clocks in Berlin show it
    person = await shop.records.get("contact", story.contacts[1], actor=story.admin)
    assert ("custom.a_reference", person.document["name"]) in sent
    kept = await browser.post(address, content=urlencode(sent), headers=FORM)
    assert "done=unchanged" in kept.headers["location"]

    changed = [(name, "13 usd" if name == "custom.a_money" else value) for name, value in sent]
    saved = await browser.post(address, content=urlencode(changed), headers=FORM)
    assert "done=saved" in saved.headers["location"], Page(saved.text).shown
    after = await shop.records.get(record_type, id, actor=story.admin)
    money = {"amount": "13.00", "currency": "USD"}
    assert after.document["custom"] == before.document["custom"] | {"a_money": money}

    again = sent_back((await browser.get(address)).text)
    wrong = [(name, "a lot" if name == "custom.a_money" else value) for name, value in again]
    refused = await browser.post(address, content=urlencode(wrong), headers=FORM)
    assert refused.status_code == 422
    assert 'value="a lot"' in refused.text


async def test_moments_and_references_are_written_as_people_say_them(
    shop: Crm, story: Story, browse: Browse
) -> None:
    for type, options in (("date_time", {}), ("reference", {"record_type": "company"})):
        field = CustomField(
            record_type="contact", key=f"a_{type}", label={"en": type}, type=type, options=options
        )
        await shop.fields.create(field, actor=story.admin)
    names = ("Anvil Works", "Anvil Works", "Brick Ltd")
    companies = [
        (await shop.records.create("company", {"name": name}, actor=story.admin)).id for name in names
    ]
    id = story.contacts[0]
    browser = await browse(ADMIN)

    async def saved(**values: str) -> httpx2.Response:
        version = str((await shop.records.get("contact", id, actor=story.admin)).version)
        data = {"version": version, **{f"custom.{name}": value for name, value in values.items()}}
        return await browser.post(f"/contacts/{id}/edit", data=data)

    answer = await saved(a_date_time="2026-07-01T09:30", a_reference="brick ltd")
    assert answer.status_code == 303, Page(answer.text).shown
    custom = (await shop.records.get("contact", id, actor=story.admin)).document["custom"]
    assert custom["a_date_time"] == "2026-07-01T07:30:00Z"
    assert custom["a_reference"] == str(companies[2])
    shown = Page((await browser.get(f"/contacts/{id}")).text).shown
    assert "Brick Ltd" in shown and "1 Jul 2026, 09:30" in shown

    nobody = await saved(a_reference="No Such Firm")
    assert nobody.status_code == 422
    assert "There is nothing called “No Such Firm”" in Page(nobody.text).shown
    several = await saved(a_reference="Anvil Works")
    page = Page(several.text)
    assert several.status_code == 422 and page.problems() == []
    assert "Several are found by “Anvil Works”." in page.shown
    offered = {a["value"] for t, a in page.tags if t == "option"}
    assert {str(company) for company in companies[:2]} <= offered
    assert (await saved(a_reference=str(companies[1]))).status_code == 303
    assert (await saved(a_reference="")).status_code == 303
    custom = (await shop.records.get("contact", id, actor=story.admin)).document["custom"]
    assert custom.get("a_reference") is None

    suggested = await browser.get("/lookup/company?q=bri")
    assert suggested.text == '<option value="Brick Ltd"></option>'
    assert (await browser.get("/lookup/nothing?q=bri")).status_code == 404
    assert (await (await browse()).get("/lookup/company?q=bri")).status_code in (303, 401)


async def test_pages_show_every_field_type(shop: Crm, story: Story, browse: Browse) -> None:
    for key, (options, _) in values_of(story).items():
        field = CustomField(
            record_type="contact", key=f"a_{key}", label={"en": key}, type=key, options=options
        )
        await shop.fields.create(field, actor=story.admin)
    custom = {f"a_{key}": value for key, (_, value) in values_of(story).items()}
    await shop.records.update("contact", story.contacts[0], {"custom": custom}, actor=story.admin)
    browser = await browse(ADMIN)
    for address in (f"/contacts/{story.contacts[0]}", f"/inbox/{story.conversations[0]}"):
        answer = await browser.get(address)
        assert answer.status_code == 200
        assert "€12.50" in answer.text


async def test_pages_open_over_hidden_values_and_files(shop: Crm, story: Story, browse: Browse) -> None:
    for record_type, id in (("contact", story.contacts[0]), ("conversation", story.conversations[0])):
        secret = CustomField(record_type=record_type, key="a_secret", label="Secret", format="shop-secret")
        await shop.fields.create(secret, actor=story.admin)
        paper = CustomField(record_type=record_type, key="a_paper", label="Paper", type="file")
        await shop.fields.create(paper, actor=story.admin)
        file = await shop.files.keep_bytes("a.pdf", b"%PDF-1.7", actor=story.admin)
        custom = {"a_secret": "536904399", "a_paper": str(file["id"])}
        await shop.records.update(record_type, id, {"custom": custom}, actor=story.admin)
    for email in (ADMIN, AGENT):
        browser = await browse(email)
        for address in (
            *(
                f"/contacts/{story.contacts[0]}?tab={tab}"
                for tab in ("timeline", "conversations", "tasks", "about")
            ),
            f"/inbox/{story.conversations[0]}?view=all",
            f"/contacts/{story.contacts[0]}/edit",
            f"/inbox/{story.conversations[0]}/fields",
            "/contacts",
            "/inbox?view=all",
            "/search?q=anna",
        ):
            answer = await browser.get(address)
            assert answer.status_code == 200, address
            assert Page(answer.text).problems() == [], address
            assert "536904399" not in answer.text, address
    browser = await browse(ADMIN)
    at = f"/contacts/{story.contacts[0]}/reveal"
    assert f'action="{at}"' in (await browser.get(f"/inbox/{story.conversations[0]}?view=all")).text
    shown = await browser.post(at, data={"field": "a_secret", "reason": "asked"})
    assert shown.status_code == 200 and "536904399" in shown.text
