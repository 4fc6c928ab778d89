"""Fields that a role hides or keeps from being changed: a canary in each of them turns up in no answer."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest
from matrix_world import SYSTEM

from crmcore.conversations.tables import Message
from crmcore.workspace import Crm

Connect = Callable[..., httpx2.AsyncClient]
CANARY = "kanarienvogel"
PASSWORD = "correct horse battery staple"
HIDDEN = {
    "contact": ["notes", "emails", "phones", "job_title", "company", "custom.margin"],
    "company": ["domain", "notes"],
    "conversation": ["subject", "custom.secret_plan"],
    "message": ["text"],
    "task": ["notes"],
}
READS = """
/api/contacts /api/contacts?q=kanarienvogel /api/contacts/{contact} /api/contacts/{contact}/history
/api/contacts/{contact}/provenance /api/contacts/export /api/contacts/export?format=csv&labels=true
/api/contacts?fields=notes,emails,custom /api/companies /api/companies/{company} /api/companies/{company}/history
/api/companies?q=kanarienvogel /api/conversations /api/conversations/{conversation} /api/conversations/export
/api/conversations/{conversation}/history /api/conversations/{conversation}/messages
/api/conversations?q=kanarienvogel /api/messages /api/messages/{message} /api/messages/export
/api/messages/{message}/history /api/tasks /api/tasks/{task} /api/tasks/{task}/history /api/tasks/export
/api/search?q=kanarienvogel /api/search?q=kanar&type=contact /api/search?q=kanarienvogel&type=message
/api/schemas/contact /api/schemas/conversation /api/openapi.json /api/docs /api/fields /api/views
/inbox?view=all /inbox/{conversation} /contacts /contacts/{contact} /contacts/{contact}/edit /tasks
/search?q=kanarienvogel /inbox/{conversation}/fields /ui/panels/core.conversations?ref=contact:{contact}
"""


@pytest.fixture
async def ids(crm: Crm) -> dict[str, str]:
    """Records with the canary in every hidden field, changed once so that the history has it too."""
    for record_type, key in (("contact", "margin"), ("conversation", "secret_plan")):
        field = {"record_type": record_type, "key": key, "label": CANARY, "type": "text", "filterable": True}
        await _make_field(crm, field)
    mail, phone = f"{CANARY}@example.com", "+4930123456"
    company = await crm.records.create(
        "company", {"name": "Firm", "domain": f"{CANARY}.example", "notes": CANARY}, actor=SYSTEM
    )
    contact = await crm.records.create(
        "contact",
        {"emails": [mail], "phones": [phone], "custom": {"margin": CANARY}, "company": "Firm"},
        actor=SYSTEM,
    )
    await crm.records.update("contact", contact.id, {"notes": CANARY, "job_title": CANARY}, actor=SYSTEM)
    talk = await crm.records.create(
        "conversation",
        {"subject": CANARY, "contact_id": str(contact.id), "custom": {"secret_plan": CANARY}},
        actor=SYSTEM,
        internal={"preview": CANARY},
    )
    message = Message(conversation=talk.id, kind="inbound", text=CANARY, created_at=crm.clock())
    await Message.insert(message)
    task = await crm.records.create(
        "task",
        {"title": "Call", "notes": CANARY, "contact_id": str(contact.id), "conversation_id": str(talk.id)},
        actor=SYSTEM,
    )
    found = {"company": company, "contact": contact, "conversation": talk, "task": task, "message": message}
    return {name: str(record.id) for name, record in found.items()}


async def _make_field(crm: Crm, field: dict[str, Any]) -> None:
    from crmcore.contracts.fields import CustomField

    await crm.fields.create(CustomField(**field), actor=SYSTEM)


async def person(crm: Crm, connect: Connect, fields: dict[str, dict[str, str]]) -> httpx2.AsyncClient:
    """Return a client of somebody who may do everything but for ``fields``."""
    from crmcore.accounts.role import NewRole, RoleLabel

    new = NewRole(key="veiled", label=RoleLabel("Veiled", "Вуаль"), permissions=["*"], fields=fields)
    await crm.roles.create(new, actor=SYSTEM)
    id = await crm.accounts.create_user("veiled@example.com", "Vera", None, role="veiled")
    return connect(authorization=f"Bearer {await crm.accounts.create_token(id, '', ['all'])}")


def rules(rule: str) -> dict[str, dict[str, str]]:
    return {kind: dict.fromkeys(names, rule) for kind, names in HIDDEN.items()}


async def test_the_canary_is_there_for_who_sees_everything(
    client: httpx2.AsyncClient, ids: dict[str, str]
) -> None:
    seen = [
        path for path in READS.split() if CANARY in (await client.get(path.format(**ids))).text.casefold()
    ]
    assert len(seen) > len(READS.split()) - 8, set(READS.split()) - set(seen)


async def test_no_answer_has_what_is_hidden(
    crm: Crm, connect: Connect, ids: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    vera = await person(crm, connect, rules("hidden"))
    leaks = []
    for path in READS.split():
        answer = await vera.get(path.format(**ids))
        assert answer.status_code == 200, (path, answer.text[:300])
        told = answer.text.casefold().replace(f"q={CANARY}", "").replace(f'value="{CANARY}"', "")
        if CANARY in told or "4930123456" in told:
            at = max(told.find(CANARY), told.find("4930123456"))
            leaks.append(f"{path}: …{told[max(0, at - 120) : at + 40]}…")
    record_property(
        "matrix", f"{len(READS.split())} reads of hidden fields, {sum(map(len, HIDDEN.values()))} fields"
    )
    assert not leaks, "\n" + "\n".join(leaks)


async def test_hidden_fields_cannot_be_asked_about(crm: Crm, connect: Connect, ids: dict[str, str]) -> None:
    vera = await person(crm, connect, rules("hidden"))
    for field in ("job_title", "custom.margin", "company_id"):
        text = f'{{"field":"{field}","op":"empty"}}'
        answer = await vera.get("/api/contacts", params={"filter": text})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_field")
        assert field not in answer.json()["errors"][0]["message"].partition(":")[2]
    words = await vera.get("/api/contacts", params={"q": CANARY})
    assert words.json()["items"] == []
    assert (await vera.get("/api/search", params={"q": CANARY})).json()["items"] == []


@pytest.mark.parametrize("rule", ["hidden", "read_only"])
async def test_what_is_not_theirs_is_not_written(
    crm: Crm, connect: Connect, ids: dict[str, str], rule: str
) -> None:
    vera = await person(crm, connect, rules(rule))
    code = {"hidden": "unknown_field", "read_only": "read_only"}[rule]
    sent = {"notes": "x", "job_title": "x", "emails": [], "custom": {"margin": "x"}}
    answer = await vera.patch(f"/api/contacts/{ids['contact']}", json=sent)
    assert answer.status_code == 422
    problems = {(error["path"], error["code"]) for error in answer.json()["errors"]}
    assert problems == {(path, code) for path in ("/notes", "/job_title", "/emails", "/custom/margin")}
    bulk = await vera.post("/api/contacts/bulk", json={"ids": [ids["contact"]], "changes": {"notes": "x"}})
    assert bulk.json()["failed"] == 1
    kept = await crm.records.get("contact", UUID(ids["contact"]), actor=SYSTEM)
    assert (kept.document["notes"], kept.document["custom"]) == (CANARY, {"margin": CANARY})
    allowed = await vera.patch(f"/api/contacts/{ids['contact']}", json={"first_name": "Ann"})
    assert allowed.status_code == 200 and ("notes" in allowed.json()) is (rule == "read_only")


async def test_a_merge_loses_nothing_that_its_maker_does_not_see(
    crm: Crm, connect: Connect, ids: dict[str, str]
) -> None:
    vera = await person(crm, connect, rules("hidden"))
    other = await crm.records.create("contact", {"first_name": "Ann"}, actor=SYSTEM)
    refused = await vera.post(
        f"/api/contacts/{other.id}/merge", json={"merged": ids["contact"], "choices": {"notes": "kept"}}
    )
    assert refused.status_code == 422
    merged = await vera.post(f"/api/contacts/{other.id}/merge", json={"merged": ids["contact"]})
    assert merged.status_code == 200 and CANARY not in merged.text
    kept = await crm.records.get("contact", other.id, actor=SYSTEM)
    assert (kept.document["notes"], kept.document["custom"]["margin"]) == (CANARY, CANARY)
    assert (await vera.post(f"/api/merges/{merged.json()['id']}/undo")).status_code == 200
