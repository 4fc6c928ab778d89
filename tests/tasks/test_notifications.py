"""Notifications: who hears of what, once, in which way, and never of what he may not see."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from task_making import MakeUser, conversation

from crmcore.accounts.role import NewRole
from crmcore.contracts.actors import Actor, system_actor
from crmcore.conversions import converted
from crmcore.errors import Forbidden, NotFound
from crmcore.mail import Mail, MailFailed
from crmcore.notifications.choices import Ways
from crmcore.notifications.mentions import mentioned
from crmcore.notifications.tables import Notification
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

SYSTEM = system_actor()


class Outbasket:
    """Takes mails; ``broken`` refuses them."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.broken = False

    async def send(self, mail: Mail) -> None:
        if self.broken:
            raise MailFailed("down")
        self.mails.append(mail)


@pytest.fixture
def post(crm: Crm) -> Outbasket:
    basket = Outbasket()
    crm.post.mailer = basket
    return basket


async def texts(crm: Crm, actor: Actor) -> list[tuple[str, str]]:
    page = await crm.notifications.reading.page(actor=actor)
    return [(item.kind, f"{item.text} / {item.title}") for item in page.items]


async def test_people_hear_of_what_concerns_them_and_not_of_what_they_did(
    crm: Crm, user: MakeUser, clock: TurnableClock
) -> None:
    anna, boris = await user("Anna Lee"), await user("Boris Kim", language="ru")
    id = await conversation(crm, subject="Invoice")
    await crm.conversations.assign(id, UUID(boris.id), actor=anna)
    await crm.conversations.assign(id, UUID(anna.id), actor=anna)
    clock.advance(1)
    await crm.conversations.note(id, "@boris kim, please; @anna too. mail@boris.org", actor=anna)
    assert await texts(crm, anna) == []
    assert await texts(crm, boris) == [
        ("mentioned", "Anna Lee упоминает вас в заметке / #1 Invoice"),
        ("assigned", "Anna Lee назначает это вам / #1 Invoice"),
    ]
    assert await crm.notifications.reading.unread(actor=boris) == 2
    (first, second) = (await crm.notifications.reading.page(actor=boris)).items
    assert first.path == f"/inbox/{id}#m{first.message_id}"
    with pytest.raises(NotFound):
        await crm.notifications.reading.read(first.id, actor=anna)
    assert (await crm.notifications.reading.read(first.id, actor=boris)).read_at
    unread = (await crm.notifications.reading.page(actor=boris, unread=True)).items
    assert [item.id for item in unread] == [second.id]
    assert await crm.notifications.reading.read_all(actor=boris) == 1
    with pytest.raises(Forbidden):
        await crm.notifications.reading.page(actor=SYSTEM)


async def test_nobody_hears_of_what_he_may_not_see(crm: Crm, user: MakeUser, post: Outbasket) -> None:
    await crm.roles.create(
        converted(
            {
                "key": "own",
                "label": {"en": "Own", "ru": "Свои"},
                "permissions": ["conversation.read", "message.read", "task.read"],
                "rows": {"*": "own"},
            },
            NewRole,
        ),
        actor=SYSTEM,
    )
    anna, carol = await user("Anna"), await user("Carol", role="own")
    id = await conversation(crm, subject="Secret")
    await crm.conversations.note(id, "@carol look", actor=anna)
    assert not await Notification.exists()  # she does not see it when she is mentioned
    await crm.conversations.assign(id, UUID(carol.id), actor=anna)
    assert [kind for kind, _ in await texts(crm, carol)] == ["assigned"]
    assert await crm.notifications.reading.unread(actor=carol) == 1
    await crm.conversations.assign(id, None, actor=anna)
    # And not any more when it was taken from her: neither listed, nor counted, nor mailed, nor opened.
    assert await texts(crm, carol) == []
    assert await crm.notifications.reading.unread(actor=carol) == 0
    (row,) = await Notification.select()
    with pytest.raises(NotFound):
        await crm.notifications.reading.read(row["id"], actor=carol)
    assert row["mail_at"] is not None
    crm.clock.advance(600)  # type: ignore[attr-defined]  # the clock of tests
    await crm.worker.drain()
    assert post.mails == []


async def test_mails_of_a_few_minutes_are_one(
    crm: Crm, user: MakeUser, post: Outbasket, clock: TurnableClock
) -> None:
    anna, boris = await user("Anna Lee"), await user("Boris Kim", language="ru")
    for subject in ("First", "Second", "Third"):
        id = await conversation(crm, subject=subject)
        await crm.conversations.assign(id, UUID(boris.id), actor=anna)
    clock.advance(60)
    await crm.worker.drain()
    assert post.mails == []
    clock.advance(70)
    post.broken = True
    await crm.worker.drain()
    post.broken = False
    clock.advance(3600)
    await crm.worker.drain()
    (mail,) = post.mails
    assert (mail.to, mail.subject) == ("boris@example.com", "Уведомлений: 3")
    assert "#2 Second" in mail.text and "/notifications" in mail.text and mail.id.startswith("notifications.")
    clock.advance(3600)
    await crm.worker.drain()
    assert len(post.mails) == 1
    # One that was read before is not mailed.
    await crm.conversations.assign(await conversation(crm, subject="Fourth"), UUID(boris.id), actor=anna)
    await crm.notifications.reading.read_all(actor=boris)
    clock.advance(600)
    await crm.worker.drain()
    assert len(post.mails) == 1


async def test_everybody_chooses_kind_and_way(crm: Crm, user: MakeUser, post: Outbasket) -> None:
    anna, boris = await user("Anna"), await user("Boris")
    id = await conversation(crm, subject="Invoice")
    ways = await crm.notifications.choices.choose(
        UUID(boris.id), {"assigned": Ways(in_page=False, by_mail=True)}
    )
    assert ways["assigned"].by_mail and ways["mentioned"].in_page
    await crm.conversations.assign(id, UUID(boris.id), actor=anna)
    assert await texts(crm, boris) == []
    crm.clock.advance(300)  # type: ignore[attr-defined]  # the clock of tests
    await crm.worker.drain()
    assert [mail.subject.partition("  ")[2] for mail in post.mails] or len(post.mails) == 1
    await crm.notifications.choices.choose(UUID(boris.id), {"mentioned": Ways(in_page=False, by_mail=False)})
    await crm.conversations.note(id, "@boris", actor=anna)
    assert await Notification.count() == 1


async def test_snooze_over_is_told_once_by_two_workers(
    crm: Crm, user: MakeUser, clock: TurnableClock
) -> None:
    anna = await user("Anna")
    id = await conversation(crm, subject="Later", assignee_id=anna.id)
    await crm.conversations.snooze(id, clock() + timedelta(hours=1), actor=anna)
    clock.advance(3601)
    await asyncio.gather(*(crm.conversations.wake_due() for _ in range(4)))
    assert [kind for kind, _ in await texts(crm, anna)] == ["snooze_over", "assigned"]


PEOPLE: list[dict[str, Any]] = [
    {"id": UUID(int=1), "name": "Anna Lee", "email": "anna@example.com"},
    {"id": UUID(int=2), "name": "Anna Maria", "email": "am@example.com"},
    {"id": UUID(int=3), "name": "Борис Ким", "email": "boris.kim@example.com"},
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Anna Lee and @борис", [1, 3]),
        ("@anna", [1]),  # her mail address; two have that first name
        ("@am, @boris.kim!", [2, 3]),
        ("write to info@anna.org", []),
        ("@annabel @ anna", []),
        ("@boris.kim@example.com", [3]),
        ("@Anna Lee @Anna Lee", [1]),
    ],
)
def test_who_is_mentioned(text: str, found: list[int]) -> None:
    assert mentioned(text, PEOPLE) == [UUID(int=number) for number in found]
