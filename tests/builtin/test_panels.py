from typing import Any

from posting import ADMIN, api_account, conversations, drained, post

from crmcore import PanelContent, Subject
from crmcore.contracts.blocks import Items
from crmcore.workspace import Crm


async def shown(crm: Crm, subject: Subject) -> PanelContent:
    registered = crm.registry.panels["core.conversations"]
    context = crm.host.context("core")
    content: PanelContent = await crm.host.dispatch.run(
        "core", "panel.load", registered.item.load, subject, context
    )
    return content


async def test_the_panel_shows_the_persons_other_conversations(crm: Crm) -> None:
    await api_account(crm)
    for number in range(3):
        await post(crm, email="a@example.com", thread_key=str(number), subject=f"Subject {number}")
    await drained(crm)
    rows = await conversations()
    await crm.conversations.close(rows[2]["id"], actor=ADMIN)
    contact: dict[str, Any] = (await crm.records.get("contact", rows[0]["contact"], actor=ADMIN)).document
    document = (await crm.records.get("conversation", rows[0]["id"], actor=ADMIN)).document
    subject = Subject(
        record_type="conversation", id=rows[0]["id"], document=document, contact=contact, language="ru"
    )
    [block] = (await shown(crm, subject)).blocks
    assert isinstance(block, Items)
    assert sorted(item.title for item in block.items) == ["#2 Subject 1", "#3 Subject 2"]
    assert {item.href for item in block.items} == {f"/inbox/{row['id']}" for row in rows[1:]}

    person = Subject(record_type="contact", id=contact["id"], document=contact, contact=contact)
    [block] = (await shown(crm, person)).blocks
    assert isinstance(block, Items) and len(block.items) == 3


async def test_the_panel_of_somebody_new_is_empty(crm: Crm) -> None:
    contact = (await crm.records.create("contact", {"first_name": "New"}, actor=ADMIN)).document
    person = Subject(
        record_type="contact", id=contact["id"], document=contact, contact=contact, language="ru"
    )
    content = await shown(crm, person)
    assert (content.status, content.message) == ("empty", "Других обращений нет.")
