from datetime import timedelta

import pytest
from posting import ADMIN, api_account, chat, chat_account, conversations, drained, messages, post

from crmcore.contacts.tables import Contact
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


async def test_a_contact_with_an_open_conversation_continues_it(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com", text="one")
    await post(crm, email="A@EXAMPLE.com", text="two")
    await drained(crm)
    [conversation] = await conversations()
    assert conversation["message_count"] == 2
    reasons = [row["thread_reason"] for row in await messages("inbound")]
    assert "e-mail address is this contact’s" in reasons[1] and "open conversation" in reasons[1]


async def test_another_account_is_another_conversation(crm: Crm) -> None:
    await api_account(crm)
    await api_account(crm, slug="second")
    await post(crm, email="a@example.com")
    await post(crm, account="second", email="a@example.com")
    await drained(crm)
    assert len(await conversations()) == 2
    assert await Contact.count() == 1


async def test_the_policy_never_always_opens_a_conversation_but_keeps_threads(crm: Crm) -> None:
    await api_account(crm, policy={"open_case": "never"})
    await post(crm, email="a@example.com")
    await post(crm, email="a@example.com")
    await post(crm, email="a@example.com", thread_key="t")
    await post(crm, email="a@example.com", thread_key="t")
    await drained(crm)
    assert sorted(row["message_count"] for row in await conversations()) == [1, 1, 2]


async def test_a_closed_conversation_reopens_within_the_window_and_not_after_it(
    crm: Crm, clock: TurnableClock
) -> None:
    await api_account(crm, policy={"window_days": 7})
    await post(crm, email="a@example.com", text="one")
    await drained(crm)
    [conversation] = await conversations()
    await crm.conversations.close(conversation["id"], actor=ADMIN)
    clock.advance(6 * 86_400)
    await post(crm, email="a@example.com", text="two")
    await drained(crm)
    [conversation] = await conversations()
    assert (conversation["status"], conversation["closed_at"]) == ("open", None)
    assert conversation["waiting_since"] == clock()
    lines = [row["text"] for row in await messages("event")]
    assert lines == ["Closed the conversation", "Reopened the conversation"]

    await crm.conversations.close(conversation["id"], actor=ADMIN)
    clock.advance(8 * 86_400)
    await post(crm, email="a@example.com", text="three")
    await drained(crm)
    assert [row["status"] for row in await conversations()] == ["closed", "open"]


async def test_a_thread_key_finds_its_conversation_even_closed_and_old(
    crm: Crm, clock: TurnableClock
) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com", thread_key="order-1", text="one")
    await drained(crm)
    [conversation] = await conversations()
    await crm.conversations.close(conversation["id"], actor=ADMIN)
    clock.advance(400 * 86_400)
    await post(crm, email="a@example.com", thread_key="order-1", text="two")
    await drained(crm)
    [conversation] = await conversations()
    assert conversation["status"] == "open"
    assert "order-1" in (await messages("inbound"))[1]["thread_reason"]


async def test_a_stranger_with_the_same_thread_key_does_not_get_in(crm: Crm) -> None:
    await api_account(crm)
    await post(crm, email="a@example.com", thread_key="order-1", text="mine")
    await drained(crm)
    await post(crm, email="stranger@example.com", thread_key="order-1", text="let me in")
    await drained(crm)
    await post(crm, email="stranger@example.com", thread_key="order-1", text="again")
    await drained(crm)
    assert [row["message_count"] for row in await conversations()] == [1, 2]
    assert "another contact" in (await messages("inbound"))[1]["thread_reason"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_an_anonymous_message_of_a_thread_joins_it_in_either_order(
    chat_crm: Crm, order: tuple[int, int]
) -> None:
    await chat_account(chat_crm)
    both = [
        {"id": "1", "text": "named", "from": "u1", "thread_key": "t"},
        {"id": "2", "text": "x", "thread_key": "t"},
    ]
    for index in order:
        await chat(chat_crm, both[index])
        await drained(chat_crm)
    [conversation] = await conversations()
    assert conversation["message_count"] == 2
    assert conversation["contact"] is not None


async def test_a_late_message_with_an_old_time_changes_what_it_would_have_changed(
    crm: Crm, clock: TurnableClock
) -> None:
    await api_account(crm)
    start = clock()
    clock.advance(3600)
    await post(crm, email="a@example.com", text="later", sent_at=(start + timedelta(minutes=50)).isoformat())
    await drained(crm)
    await post(
        crm, email="a@example.com", text="earlier", sent_at=(start + timedelta(minutes=10)).isoformat()
    )
    await post(crm, email="a@example.com", text="a lie", sent_at=(start + timedelta(days=9)).isoformat())
    await drained(crm)
    [conversation] = await conversations()
    assert conversation["waiting_since"] == start + timedelta(minutes=10)
    assert conversation["last_inbound_at"] == clock()
    assert [row["text"] for row in await messages("inbound")] == ["earlier", "later", "a lie"]
    assert conversation["preview"] == "a lie"
