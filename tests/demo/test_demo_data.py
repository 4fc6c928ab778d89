"""The demo's data in a workspace, on both engines."""

from datetime import timedelta
from pathlib import Path

from crmcore.clock import utc_now
from crmcore.contracts.actors import system_actor
from crmcore.demo.bulk import generate
from crmcore.demo.clock import StoryClock
from crmcore.demo.customers import import_customers, mark_customers
from crmcore.demo.setting import COLLEAGUES, make_channels, make_colleagues, make_fields
from crmcore.demo.story import DAYS, tell
from crmcore.demo.telling import Telling
from crmcore.records.query import ListQuery
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

ADMIN = system_actor("test")


def silent(what: str, done: int, total: int) -> None:
    assert 0 < done <= total


async def count(crm: Crm, record_type: str, **leaf: str) -> int:
    query = ListQuery(filter=leaf or None)
    return await crm.records.count(record_type, query, actor=ADMIN)


async def test_the_setting_is_made_once(crm: Crm) -> None:
    for _ in range(2):
        colleagues = await make_colleagues(crm)
        await make_fields(crm, ADMIN)
        await make_channels(crm, ADMIN)

    assert set(colleagues) == {person.email for person in COLLEAGUES}
    assert await count(crm, "user") == len(COLLEAGUES)
    assert {field.key for field in await crm.fields.list("contact", actor=ADMIN)} >= {
        "tier",
        "city",
        "country",
    }
    accounts = await crm.channel_accounts.list(actor=ADMIN)
    assert {account["channel"] for account in accounts} == {"api", "form"}


async def test_all_customers_pass_the_gate_and_some_are_marked(crm: Crm) -> None:
    await make_fields(crm, ADMIN)
    report = await import_customers(crm, ADMIN, silent)
    await mark_customers(crm, ADMIN)
    again = await import_customers(crm, ADMIN, silent)

    assert (report.created, report.refused) == (59, 0)
    assert (again.created, again.skipped) == (0, 59)
    assert await count(crm, "contact", field="custom.country", op="eq", value="Brazil") == 5
    gold = await count(crm, "contact", field="custom.tier", op="eq", value="gold")
    assert gold == await count(crm, "contact", field="tags", op="contains", value="vip") == 10


async def test_the_story_is_told_in_its_own_time_and_once(database_url: str, tmp_path: Path) -> None:
    clock = StoryClock()
    settings = WorkspaceSettings(data_dir=str(tmp_path), database_url=database_url)
    crm = Crm.build(settings, clock=clock, entry_points=[])
    await crm.start()
    now = utc_now()
    questions = tell(now)[-60:]
    try:
        with crm.bound():
            colleagues = await make_colleagues(crm)
            await make_fields(crm, ADMIN)
            await make_channels(crm, ADMIN)
            for _ in range(2):
                await Telling(crm, clock, colleagues, silent).run(now, questions)
            clock.let_go()

            asked = await count(crm, "message", field="kind", op="eq", value="inbound")
            conversations = await crm.records.list("conversation", ListQuery(limit=200), actor=ADMIN)
            deliveries = await crm.conversations.deliveries(actor=ADMIN, limit=200)
    finally:
        await crm.stop()

    assert asked == len(questions)
    assert {delivery["state"] for delivery in deliveries.items} == {"done"}
    threads = {question.thread for question in questions}
    documents = [record.document for record in conversations.items]
    assert len(documents) == len(threads)
    assert {document["status"] for document in documents} >= {"open", "waiting"}
    assert {document["custom"]["topic"] for document in documents} <= {
        *("cards", "payments", "transfers", "top_ups", "cash", "exchange", "account", "other"),
    }
    for document in documents:
        assert now - timedelta(days=DAYS) < document["created_at"] < now


async def test_a_generated_base_looks_like_any_other(crm: Crm) -> None:
    colleagues = await make_colleagues(crm)
    await make_fields(crm, ADMIN)
    await make_channels(crm, ADMIN)
    await generate(crm, 1100, colleagues, silent)
    await generate(crm, 1200, colleagues, silent)

    assert await count(crm, "contact") == await count(crm, "conversation") == 1200
    page = await crm.records.list("contact", ListQuery(limit=3), actor=ADMIN)
    for record in page.items:
        [email] = record.document["emails"]
        found = await crm.records.list("contact", ListQuery(q=email), actor=ADMIN)
        assert [match.id for match in found.items] == [record.id]
        changed = await crm.records.update("contact", record.id, {"job_title": "Buyer"}, actor=ADMIN)
        assert changed.version == 2 and changed.document["emails"] == [email]
    conversation = (await crm.records.list("conversation", ListQuery(limit=1), actor=ADMIN)).items[0]
    messages = await crm.conversations.messages(conversation.id, actor=ADMIN)
    assert len(messages.items) == conversation.document["message_count"]
