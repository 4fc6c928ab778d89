"""Settings pages: fields, channels, plugins."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browsing import Browse
from markup import Page
from story import ADMIN, AGENT, VIEWER, Story

import crmcore.web
from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid
from crmcore.records.query import ListQuery
from crmcore.workspace import Crm

STATIC = Path(crmcore.web.__file__).parent / "static"

NEW_FIELD = {"label_en": "Plan", "label_ru": "Тариф", "key": "plan", "type": "drop_down"}


def confirmed(page: str) -> dict[str, str]:
    """Return what the button under the told numbers sends along."""
    [value] = [a["value"] for t, a in Page(page).tags if t == "input" and a.get("name") == "confirmed"]
    return {"confirmed": value}


async def test_field_is_added_and_used(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    data = {
        **NEW_FIELD,
        "option.drop_down.choices": "free\r\ngold = Gold plan",
        "required": "on",
        "group": "Money",
    }
    asked = await browser.post("/settings/fields?type=contact", data=data)
    assert asked.status_code == 422
    total = await shop.records.count("contact", ListQuery(), actor=story.admin)
    assert f"{total} of {total} records lack it." in Page(asked.text).shown
    answer = await browser.post("/settings/fields?type=contact", data=data | confirmed(asked.text))
    assert answer.status_code == 303, Page(answer.text).shown
    field = next(
        field for field in await shop.fields.list("contact", actor=story.admin) if field.key == "plan"
    )
    assert field.options["choices"] == [{"value": "free"}, {"value": "gold", "label": "Gold plan"}]
    assert field.required
    assert not field.filterable
    page = Page((await browser.get("/settings/fields?type=contact")).text)
    assert "Plan" in page.shown
    form = (await browser.get("/contacts/new")).text
    assert "Gold plan" in form
    assert 'name="custom.plan"' in form
    deleted = await browser.post(f"/settings/fields/{field.id}/delete?type=contact", data={})
    assert "done=field_deleted" in deleted.headers["location"]
    assert 'name="custom.plan"' not in (await browser.get("/contacts/new")).text
    toast = Page((await browser.get(deleted.headers["location"])).text)
    assert toast.problems() == []
    undo = next(a["action"] for t, a in toast.tags if t == "form" and "/restore" in a.get("action", ""))
    restored = await browser.post(undo, data={})
    assert restored.headers["location"] == "/settings/fields?type=contact&done=field_restored"
    assert 'name="custom.plan"' in (await browser.get("/contacts/new")).text


async def test_a_key_left_empty_is_made_from_the_name(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    data = {"key": "", "label_ru": "Размер обуви", "type": "text"}
    answer = await browser.post("/settings/fields?type=contact", data=data)
    assert answer.status_code == 303, Page(answer.text).shown
    assert "razmer_obuvi" in {field.key for field in await shop.fields.list("contact", actor=story.admin)}


async def test_errors_of_a_new_field_stand_beside_its_inputs(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    answer = await browser.post(
        "/settings/fields?type=contact", data={"key": "Bad key", "type": "number", "format": "no-such-check"}
    )
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.problems() == []
    assert {a["name"] for t, a in page.tags if a.get("aria-invalid") == "true"} == {"label_en"}
    assert 'value="Bad key"' in answer.text
    named = await browser.post(
        "/settings/fields",
        data={"label_en": "X", "key": "Bad key", "type": "number", "format": "no-such-check"},
    )
    bad = {a["name"] for t, a in Page(named.text).tags if a.get("aria-invalid") == "true"}
    assert bad == {"key", "format"}
    without_choices = await browser.post("/settings/fields?type=contact", data=NEW_FIELD)
    assert without_choices.status_code == 422
    assert 'role="alert"' in without_choices.text
    reserved = await browser.post("/settings/fields", data={"label_en": "X", "key": "shop_x", "type": "text"})
    assert "“shop”" in Page(reserved.text).shown


async def test_field_is_changed(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    await browser.post(
        "/settings/fields?type=contact",
        data={**NEW_FIELD, "option.drop_down.choices": "free\r\ngold = Gold plan"},
    )
    field = next(f for f in await shop.fields.list("contact", actor=story.admin) if f.key == "plan")
    address = f"/settings/fields/{field.id}?type=contact"
    assert address.replace("&", "&amp;") in (await browser.get("/settings/fields?type=contact")).text
    page = await browser.get(address)
    assert Page(page.text).problems() == []
    assert "gold = Gold plan" in page.text
    data = {"version": str(field.version), "label_en": "Tariff", "label_ru": "Тариф", "required": "on"}
    choices = {"option.drop_down.choices": "free\r\ngold = Gold plan\r\ntrial = Trial"}
    nameless = await browser.post(address, data={**data, **choices, "label_en": "", "label_ru": ""})
    assert nameless.status_code == 422
    assert "Give the field a name" in Page(nameless.text).shown
    assert (await browser.post(address, data=data)).status_code == 422
    told = await browser.post(address, data={**data, **choices})
    assert told.status_code == 422
    assert "records lack it" in Page(told.text).shown
    saved = await browser.post(address, data={**data, **choices, **confirmed(told.text)})
    assert saved.status_code == 303, Page(saved.text).shown
    after = next(f for f in await shop.fields.list("contact", actor=story.admin) if f.key == "plan")
    assert after.label == {"en": "Tariff", "ru": "Тариф"}
    assert after.required
    assert [choice["value"] for choice in after.options["choices"]] == ["free", "gold", "trial"]
    agent = await browse(AGENT)
    assert (await agent.get(address)).status_code == 403
    assert (await agent.post(address, data=data)).status_code == 403


async def test_values_that_a_new_rule_refuses_stay_hinder_it_or_are_replaced(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    await browser.post(
        "/settings/fields?type=contact", data={"label_en": "Page", "key": "page", "type": "text"}
    )
    values = ("short", "my page", "nothing")
    for id, value in zip(story.contacts[:3], values, strict=True):
        await shop.records.update("contact", id, {"custom": {"page": value}}, actor=story.admin)

    async def stored() -> list[str | None]:
        found = [await shop.records.get("contact", id, actor=story.admin) for id in story.contacts[:3]]
        return [record.document["custom"].get("page") for record in found]

    field = next(f for f in await shop.fields.list("contact", actor=story.admin) if f.key == "page")
    address = f"/settings/fields/{field.id}?type=contact"
    data = {"version": str(field.version), "label_en": "Page", "option.text.max_length": "6"}
    told = await browser.post(address, data=data)
    assert told.status_code == 422 and Page(told.text).problems() == []
    assert "2 of" in Page(told.text).shown and 'value="map"' in told.text
    data |= confirmed(told.text)
    refused = await browser.post(address, data={**data, "outcome": "reject"})
    assert refused.status_code == 422 and "Nothing was changed" in Page(refused.text).shown
    for lines, said in (("", "old"), ("my page", "my page"), ("* = still none", "")):
        answer = await browser.post(address, data={**data, "outcome": "map", "map": lines})
        assert answer.status_code == 422 and said in Page(answer.text).shown and lines in answer.text
        assert await stored() == list(values)
    lines = "my page = page\r\n* ="
    saved = await browser.post(address, data={**data, "outcome": "map", "map": lines})
    assert saved.status_code == 303, Page(saved.text).shown
    assert await stored() == ["short", "page", None]


async def test_options_of_a_check_are_set_and_refused_beside_their_places(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    data = {"label_en": "Code", "key": "code", "type": "text", "format": "shop_letter"}
    place = "format_option.shop_letter."
    added = await browser.post("/settings/fields?type=contact", data={**data, f"{place}letter": "A"})
    assert added.status_code == 303, Page(added.text).shown
    [field] = [found for found in await shop.fields.list("contact", actor=story.admin) if found.key == "code"]
    assert field.options == {"format_options": {"letter": "A"}}
    address = f"/settings/fields/{field.id}?type=contact"
    page = Page((await browser.get(address)).text)
    assert "Options of “Letter”" in page.shown and page.problems() == []
    sent = {
        "version": str(field.version),
        "label_en": "Code",
        "format": "shop_letter",
        f"{place}letter": "AB",
        f"{place}length": "6",
    }
    refused = await browser.post(address, data=sent)
    assert refused.status_code == 422
    bad = {a["name"] for t, a in Page(refused.text).tags if a.get("aria-invalid") == "true"}
    assert bad == {f"{place}letter"}
    saved = await browser.post(address, data={**sent, f"{place}letter": "B", f"{place}loud": "true"})
    assert saved.status_code == 303, Page(saved.text).shown
    field = await shop.fields.get(field.id, actor=story.admin)
    assert field.options == {"format_options": {"letter": "B", "length": 6, "loud": True}}
    await browser.post(address, data={"version": str(field.version), "label_en": "Code", "format": ""})
    field = await shop.fields.get(field.id, actor=story.admin)
    assert (field.format, field.options) == ("", {})


async def test_two_people_who_change_one_field_see_both_values(
    shop: Crm, story: Story, browse: Browse
) -> None:
    browser = await browse(ADMIN)
    await browser.post(
        "/settings/fields?type=contact", data={"label_en": "Code", "key": "code", "type": "text"}
    )
    [field] = [found for found in await shop.fields.list("contact", actor=story.admin) if found.key == "code"]
    address = f"/settings/fields/{field.id}?type=contact"
    theirs = msgspec.structs.replace(
        field.as_custom_field(), label={"en": "Their code"}, group="Their group", options={"max_length": 9}
    )
    await shop.fields.update(field.id, theirs, actor=story.admin, version=field.version)
    ours = {"version": str(field.version), "label_en": "Our code", "description": "Our hint"}
    both = await browser.post(address, data=ours)
    assert both.status_code == 409
    page = Page(both.text)
    assert page.problems() == []
    assert "Our code" in both.text and "Their code" in page.shown and "Our hint" in both.text
    kept = {
        a["name"]: a["value"]
        for t, a in page.tags
        if t == "input" and a.get("name") and "value" in a and a.get("type") != "checkbox"
    }
    assert kept["both"] == "label_en" and kept["group"] == "Their group"
    assert kept["option.text.max_length"] == "9"
    taken = await browser.post(address, data={**kept, "take": "label_en"})
    assert taken.status_code == 200 and 'value="Their code"' in taken.text
    assert 'value="Our hint"' in taken.text
    assert (await shop.fields.get(field.id, actor=story.admin)).description == ""
    saved = await browser.post(address, data=kept)
    assert saved.status_code == 303, Page(saved.text).shown
    after = await shop.fields.get(field.id, actor=story.admin)
    assert (after.label, after.group, after.description) == ({"en": "Our code"}, "Their group", "Our hint")
    assert after.options == {"max_length": 9}


async def test_agents_see_fields_but_do_not_change_them(story: Story, browse: Browse) -> None:
    browser = await browse(AGENT)
    page = await browser.get("/settings/fields")
    assert page.status_code == 200
    assert 'id="new-field"' not in page.text
    assert (await browser.post("/settings/fields", data=NEW_FIELD)).status_code == 403


async def test_form_channel_is_added_and_takes_a_message(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    new = Page((await browser.get("/settings/channels/new?channel=form")).text)
    data = {
        a["name"]: a.get("value", "")
        for t, a in new.tags
        if t == "input" and a.get("name") and (a.get("type") != "checkbox" or "checked" in a)
    }
    data |= {f"fields.{row}.type": kind for row, kind in enumerate(("text", "email", "text", "multiline"))}
    data |= {"account_name": "Site form", "account_slug": "site", "language": "en", "minimum_fill_s": "0"}
    answer = await browser.post("/settings/channels/new?channel=form", data=data)
    assert answer.status_code == 303, Page(answer.text).shown
    page = Page((await browser.get("/settings/channels")).text)
    assert "Site form" in page.shown
    stranger = await browse()
    assert "Your message" in (await stranger.get("/f/site")).text


async def test_errors_of_a_new_channel_stand_beside_its_inputs(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    answer = await browser.post(
        "/settings/channels/new?channel=api", data={"account_slug": "Bad slug", "reply_url": "nowhere"}
    )
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.problems() == []
    assert 'value="nowhere"' in answer.text
    named = await browser.post(
        "/settings/channels/new?channel=api",
        data={"account_name": "A", "account_slug": "a", "reply_url": "nowhere"},
    )
    assert "reply_url" in {a.get("name") for t, a in Page(named.text).tags if a.get("aria-invalid") == "true"}
    taken = await browser.post(
        "/settings/channels/new?channel=api", data={"account_name": "A", "account_slug": "shop"}
    )
    assert "account_slug" in {
        a.get("name") for t, a in Page(taken.text).tags if a.get("aria-invalid") == "true"
    }


async def test_errors_of_a_question_stand_beside_it(
    shop: Crm, story: Story, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await browse(ADMIN)
    data = {
        "account_name": "Site form",
        "fields.0.name": "text",
        "fields.0.label": "Your message",
        "fields.0.type": "text",
        "fields.0.target": "text",
        # The row between them is left empty: rows count as they are sent.
        "fields.2.name": "plan",
        "fields.2.label": "Plan",
        "fields.2.type": "text",
        "fields.2.target": "contact.custom.nope",
    }

    async def refuse(*args: object, **named: object) -> None:
        no_field = Problem(path="/config/fields/1/target", code="no_target", message={"en": "Goes nowhere."})
        few = Problem(path="/config/fields", code="few", message={"en": "Ask more."})
        raise Invalid(problems=(no_field, few))

    monkeypatch.setattr(shop.channel_accounts, "create", refuse)
    answer = await browser.post("/settings/channels/new?channel=form", data=data)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.problems() == []
    bad = [a for t, a in page.tags if a.get("aria-invalid") == "true"]
    assert [(a["name"], a["value"]) for a in bad] == [("fields.1.target", "contact.custom.nope")]
    assert "Goes nowhere." in page.shown
    assert "Ask more." in page.shown


async def test_chosen_theme_is_marked(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    answer = await browser.post(
        "/settings/profile/theme", data={"theme": "dark", "back": "/settings/profile"}
    )
    page = Page((await browser.get(answer.headers["location"])).text)
    main = [a for t, a in page.tags if a.get("name") == "theme" and a["class"] == "c-btn"]
    assert {a["value"]: a["aria-pressed"] for a in main} == {
        "light": "false",
        "dark": "true",
        "system": "false",
    }
    assert '.c-btn[aria-pressed="true"]' in (STATIC / "css" / "controls.css").read_text(encoding="utf-8")


async def test_channel_is_paused_and_resumed(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    await browser.post(f"/settings/channels/{story.ids['api']}/pause", data={})
    assert (await shop.channel_accounts.get("shop")).row["state"] == "paused"
    assert "Resume" in (await browser.get("/settings/channels")).text
    await browser.post(f"/settings/channels/{story.ids['api']}/resume", data={})
    assert (await shop.channel_accounts.get("shop")).row["state"] == "active"


async def test_plugins_show_their_state_and_are_switched(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    for _ in range(4):
        await browser.get(f"/ui/panels/shop.erp?ref=contact:{story.contacts[0]}&again=1")
    page = Page((await browser.get("/settings/plugins")).text)
    assert "Needs attention" in page.shown
    assert "Paused for a moment after repeated failures:" in page.shown
    assert "shop.orders" in page.shown
    assert "ERP is down" in page.shown
    answer = await browser.post("/settings/plugins/shop/switch", data={"enabled": "false"})
    assert "done=plugin" in answer.headers["location"]
    assert await shop.ledger.disabled() == {"shop"}
    assert "Off from the next start." in (await browser.get("/settings/plugins")).text
    assert (await browser.post("/settings/plugins/core/switch", data={})).status_code == 404
    viewer = await browse(VIEWER)
    seen = await viewer.get("/settings/plugins")
    assert "ERP is down" not in seen.text
    assert (await viewer.post("/settings/plugins/shop/switch", data={})).status_code == 403


@pytest.mark.lets_out("who typed a secret into a form that is refused gets the form back with it")
async def test_settings_of_a_plugin_keep_their_secrets(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    form = await browser.get("/settings/plugins/shop")
    assert Page(form.text).problems() == []
    data = {"address": "https://shop.example", "key": "hush-hush", "pages": "3"}
    assert (await browser.post("/settings/plugins/shop", data=data)).status_code == 303
    stored: Any = await shop.plugin_settings.load("shop")
    assert (stored.address, stored.key, stored.pages) == ("https://shop.example", "hush-hush", 3)
    again = await browser.get("/settings/plugins/shop")
    assert "hush-hush" not in again.text
    masked = next(a["value"] for t, a in Page(again.text).tags if a.get("name") == "key")
    kept = await browser.post("/settings/plugins/shop", data={**data, "key": masked, "pages": "4"})
    assert kept.status_code == 303
    stored = await shop.plugin_settings.load("shop")
    assert stored.key == "hush-hush"
    wrong = await browser.post("/settings/plugins/shop", data={**data, "pages": "many"})
    assert wrong.status_code == 422
    assert "pages" in {a.get("name") for t, a in Page(wrong.text).tags if a.get("aria-invalid") == "true"}
    assert (await browser.get("/settings/plugins/nobody")).status_code == 404


async def test_options_of_field_types_are_said_in_russian(story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    await browser.post("/settings/profile/language", data={"language": "ru", "back": "/tasks"})
    page = (await browser.get("/settings/fields")).text
    labels = set(re.findall(r'<label[^>]* for="f-option-[^"]*"[^>]*>([^<]+)', page))
    assert len(labels) > 8
    assert [label for label in labels if not re.search("[а-яё]", label, re.IGNORECASE)] == []


async def test_a_field_is_previewed_and_tried(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    form = {
        **NEW_FIELD,
        "option.drop_down.choices": "free = Free | Даром\r\ngold = Gold | Золото",
        "tried": "platinum",
    }
    answer = await browser.post("/settings/fields/preview?type=contact", data=form)
    page = Page(answer.text)
    assert "“platinum” is not possible here. Choose one of: Free, Gold." in page.shown
    assert '"enum"' in page.shown
    kept = await browser.post("/settings/fields/preview?type=contact", data={**form, "tried": "gold"})
    assert "This would be kept." in Page(kept.text).shown
    for key in ("first_name", "created_at"):
        taken = await browser.post("/settings/fields/preview?type=contact", data={**form, "key": key})
        assert "of their own" in Page(taken.text).shown
    whole = await browser.post("/settings/fields?type=contact", data={**form, "then": "preview"})
    assert whole.status_code == 200
    assert Page(whole.text).problems() == []
    assert (await browser.post("/settings/fields?type=contact", data=form)).status_code == 303
    [field] = [one for one in await shop.fields.list("contact", actor=story.admin) if one.key == "plan"]
    assert field.options["choices"][0] == {"value": "free", "label": {"en": "Free", "ru": "Даром"}}
    edit = await browser.get(f"/settings/fields/{field.id}?type=contact")
    assert Page(edit.text).problems() == []
    assert "gold = Gold | Золото" in edit.text
    await shop.records.update("contact", story.contacts[0], {"custom": {"plan": "gold"}}, actor=story.admin)
    narrowed = {**form, "option.drop_down.choices": "free = Free | Даром", "version": "1"}
    warned = await browser.post(f"/settings/fields/{field.id}?type=contact", data=narrowed)
    assert warned.status_code == 422
    assert f"/contacts/{story.contacts[0]}" in warned.text
    assert Page(warned.text).problems() == []
