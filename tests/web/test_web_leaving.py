"""Fields that are required before a stage is left: where they are defined, and where one is asked for them."""

import pytest
from browsing import Browse
from markup import Page
from story import ADMIN, Story

from crmcore import CustomField, Leaving
from crmcore.records.definition import Definition
from crmcore.workspace import Crm

STAGE = CustomField(
    record_type="contact",
    key="stage",
    label={"en": "Stage", "ru": "Этап"},
    type="drop_down",
    options={"choices": [{"value": "new", "label": {"en": "New one", "ru": "Новый"}}, {"value": "won"}]},
)


@pytest.fixture
async def stage(shop: Crm, story: Story) -> Definition:
    return await shop.fields.create(STAGE, actor=story.admin)


async def field(shop: Crm, story: Story, key: str, record_type: str = "contact") -> Definition:
    found = await shop.fields.list(record_type, actor=story.admin)
    return next(definition for definition in found if definition.key == key)


async def test_it_is_chosen_without_a_script(
    shop: Crm, story: Story, stage: Definition, browse: Browse
) -> None:
    await shop.records.update("contact", story.contacts[0], {"custom": {"stage": "new"}}, actor=story.admin)
    browser = await browse(ADMIN)
    page = Page((await browser.get("/settings/fields?type=contact")).text)
    assert page.problems() == []
    assert "New one" in page.shown
    data = {"label_en": "Budget", "key": "budget", "type": "text", "leaving": "stage", "leaving.stage": "new"}
    told = await browser.post("/settings/fields?type=contact", data=data)
    assert told.status_code == 422
    assert "lack it and stand in a choice that they could not leave" in Page(told.text).shown
    values = {
        a["name"]: a["value"]
        for t, a in Page(told.text).tags
        if t == "input" and a.get("name") == "confirmed"
    }
    added = await browser.post("/settings/fields?type=contact", data=data | values)
    assert added.status_code == 303, Page(added.text).shown
    budget = await field(shop, story, "budget")
    assert budget.required_before_leaving == Leaving(field="stage", choices=("new",))
    listed = Page((await browser.get("/settings/fields?type=contact")).text)
    assert "Required before “Stage” changes" in listed.shown

    address = f"/settings/fields/{budget.id}?type=contact"
    form = Page((await browser.get(address)).text)
    assert form.problems() == []
    selected = [a["value"] for t, a in form.tags if t == "option" and "selected" in a]
    assert {"stage", "new"} <= set(selected)
    data = {"version": str(budget.version), "label_en": "Budget", "leaving": "stage"}
    told = await browser.post(address, data=data | {"leaving.stage": ["new", "lost"]})
    assert told.status_code == 422
    bad = {a["name"] for t, a in Page(told.text).tags if a.get("aria-invalid") == "true"}
    assert bad == {"leaving.stage"}
    # The list is deleted: the rule sleeps, the form says so and changes nothing about it.
    await shop.fields.delete(stage.id, actor=story.admin)
    assert "there is no field “stage” at the moment" in Page((await browser.get(address)).text).shown
    data |= {"label_en": "Budget of theirs", "leaving.stage": "new"}
    saved = await browser.post(address, data=data)
    assert saved.status_code == 303, Page(saved.text).shown
    assert (await field(shop, story, "budget")).required_before_leaving == budget.required_before_leaving
    budget = await field(shop, story, "budget")
    data |= {"version": str(budget.version), "leaving": "", "leaving.stage": ""}
    assert (await browser.post(address, data=data)).status_code == 303
    assert (await field(shop, story, "budget")).required_before_leaving is None


async def test_choices_too_many_for_a_page_are_written(shop: Crm, story: Story, browse: Browse) -> None:
    choices = [{"value": f"step {number}"} for number in range(500)]
    field_ = CustomField(
        record_type="company", key="step", label="Step", type="drop_down", options={"choices": choices}
    )
    await shop.fields.create(field_, actor=story.admin)
    browser = await browse(ADMIN)
    page = Page((await browser.get("/settings/fields?type=company")).text)
    assert page.problems() == []
    assert not [tag for tag, a in page.tags if a.get("value") == "step 250"]
    data = {"label_en": "Cost", "key": "cost", "type": "text", "leaving": "step"}
    data["leaving.step"] = "step 1\r\n\r\n step 499 \r\n"
    added = await browser.post("/settings/fields?type=company", data=data)
    assert added.status_code == 303, Page(added.text).shown
    cost = await field(shop, story, "cost", "company")
    assert cost.required_before_leaving == Leaving(field="step", choices=("step 1", "step 499"))


async def test_closing_is_chosen_for_conversations(shop: Crm, story: Story, browse: Browse) -> None:
    browser = await browse(ADMIN)
    assert 'name="closing"' not in (await browser.get("/settings/fields?type=contact")).text
    data = {"label_en": "Cause", "key": "cause", "type": "text", "closing": "on"}
    added = await browser.post("/settings/fields?type=conversation", data=data)
    assert added.status_code == 303, Page(added.text).shown
    cause = await field(shop, story, "cause", "conversation")
    assert cause.required_when == "closing"
    assert "before closing" in Page((await browser.get("/settings/fields?type=conversation")).text).shown
    address = f"/settings/fields/{cause.id}?type=conversation"
    await browser.post(address, data={"version": str(cause.version), "label_en": "Cause"})
    assert (await field(shop, story, "cause", "conversation")).required_when == ""


async def test_the_field_that_is_missing_is_asked_for(
    shop: Crm, story: Story, stage: Definition, browse: Browse
) -> None:
    leaving = Leaving(field="stage", choices=("new",))
    budget = CustomField(record_type="contact", key="budget", label="Budget", required_before_leaving=leaving)
    await shop.fields.create(budget, actor=story.admin)
    id = story.contacts[0]
    await shop.records.update("contact", id, {"custom": {"stage": "new"}}, actor=story.admin)
    browser = await browse(ADMIN)
    address = f"/contacts/{id}/fields/custom.stage"
    assert 'name="custom.budget"' not in (await browser.get(address)).text
    for path in (address, f"/contacts/{id}/edit"):
        refused = await browser.post(path, data={"custom.stage": "won"})
        assert refused.status_code == 422
        page = Page(refused.text)
        assert page.problems() == []
        assert {a["name"] for t, a in page.tags if a.get("aria-invalid") == "true"} == {"custom.budget"}
        assert "Fill in “Budget” before “Stage” leaves “New one”." in page.shown
        assert [a["value"] for t, a in page.tags if t == "option" and "selected" in a].count("won") == 1
    # One field was to be changed, and the other one stands beside it.
    saved = await browser.post(address, data={"custom.stage": "won", "custom.budget": "9"})
    assert saved.status_code == 303
    custom = (await shop.records.get("contact", id, actor=story.admin)).document["custom"]
    assert (custom["stage"], custom["budget"]) == ("won", "9")


async def test_closing_asks_for_what_it_lacks(shop: Crm, story: Story, browse: Browse) -> None:
    cause = CustomField(record_type="conversation", key="cause", label="Cause", required_when="closing")
    await shop.fields.create(cause, actor=story.admin)
    id = story.conversations[0]
    browser = await browse(ADMIN)
    for path, data in (("close", {}), ("messages", {"text": "Done.", "then": "close"})):
        asked = await browser.post(f"/inbox/{id}/{path}", data=data)
        assert asked.status_code == 422
        page = Page(asked.text)
        assert page.problems() == []
        assert "Fill in “Cause” before the conversation is closed." in page.shown
        assert ("The reply was sent." in page.shown) is ("text" in data)
        assert {a["name"] for t, a in page.tags if a.get("aria-invalid") == "true"} == {"custom.cause"}
    [action] = {a["action"] for t, a in page.tags if t == "form" and "then=close" in a.get("action", "")}
    assert (await browser.post(action, data={"custom.cause": ""})).status_code == 422
    closed = await browser.post(action, data={"custom.cause": "a bug"})
    assert "done=closed" in closed.headers["location"]
    document = (await shop.records.get("conversation", id, actor=story.admin)).document
    assert (document["status"], document["custom"]["cause"]) == ("closed", "a bug")
