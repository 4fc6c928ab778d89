"""The same twenty bad values on every path that writes records, and the same answers."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from posting import ADMIN, api_account, conversations, drained, messages, post

from crmcore import CustomField
from crmcore.contracts.labels import text_of
from crmcore.errors import Invalid
from crmcore.importing.run import ImportSettings
from crmcore.records.plugin_view import RecordsOfPlugin
from crmcore.records.tables import History
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

CHOICES = {"choices": [{"value": "a"}, {"value": "b"}, {"value": "c"}, {"value": "old", "retired": True}]}
# Field type, its options, what is sent, the answer. All as texts: sheets and forms have nothing else.
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("text", {"max_length": 3}, "long", "too_long"),
    ("long_text", {"max_length": 3}, "long", "too_long"),
    ("number", {"maximum": 10}, "11", "too_large"),
    ("integer", {}, "1.5", "wrong_type"),
    ("decimal", {}, "1.005", "too_precise"),
    ("money", {}, "12.50 XXX", "not_a_choice"),
    ("money", {}, "1.5 JPY", "too_precise"),
    ("date", {}, "2023-02-29", "not_a_date"),
    ("time", {}, "24:00", "not_a_time"),
    ("date_time", {}, "2026-11-22T14:00:00", "not_a_moment"),
    ("checkbox", {}, "perhaps", "wrong_type"),
    ("drop_down", CHOICES, "old", "not_a_choice"),
    ("checkbox_group", {**CHOICES, "maximum": 1}, "a; b", "too_many"),
    ("multi_select", CHOICES, "a; lost", "not_a_choice"),
    ("file", {}, "01938f6e-5d5c-7b1e-8c52-0a1b2c3d4e5f", "no_such_file"),
    ("email", {}, "ann@", "not_an_email"),
    ("phone", {}, "12", "not_a_phone"),
    ("url", {}, "javascript:alert(1)", "not_a_url"),
    ("ip_address", {"version": 4}, "::1", "not_an_ip"),
    ("reference", {"record_type": "company"}, "01938f6e-5d5c-7b1e-8c52-0a1b2c3d4e5f", "no_such_record"),
]
VALUES = {f"f{number:02}": value for number, (_, _, value, _) in enumerate(BAD)}
CODES = {f"/custom/f{number:02}": code for number, (_, _, _, code) in enumerate(BAD)}


@pytest.fixture
async def fields(crm: Crm) -> Crm:
    """The workspace with one field for each bad value."""
    for number, (type, options, _, _) in enumerate(BAD):
        field = CustomField(
            record_type="contact", key=f"f{number:02}", label=f"F{number}", type=type, options=options
        )
        await crm.fields.create(field, actor=ADMIN)
    return crm


@pytest.fixture
async def sentences(fields: Crm) -> dict[str, str]:
    """What the register itself says about each of the values, by path."""
    with pytest.raises(Invalid) as refused:
        await fields.records.create("contact", {"first_name": "A", "custom": VALUES}, actor=ADMIN)
    assert {problem.path: problem.code for problem in refused.value.problems} == CODES
    assert len(BAD) == 20
    assert {type for type, *_ in BAD} == set(fields.fields.catalog.types)
    return {problem.path: problem.sentence("en") for problem in refused.value.problems}


def answers(errors: list[dict[str, Any]]) -> dict[str, str]:
    assert {error["path"]: error["code"] for error in errors} == CODES
    return {error["path"]: error["message"] for error in errors}


async def test_the_api_refuses_them_one_by_one_and_in_bulk(
    fields: Crm, client: httpx2.AsyncClient, sentences: dict[str, str]
) -> None:
    refused = await client.post("/api/contacts", json={"first_name": "A", "custom": VALUES})
    assert refused.status_code == 422
    assert answers(refused.json()["errors"]) == sentences
    made = (await client.post("/api/contacts", json={"first_name": "A"})).json()
    refused = await client.patch(f"/api/contacts/{made['id']}", json={"custom": VALUES})
    assert answers(refused.json()["errors"]) == sentences
    body = {"ids": [made["id"]], "changes": {"custom": VALUES}}
    (item,) = (await client.post("/api/contacts/bulk", json=body)).json()["items"]
    assert (item["status"], answers(item["problem"]["errors"])) == (422, sentences)
    assert (await client.get(f"/api/contacts/{made['id']}")).json() == made


async def test_an_import_refuses_them(fields: Crm, tmp_path: Path, sentences: dict[str, str]) -> None:
    file = tmp_path / "people.csv"
    file.write_text(
        "\t".join(["First name", *VALUES]) + "\n" + "\t".join(["A", *VALUES.values()]) + "\n",
        encoding="utf-8",
    )
    chosen = {key: f"custom.{key}" for key in VALUES}
    run = await fields.imports.file(
        "contact", file, ImportSettings(delimiter="\t", mapping=chosen), actor=ADMIN
    )
    (row,) = await fields.imports.refused(run.id, actor=ADMIN)
    assert {problem.path: problem.code for problem in row.problems} == CODES
    assert {problem.path: problem.sentence("en") for problem in row.problems} == sentences
    assert not await History.exists().where(History.record_type == "contact")


async def test_a_plugin_is_refused_them(fields: Crm, sentences: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        records = RecordsOfPlugin(fields.records, "shop")
        await records.create("contact", {"first_name": "A", "custom": VALUES})
    assert {problem.path: problem.sentence("en") for problem in refused.value.problems} == sentences


async def test_receiving_leaves_them_out_and_says_so(fields: Crm, sentences: dict[str, str]) -> None:
    await api_account(fields)
    await post(fields, email="ann@example.com", contact_custom=VALUES)
    await drained(fields)
    await told(fields, sentences)


async def test_a_form_leaves_them_out_and_says_so(
    fields: Crm, clock: TurnableClock, sentences: dict[str, str]
) -> None:
    mail = {"name": "mail", "label": "E-mail", "type": "email", "required": True, "target": "email"}
    questions = [{"name": key, "label": key, "target": f"contact.custom.{key}"} for key in VALUES]
    config = {"title": "Ask us", "fields": [mail, *questions]}
    await fields.channel_accounts.create("form", "Ask", config, actor=ADMIN, slug="ask")
    token = (await fields.forms.definition("ask")).token
    clock.advance(30)
    await fields.forms.submit(
        "ask",
        {"mail": "ann@example.com", **VALUES},
        token=token,
        url="http://crm.example/f/ask",
        user_agent="Firefox",
    )
    await drained(fields)
    await told(fields, sentences)


async def told(crm: Crm, sentences: dict[str, str]) -> None:
    """What came is there without the bad values, and a note says each of them with its reason."""
    [conversation] = await conversations()
    contact = (await crm.records.get("contact", conversation["contact"], actor=ADMIN)).document
    assert (contact["emails"], contact["custom"]) == (["ann@example.com"], {})
    text = "\n".join(text_of(note["text"]) for note in await messages("note"))
    for path, sentence in sentences.items():
        key = path.removeprefix("/custom/")
        (line,) = [line for line in text.splitlines() if f"custom.{key} " in line]
        assert VALUES[key] in line and sentence in line


async def test_rules_do_not_keep_out_what_arrives_for_whom_and_what_is_known(crm: Crm) -> None:
    for record_type in ("contact", "conversation"):
        together = {"properties": {"custom": {"dependentRequired": {"a": ["b"]}}}}
        for key, rule in {"b": {}, "a": together}.items():
            field = CustomField(record_type=record_type, key=key, label=key.upper(), rule=rule)
            await crm.fields.create(field, actor=ADMIN)
    await api_account(crm)
    await post(crm, email="ann@example.com", thread_key="t")
    await drained(crm)
    sent = {"contact_custom": {"a": "1"}, "conversation_custom": {"a": "2"}}
    await post(crm, email="ann@example.com", thread_key="t", **sent)
    await drained(crm)
    [conversation] = await conversations()
    found = await crm.records.get("conversation", conversation["id"], actor=ADMIN)
    assert found.document["custom"] == {"a": "2"}
    contact = await crm.records.get("contact", conversation["contact"], actor=ADMIN)
    assert contact.document["custom"] == {"a": "1"}
    assert not await messages("note")
