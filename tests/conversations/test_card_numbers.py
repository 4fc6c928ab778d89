"""A card number that somebody sends is stored nowhere: not in messages, records, events, index or raw body."""

import msgspec
from posting import ADMIN, api_account, drained, post

from crmcore.contracts.fields import CustomField
from crmcore.contracts.messages import Identity, InboundMessage, TaskRequest
from crmcore.conversations.tables import InboundDelivery, Message
from crmcore.conversations.understand import checked_message
from crmcore.search.tables import SearchProgress
from crmcore.workspace import Crm

CARD, SHOWN = "4111 1111 1111 1111", "4111 11•• •••• 1111"


async def test_a_posted_card_number_is_stored_nowhere(crm: Crm) -> None:
    await crm.fields.create(CustomField(record_type="contact", key="note", label="Note"), actor=ADMIN)
    await api_account(crm)
    await post(
        crm,
        email="a@example.com",
        name=f"Anna {CARD}",
        subject=f"card {CARD}",
        text=f"Charge {CARD} please, cvv 123",
        contact_custom={"note": CARD},
    )
    await drained(crm)
    [message] = await Message.select().where(Message.kind == "inbound")
    assert message["text"] == f"Charge {SHOWN} please, cvv •••"
    [delivery] = await InboundDelivery.select()
    assert bytes(delivery["body"]).startswith(b"enc:v1:")
    whole = await crm.conversations.delivery(delivery["id"], actor=ADMIN)
    assert CARD not in whole["body"]
    assert SHOWN in whole["body"]
    names = (
        "contact",
        "conversation",
        "message",
        "event",
        "history",
        "search_entry",
        "inbound_delivery",
        "job",
    )
    dump = "".join([repr(await SearchProgress.raw(f'SELECT * FROM "{name}"')) for name in names])
    assert SHOWN in dump
    assert CARD not in dump
    assert CARD.replace(" ", "") not in dump


def test_every_text_of_a_message_is_redacted_and_every_id_stays() -> None:
    number = "4111111111111111"
    message = InboundMessage(
        external_id=number,
        thread_key=number,
        text=f"card {number}",
        subject=number,
        name=number,
        identities=(
            Identity(kind="email", value=f"{number}@example.com"),
            Identity(kind="phone", value=number),
        ),
        contact={"job_title": number},
        contact_custom={"list": [number]},
        conversation_custom={"text": number},
        task=TaskRequest(title=number),
        details={"deep": {"er": number}},
    )
    clean = checked_message(message)
    assert (clean.external_id, clean.thread_key) == (number, number)
    assert clean.identities[0].value == f"{number}@example.com"
    rest = msgspec.structs.replace(clean, external_id="", thread_key="", identities=clean.identities[1:])
    assert number not in repr(rest)
    assert repr(rest).count("411111••••••1111") == 9
