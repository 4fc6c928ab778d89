"""What becomes of what channels received: once, in any order, as text."""

from contextlib import aclosing
from typing import Any
from uuid import UUID

from crmcore.contacts.tables import ContactPoint
from crmcore.conversations.tables import Conversation, InboundDelivery, Message
from crmcore.errors import CrmError
from crmcore.testing.bench import SLUG, Bench
from crmcore.testing.factories import MAKER, newest_message
from crmcore.testing.hostile import EXECUTABLE, with_scripts
from crmcore.testing.inbound import Inbound
from crmcore.testing.people import People
from crmcore.testing.rule import Broken, Unshown
from crmcore.testing.rules.deliveries import request_of
from crmcore.testing.rules.receiving import samples_of_channels
from crmcore.testing.samples import Delivery


async def replay_is_idempotent(bench: Bench) -> None:
    """A delivery that comes twice, or is replayed by a person, is applied once."""
    for key, channel, _, deliveries in samples_of_channels(bench):
        async with bench.fresh() as crm:
            inbound = Inbound(crm)
            await inbound.account(key, bench.config_of(key, channel.config), slug=SLUG)
            await inbound.delivery(SLUG, deliveries[0])
            once = await _all()
            if not once["messages"] and not once["deliveries"]:
                raise Broken(f"A genuine delivery of “{key}” leaves nothing behind.")
            await inbound.delivery(SLUG, deliveries[0])
            for row in await InboundDelivery.select(InboundDelivery.id):
                await crm.conversations.replay(row["id"], actor=MAKER)
            await crm.worker.drain()
            if (twice := await _all()) != once:
                raise Broken(
                    f"A delivery of “{key}” that came twice made {twice} of {once}: take the vendor's "
                    "id as external_id "
                    "and as delivery_key."
                )


async def order_does_not_matter(bench: Bench) -> None:
    """Two deliveries lead to the same messages in whichever order they come."""
    for key, channel, _, deliveries in samples_of_channels(bench):
        if len(deliveries) < 2:
            raise Unshown(f"Give “{key}” a second sample delivery: vendors do not keep the order.")
        seen = []
        for order in (deliveries[:2], deliveries[1::-1]):
            async with bench.fresh() as crm:
                inbound = Inbound(crm)
                await inbound.account(key, bench.config_of(key, channel.config), slug=SLUG)
                for delivery in order:
                    await inbound.delivery(SLUG, delivery)
                rows = await Message.select(Message.external_id).where(Message.external_id.is_not_null())
                seen.append((sorted(row["external_id"] for row in rows), await Conversation.count()))
        if seen[0] != seen[1]:
            raise Broken(
                f"“{key}” makes {seen[0]} of two deliveries in one order and {seen[1]} in the other."
            )


async def hostile_text_is_escaped(bench: Bench) -> None:
    """Markup in any part of a delivery is shown as text in the inbox, in the thread and under its messages."""
    for key, _, _, deliveries in samples_of_channels(bench):
        bodies = list(with_scripts(deliveries[0].body, most=12))
        left = []
        # What has the same id as another is not applied: each has an account and a sender of its own.
        async with bench.fresh() as crm, aclosing(People(crm)) as people:
            for number, body in enumerate(bodies, 1):
                if not await _is_text(bench, crm, people, key, deliveries[0], body, f"{SLUG}-{number}"):
                    left.append(body)
                await _strangers()
        # A channel that knows its ids from elsewhere, or has one account only, needs a workspace for each.
        for body in left:
            async with bench.fresh() as crm, aclosing(People(crm)) as people:
                await _is_text(bench, crm, people, key, deliveries[0], body, SLUG)


async def _is_text(
    bench: Bench, crm: Any, people: People, key: str, delivery: Delivery, body: bytes, slug: str
) -> bool:
    """Look at what a delivery shows; return False when it was taken and shows nothing. Raises :class:`Broken`."""
    inbound, before = Inbound(crm), await _newest()
    try:
        await inbound.account(key, bench.config_of(key, bench.items("channels")[key].config), slug=slug)
    except CrmError:
        return False
    try:
        await inbound(slug, body, request_of(delivery, body, slug=slug).headers)
    except (CrmError, LookupError):
        return True
    newest = await _newest()
    if newest is None or newest == before:
        return not await InboundDelivery.exists().where(InboundDelivery.state == "done")
    message, conversation = newest
    browser = await people.browser("admin")
    for page in (f"/inbox/{conversation}", "/inbox", f"/ui/messages/{message}/blocks"):
        text = (await browser.get(page)).text
        bench.heard.append((f"the page of a conversation of “{key}”", text))
        if any(evil in text for evil in EXECUTABLE):
            raise Broken(f"A script in a delivery of “{key}” stands in {page} as markup.")
    return True


async def _newest() -> tuple[UUID, UUID] | None:
    try:
        return await newest_message()
    except LookupError:
        return None


async def _strangers() -> None:
    """Make whoever wrote so far a stranger: the next sender gets a contact with the names that he says."""
    await ContactPoint.delete(force=True)
    await InboundDelivery.delete(force=True)


async def _all() -> dict[str, int]:
    from crmcore.contacts.tables import Contact

    return {
        "messages": await Message.count(),
        "conversations": await Conversation.count(),
        "contacts": await Contact.count(),
        "deliveries": await InboundDelivery.count(),
    }
