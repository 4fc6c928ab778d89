"""A person whose every value has one rare word in it, and a look into every place where that word may be left."""

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from posting import ADMIN, drained, post

from crmcore import CustomField
from crmcore.contacts.tables import Contact
from crmcore.contracts.actors import Actor
from crmcore.conversations.tables import Conversation, InboundDelivery, Message
from crmcore.database.database import Database
from crmcore.events.tables import EventRow
from crmcore.importing.run import ImportSettings
from crmcore.jobs.tables import JobRow
from crmcore.records.tables import IdempotentAnswer
from crmcore.views.tables import SavedView
from crmcore.webhooks.tables import WebhookDelivery, WebhookEndpoint
from crmcore.workspace import Crm

CANARY = "qvxcanary"
DIGITS = "2125550188"
SSN = "536-90-4399"
MAIL = f"{CANARY}.mail@example.com"
AGENT = Actor(kind="user", id="", label="Ada Agent", permissions=frozenset({"*"}))
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


async def fields(crm: Crm) -> None:
    """Make custom fields: plain, of files, sensitive, and one that is deleted again with its values."""
    for key, type, more in (
        ("nick", "text", {"filterable": True}),
        ("paper", "file", {}),
        ("secret", "text", {"format": "ssn-us"}),
        ("former", "text", {}),
    ):
        field = CustomField(record_type="contact", key=key, label=key.title(), type=type, **more)
        await crm.fields.create(field, actor=ADMIN)
    await crm.fields.create(CustomField(record_type="conversation", key="order", label="Order"), actor=ADMIN)


async def bystander(crm: Crm) -> UUID:
    """Somebody else, of whom everything has to stay."""
    await post(crm, email="bob@example.com", name="Bob Bystander", text="What about my kettle?")
    await drained(crm)
    rows = await Contact.select(Contact.id).where(Contact.first_name == "Bob")
    id: UUID = rows[0]["id"]
    return id


async def lived(crm: Crm, folder: Path) -> UUID:
    """Let the person come in by every door and everybody work with them; return the contact."""
    person = await _known(crm)
    conversation = await _wrote(crm, person)
    await _worked_with(crm, person, conversation)
    await _imported(crm, folder)
    await _left_copies(crm, person, conversation)
    await drained(crm)
    return person


async def _known(crm: Crm) -> UUID:
    paper = await crm.files.keep_bytes(f"{CANARY}.txt", f"my {CANARY} paper".encode(), actor=AGENT)
    document = {
        "first_name": CANARY.title(),
        "last_name": f"Von{CANARY}",
        "emails": [MAIL],
        "phones": [f"+1{DIGITS}"],
        "handles": [f"@{CANARY}"],
        "job_title": f"{CANARY} of state",
        "gender": CANARY,
        "notes": f"likes {CANARY}",
        "tags": [f"vip-{CANARY}"],
        "custom": {"nick": f"{CANARY}-nick", "secret": SSN, "former": f"{CANARY}-former"},
    }
    record = await crm.records.create("contact", document, actor=AGENT, reason=f"met {CANARY}")
    custom = {"custom": {"paper": str(paper["id"])}}
    await crm.records.update("contact", record.id, custom, actor=AGENT)
    (former,) = [row for row in await crm.fields.list("contact", actor=ADMIN) if row.key == "former"]
    await crm.fields.delete(former.id, actor=ADMIN)
    await crm.fields.life.purge(former.id, actor=ADMIN)
    # A second self, merged; a third, merged and taken apart again.
    twin = {"first_name": f"Twin{CANARY}", "emails": [f"twin.{CANARY}@example.com"], "notes": CANARY}
    other = await crm.records.create("contact", twin, actor=AGENT)
    await crm.contacts.merge(record.id, other.id, actor=AGENT)
    third = await crm.records.create("contact", {"first_name": f"Third{CANARY}"}, actor=AGENT)
    undone = await crm.contacts.merge(record.id, third.id, actor=AGENT)
    await crm.contacts.undo_merge(undone, actor=AGENT)
    await crm.contacts.merge(record.id, third.id, actor=AGENT)
    return record.id


async def _wrote(crm: Crm, person: UUID) -> UUID:
    await post(
        crm,
        email=MAIL,
        name=f"{CANARY.title()} Von{CANARY}",
        subject=f"About {CANARY}",
        text=f"I am {CANARY}",
        html=f"<p>I am <b>{CANARY}</b></p>",
        thread_key=f"thread-{CANARY}",
        delivery_key=f"id-{CANARY}",
        attachments=[
            {"name": f"{CANARY}.png", "content": base64.b64encode(PNG).decode(), "media_type": "image/png"},
            {"name": f"{CANARY}2.txt", "content": base64.b64encode(CANARY.encode()).decode()},
        ],
    )
    await drained(crm)
    # Held by a filter, for a person to look at.
    await post(crm, email=MAIL, text=f"held {CANARY}", delivery_key=f"key-{CANARY}")
    held: dict[Any, Any] = {InboundDelivery.state: "held"}
    await InboundDelivery.update(held, force=True).where(InboundDelivery.delivery_key == f"key-{CANARY}")
    await drained(crm)
    rows = await Conversation.select(Conversation.id).where(Conversation.contact == person)
    id: UUID = rows[0]["id"]
    return id


async def _worked_with(crm: Crm, person: UUID, conversation: UUID) -> None:
    await crm.conversations.reply(conversation, f"Dear {CANARY}", actor=AGENT)
    await crm.conversations.note(conversation, f"{CANARY} is nice", actor=AGENT)
    await crm.records.update(
        "conversation",
        conversation,
        {"subject": f"Again {CANARY}", "tags": [f"case-{CANARY}"], "custom": {"order": CANARY}},
        actor=AGENT,
        reason=f"because of {CANARY}",
    )
    task = {"title": f"Call {CANARY}", "notes": CANARY, "contact_id": str(person)}
    await crm.records.create("task", task, actor=AGENT)
    await crm.records.update("contact", person, {"notes": f"still {CANARY}"}, actor=AGENT)
    await crm.records.reveal("contact", person, "custom.secret", reason=f"asked by {CANARY}", actor=AGENT)
    company = await crm.records.create("company", {"name": "Kettles Ltd"}, actor=AGENT)
    await crm.records.update(
        "company", company.id, {"phone": "+442079460018"}, actor=AGENT, reason=f"told by {MAIL}"
    )
    view = {"record_type": "contact", "name": f"{CANARY.title()} Von{CANARY}", "query": {"q": MAIL}}
    await SavedView.insert(
        SavedView(**{**view, "query": msgspec.json.encode(view["query"]).decode(), "shared": True})
    )


async def _imported(crm: Crm, folder: Path) -> None:
    file = folder / "people.csv"
    rows = (
        "First name,E-mail,Phone,Job title",
        f"{CANARY.title()},{MAIL},,boss of {CANARY}",
        f"Nobody,not-an-address,+1{DIGITS},x",
        "Zed,zed@example.com,,clerk",
    )
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    await crm.imports.file("contact", file, ImportSettings(duplicates="update"), actor=ADMIN)
    file.unlink()


async def _left_copies(crm: Crm, person: UUID, conversation: UUID) -> None:
    body = msgspec.json.encode({"id": str(person), "first_name": CANARY})
    answer = IdempotentAnswer(actor="user:1", key="k", request_hash="h", status=201, body=body)
    await IdempotentAnswer.insert(answer)
    dead = JobRow(
        plugin="core",
        name="send_message",
        payload=msgspec.json.encode({"to": MAIL}).decode(),
        state="dead",
        error=f"{MAIL} bounced",
        run_at=crm.clock(),
    )
    await JobRow.insert(dead)
    endpoint = WebhookEndpoint(url="https://hooks.example.com/whsec/in", owner=uuid4())
    await WebhookEndpoint.insert(endpoint)
    posted = WebhookDelivery(
        endpoint=endpoint.id, name="contact_updated", record_id=person, answer=f"thanks for {CANARY}"
    )
    await WebhookDelivery.insert(posted)
    assert await EventRow.exists() and await InboundDelivery.exists() and await Message.exists()


async def columns_with(database: Database, *words: str) -> list[str]:
    """Return every ``table.column`` that has one of ``words``, whatever the case, in any row."""
    found = []
    if database.kind == "sqlite":
        tables = await Contact.raw("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        tables = await Contact.raw(
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    for table in (row["name"] for row in tables):
        if table.startswith(("search_words", "search_said")):
            continue  # the index: its words are in search_entry, its pages are looked at with the file
        for row in await Contact.raw(f'SELECT * FROM "{table}"'):
            for name, value in row.items():
                text = bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                if any(word in text.lower() for word in words):
                    found.append(f"{table}.{name}")
    return sorted(set(found))


def files_with(folder: Path, *words: str) -> Iterator[str]:
    """Yield every file under ``folder`` that has one of ``words`` in its name or content."""
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        content = file.read_bytes()
        if file.suffix == ".gz":
            content = gzip.decompress(content)
        if any(word.encode() in content.lower() or word in file.name.lower() for word in words):
            yield str(file.relative_to(folder))
