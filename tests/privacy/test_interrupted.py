"""Exports and erasures that are killed, that stop at a plugin, that are fetched once."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from canary import AGENT, CANARY, MAIL, columns_with, lived
from posting import ADMIN, drained, post

from crmcore import DataItem, DataSubject, PersonalData
from crmcore.contracts.actors import Actor
from crmcore.errors import Conflict, Forbidden
from crmcore.plugins.registry import Registered
from crmcore.privacy.tables import ErasureStep, PersonalExport
from crmcore.records.query import ListQuery
from crmcore.tasks.tables import Task
from crmcore.workspace import Crm

SCRIPT = Path(__file__).parent / "killed.py"


async def killed(crm: Crm, url: str, work: str, id: UUID) -> None:
    """Let another process do the work and be killed in the middle."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), url, str(crm.settings.data_path), work, str(id)
    )
    assert await process.wait() == -9


async def known(crm: Crm) -> UUID:
    record = await crm.records.create("contact", {"first_name": CANARY, "emails": [MAIL]}, actor=AGENT)
    await post(crm, email=MAIL, text=f"I am {CANARY}")
    await drained(crm)
    return record.id


async def test_an_export_that_was_killed_goes_on_and_is_fetched_once(
    crm: Crm, tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "in").mkdir()
    person = await lived(crm, tmp_path / "in")
    id = await crm.privacy.begin_export(person, actor=ADMIN, in_background=False)
    await killed(crm, database_url, "export", id)
    parts = sorted(file.name for file in (crm.settings.data_path / "personal" / str(id)).iterdir())
    assert "core.contact.jsonl" in parts
    made = await crm.privacy.exports.run(id)
    with ZipFile(made) as bundle:
        names = bundle.namelist()
        contacts = json.loads(bundle.read("data/core.contact.json"))
        talks = json.loads(bundle.read("data/core.conversations.json"))
        (answer,) = json.loads(bundle.read("data/core.webhooks.json"))
        page = bundle.read("index.html").decode()
    assert len(contacts) == 3 and contacts[0]["custom"]["secret"] == "536-90-4399"
    assert f"I am {CANARY}" in [message["text"] for message in talks[0]["messages"]]
    assert answer["answer"] == f"thanks for {CANARY}" and answer["record_id"] == str(person)
    assert answer["host"] == "hooks.example.com" and "whsec" not in json.dumps(answer)
    assert sum(name.startswith("files/") for name in names) == 3
    assert "Conversations and messages" in page and CANARY in page and "<script" not in page
    row = await crm.privacy.exports.row(id)
    assert row["state"] == "ready" and row["items"] > 10
    with pytest.raises(Forbidden):
        await crm.privacy.begin_export(person, actor=Actor(kind="user", permissions=frozenset({"*.read"})))
    # Broken off in the middle: it can be fetched again, and then never more.
    stream = await crm.privacy.exports.fetch(id, person, actor=ADMIN)
    assert await anext(stream)  # type: ignore[call-overload]  # a generator
    await stream.aclose()  # type: ignore[attr-defined]
    content = b"".join([b async for b in await crm.privacy.exports.fetch(id, person, actor=ADMIN)])
    assert content.startswith(b"PK") and not made.exists()
    with pytest.raises(Conflict):
        await crm.privacy.exports.fetch(id, person, actor=ADMIN)
    assert (await crm.privacy.exports.row(id))["state"] == "gone"


async def test_an_erasure_that_was_killed_goes_on(crm: Crm, database_url: str) -> None:
    person = await known(crm)
    id = await crm.privacy.begin_erase(person, CANARY, actor=ADMIN, in_background=False)
    await killed(crm, database_url, "erase", id)
    found = await crm.privacy.status(person, actor=ADMIN)
    states = {step["key"]: step["state"] for step in found["steps"]}
    assert found["state"] == "running" and states["contact"] == "done" and states["history"] == "waiting"
    assert CANARY not in found["subject"], "whom to look for is encrypted"
    assert await crm.privacy.erasures.run(id) == "done"
    assert await columns_with(crm.database, CANARY) == []
    assert (await crm.audit.verify(actor=ADMIN)).sound


async def test_a_plugin_that_fails_stops_the_erasure_until_a_person_lets_it_go_on(crm: Crm) -> None:
    works = False

    async def nothing(subject: DataSubject, plugin: Any) -> Any:
        for item in ():
            yield DataItem(id="", data=item)

    async def erase(subject: DataSubject, plugin: Any) -> int:
        if not works:
            raise RuntimeError(f"cannot reach {MAIL}")
        return 7

    kind = PersonalData(key="orders", label="Orders", export=nothing, erase=erase)
    # Among the core's kinds it would stand last: first, as those of plugins do.
    others = crm.registry.personal_data
    crm.registry.personal_data = {"core.orders": Registered("core", kind), **others}
    person = await known(crm)
    await crm.privacy.begin_erase(person, CANARY, actor=ADMIN)
    await drained(crm)
    found = await crm.privacy.status(person, actor=ADMIN)
    assert found["state"] == "stopped"
    failed = next(step for step in found["steps"] if step["state"] == "failed")
    assert failed["key"] == "orders" and MAIL not in failed["error"]
    (task,) = await Task.select().where(Task.id == found["task"])
    assert "orders" in task["title"] and CANARY not in task["title"] + task["notes"]
    # Nothing behind that point is gone.
    assert (await crm.records.get("contact", person, actor=ADMIN)).document["emails"] == [MAIL]
    works = True
    await crm.privacy.erasures.resume(found["id"], actor=ADMIN)
    await drained(crm)
    assert (await crm.privacy.status(person, actor=ADMIN))["state"] == "done"
    (step,) = await ErasureStep.select().where(ErasureStep.key == "orders")
    assert step["erased"] == 7
    assert await columns_with(crm.database, CANARY) == []
    assert (await crm.records.list("contact", ListQuery(), actor=ADMIN)).items == []
    assert await PersonalExport.count() == 0
