"""A stage is not left without what it needs, whichever way records are written; undoing leaves nothing."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from posting import ADMIN, api_account, conversations, drained, messages, post

from crmcore import CustomField, Leaving
from crmcore.bulk.run import Selection, Work
from crmcore.contracts.labels import text_of
from crmcore.errors import Invalid
from crmcore.importing.run import ImportSettings
from crmcore.records.plugin_view import RecordsOfPlugin
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

WON = {"stage": "won"}
HERE = {"stage": "new"}
CODES = {"/custom/budget": "required_before_leaving"}
SENTENCE = "Fill in “Budget” before “Stage” leaves “New”."


@pytest.fixture
async def staged(crm: Crm) -> Crm:
    """The workspace with a list of stages and a field that its first one needs, for contacts and conversations."""
    for record_type in ("contact", "conversation"):
        new, won = {"value": "new", "label": "New"}, {"value": "won", "label": "Won"}
        stage = CustomField(
            record_type=record_type,
            key="stage",
            label="Stage",
            type="drop_down",
            options={"choices": [new, won]},
        )
        leaving = Leaving(field="stage", choices=("new",))
        budget = CustomField(
            record_type=record_type, key="budget", label="Budget", required_before_leaving=leaving
        )
        for field in (stage, budget):
            await crm.fields.create(field, actor=ADMIN)
    return crm


async def person(crm: Crm, **document: Any) -> UUID:
    made = await crm.records.create("contact", {"first_name": "A", "custom": HERE, **document}, actor=ADMIN)
    return made.id


async def custom(crm: Crm, id: UUID, record_type: str = "contact") -> dict[str, Any]:
    found: dict[str, Any] = (await crm.records.get(record_type, id, actor=ADMIN)).document["custom"]
    return found


def answers(errors: list[dict[str, Any]]) -> dict[str, str]:
    assert {error["message"] for error in errors} == {SENTENCE}
    return {error["path"]: error["code"] for error in errors}


async def test_the_api_and_what_it_defines(staged: Crm, client: httpx2.AsyncClient) -> None:
    id = await person(staged)
    refused = await client.patch(f"/api/contacts/{id}", json={"custom": WON})
    assert (refused.status_code, answers(refused.json()["errors"])) == (422, CODES)
    body = {"ids": [str(id)], "changes": {"custom": WON}}
    (item,) = (await client.post("/api/contacts/bulk", json=body)).json()["items"]
    assert (item["status"], answers(item["problem"]["errors"])) == (422, CODES)
    assert await custom(staged, id) == HERE

    fields = (await client.get("/api/fields", params={"record_type": "contact"})).json()["items"]
    [budget] = [field for field in fields if field["key"] == "budget"]
    assert budget["required_before_leaving"] == {"field": "stage", "choices": ["new"]}
    assert budget["leaving_asleep"] is None
    # What the API tells of a definition can be given to it again.
    kept = ("record_type", "label", "type", "options", "required_before_leaving")
    again = {"key": "budget_2", **{name: budget[name] for name in kept}}
    plan = (await client.post("/api/fields/plan", json=again)).json()
    assert (plan["stopped"], plan["failing"], plan["stopped_samples"][0]["id"]) == (1, 0, str(id))
    made = (await client.post("/api/fields", json=again)).json()
    assert made["required_before_leaving"] == budget["required_before_leaving"]
    for wrong in (
        {"field": "stage", "choices": ["lost"]},
        {"field": "stage", "of": 1},
        {"choices": ["new"]},
        5,
    ):
        answer = await client.patch(f"/api/fields/{made['id']}", json={"required_before_leaving": wrong})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"].startswith("/required_before_leaving")
    answer = await client.patch(f"/api/fields/{made['id']}", json={"required_before_leaving": None})
    assert answer.json()["required_before_leaving"] is None
    schema = (await client.get("/api/schemas/contact")).json()["properties"]["custom"]["properties"]
    assert schema["budget"]["x-crm"]["required_before_leaving"] == {"field": "stage", "choices": ["new"]}


async def test_a_change_of_many_and_its_undoing(staged: Crm) -> None:
    ids = [await person(staged), await person(staged, custom=HERE | {"budget": "9"})]
    run = await staged.bulk.begin("contact", Selection(ids=ids), Work(changes={"custom": WON}), actor=ADMIN)
    await drained(staged)
    run = await staged.bulk.get(run.id, actor=ADMIN)
    assert (run.changed, run.refused) == (1, 1)
    assert [await custom(staged, id) for id in ids] == [HERE, {"stage": "won", "budget": "9"}]
    # Who came in by mistake goes back where he was, although the stage is left with nothing.
    await staged.records.update("contact", ids[1], {"custom": {"budget": None}}, actor=ADMIN)
    run = await staged.bulk.begin(
        "contact", Selection(ids=[ids[1]]), Work(changes={"custom": HERE}), actor=ADMIN
    )
    await drained(staged)
    await staged.bulk.undo(run.id, actor=ADMIN)
    await drained(staged)
    assert await custom(staged, ids[1]) == WON


async def test_an_import_and_its_undoing(staged: Crm, tmp_path: Path) -> None:
    id = await person(staged, emails=["a@example.com"])

    async def imported(stage: str) -> UUID:
        file = tmp_path / f"{stage}.csv"
        file.write_text(f"E-mail,Stage\na@example.com,{stage}\n", encoding="utf-8")
        mapping = {"E-mail": "emails", "Stage": "custom.stage"}
        settings = ImportSettings(mapping=mapping, duplicates="update")
        return (await staged.imports.file("contact", file, settings, actor=ADMIN)).id

    (row,) = await staged.imports.refused(await imported("won"), actor=ADMIN)
    assert {problem.path: problem.code for problem in row.problems} == CODES
    assert {problem.sentence("en") for problem in row.problems} == {SENTENCE}
    await staged.records.update("contact", id, {"custom": {"stage": "won", "budget": "9"}}, actor=ADMIN)
    await staged.records.update("contact", id, {"custom": {"budget": None}}, actor=ADMIN)
    run = await imported("new")
    assert await custom(staged, id) == HERE
    await staged.imports.undo(run, actor=ADMIN)
    await drained(staged)
    assert await custom(staged, id) == WON


async def test_a_plugin(staged: Crm) -> None:
    id = await person(staged)
    with pytest.raises(Invalid) as refused:
        await RecordsOfPlugin(staged.records, "shop").update("contact", id, {"custom": WON})
    assert {problem.path: problem.code for problem in refused.value.problems} == CODES


async def test_a_merge_and_its_undoing(staged: Crm) -> None:
    kept, other = await person(staged), await person(staged, custom=WON)
    choices = {"custom.stage": "merged"}
    with pytest.raises(Invalid) as refused:
        await staged.contacts.merge(kept, other, choices=choices, actor=ADMIN)
    assert {problem.path: problem.code for problem in refused.value.problems} == CODES
    # The stage of the kept one is won by the merge, and left again by its undoing.
    back = await staged.contacts.merge(other, kept, choices=choices, actor=ADMIN)
    assert await custom(staged, other) == HERE
    await staged.contacts.undo_merge(back, actor=ADMIN)
    assert (await custom(staged, other), await custom(staged, kept)) == (WON, HERE)


async def test_receiving_leaves_the_stage_and_says_so(staged: Crm) -> None:
    await api_account(staged)
    await post(staged, email="a@example.com", thread_key="t", conversation_custom=HERE)
    await post(staged, email="a@example.com", thread_key="t", conversation_custom=WON)
    await drained(staged)
    [conversation] = await conversations()
    assert await custom(staged, conversation["id"], "conversation") == HERE
    assert len(await messages("inbound")) == 2
    text = "\n".join(text_of(note["text"]) for note in await messages("note"))
    [line] = [line for line in text.splitlines() if "custom.stage " in line]
    assert "won" in line and SENTENCE in line
    await post(
        staged, email="a@example.com", thread_key="t", conversation_custom={"stage": "won", "budget": "9"}
    )
    await drained(staged)
    assert await custom(staged, conversation["id"], "conversation") == {"stage": "won", "budget": "9"}


async def test_a_form_leaves_the_stage_of_whom_it_knows(staged: Crm, clock: TurnableClock) -> None:
    id = await person(staged, emails=["a@example.com"])
    mail = {"name": "mail", "label": "E-mail", "type": "email", "required": True, "target": "email"}
    stage = {"name": "stage", "label": "Stage", "target": "contact.custom.stage"}
    config = {"title": "Ask us", "fields": [mail, stage]}
    await staged.channel_accounts.create("form", "Ask", config, actor=ADMIN, slug="ask")
    token = (await staged.forms.definition("ask")).token
    clock.advance(30)
    sent = {"mail": "a@example.com", **WON}
    await staged.forms.submit("ask", sent, token=token, url="http://crm.example/f/ask", user_agent="Firefox")
    await drained(staged)
    assert await custom(staged, id) == HERE
    assert "custom.stage" in "\n".join(text_of(note["text"]) for note in await messages("note"))
