"""What makes the core call each hook: a hook that is new has its way to be called written here first."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

from fault_world import ADMIN
from posting import post

from crmcore import ExternalIdentity
from crmcore.accounts.external import ExternalSignIn
from crmcore.contacts.tables import Contact
from crmcore.conversations.tables import InboundDelivery, Message
from crmcore.errors import CrmError
from crmcore.workspace import Crm


class Happening:
    """What came of one happening: ``refusal`` is what the asker heard, empty when it went through."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal


async def _contact(crm: Crm) -> UUID:
    document = {"first_name": "Ann", "handles": [f"@{uuid4().hex[:16]}"]}
    return (await crm.records.create("contact", document, actor=ADMIN)).id


async def _refused(work: Awaitable[object]) -> Happening:
    try:
        await work
    except CrmError as error:
        assert error.status < 500, error
        return Happening(error.sentence("en"))
    return Happening()


async def create(crm: Crm) -> Happening:
    """A contact is created; nothing of it stays when that is refused."""
    before = await Contact.count()
    happened = await _refused(_contact(crm))
    assert await Contact.count() == before + (not happened.refusal)
    return happened


async def update(crm: Crm) -> Happening:
    """A contact is changed."""
    id = await _contact(crm)
    await crm.records.update("contact", id, {"job_title": "Carpenter"}, actor=ADMIN)
    return Happening()


async def delete(crm: Crm) -> Happening:
    """A contact is deleted; it is there as it was when that is refused."""
    id = await _contact(crm)
    happened = await _refused(crm.records.delete("contact", id, actor=ADMIN))
    row = (await Contact.select().where(Contact.id == id))[0]
    assert (row["deleted_at"] is None) == bool(happened.refusal)
    return happened


async def merge(crm: Crm) -> Happening:
    """Two contacts become one, or stay two."""
    kept, merged = await _contact(crm), await _contact(crm)
    happened = await _refused(crm.contacts.merge(kept, merged, actor=ADMIN))
    row = (await Contact.select().where(Contact.id == merged))[0]
    assert (row["merged_into"] is None) == bool(happened.refusal)
    return happened


async def receive(crm: Crm) -> Happening:
    """A message arrives and is there, whatever plugins do."""
    text = f"Hello {uuid4().hex}"
    await post(crm, text=text, email=f"{uuid4().hex[:12]}@example.com", name="Ann")
    [delivery] = await InboundDelivery.select().where(InboundDelivery.state == "received")
    assert await crm.conversations.process(delivery["id"]) == "done"
    assert await Message.count().where(Message.text == text) == 1
    return Happening()


async def reply(crm: Crm) -> Happening:
    """Somebody answers; a reply that no filter has seen is held."""
    await receive(crm)
    [row] = await Message.select().order_by(Message.id, ascending=False).limit(1)
    record = await crm.conversations.reply(row["conversation"], "On its way", actor=ADMIN)
    await crm.conversations.send(record.id)
    [sent] = await Message.select().where(Message.id == record.id)
    return Happening(sent["delivery_error"] if sent["delivery"] == "held" else "")


async def sign_in(crm: Crm) -> Happening:
    """A provider has recognised somebody; who cannot be asked lets nobody in."""
    identity = ExternalIdentity(issuer="https://id.example", subject="ann")
    return await _refused(ExternalSignIn(crm)._admission(identity))


HAPPENINGS: dict[str, Callable[[Crm], Awaitable[Happening]]] = {
    "contact_created": create,
    "contact_updated": update,
    "message_received": receive,
    "before_write": create,
    "before_delete": delete,
    "merge_contacts": merge,
    "resolve_contact": receive,
    "filter_inbound_message": receive,
    "filter_outbound_message": reply,
    "authenticate": sign_in,
}

REFUSES = frozenset(
    {"before_write", "before_delete", "merge_contacts", "filter_outbound_message", "authenticate"}
)
"""Where a plugin that fails stops what was asked for; everywhere else it goes on without the plugin's answer."""
