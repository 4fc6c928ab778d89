"""Replies: they reach the vendor, and none is lost while he is away."""

from crmcore.conversations.tables import Message
from crmcore.testing.bench import SLUG, Bench
from crmcore.testing.factories import MAKER, newest_conversation
from crmcore.testing.inbound import Inbound
from crmcore.testing.rule import Broken
from crmcore.testing.rules.receiving import samples_of_channels


async def replies_are_never_lost(bench: Bench) -> None:
    """While the vendor is away or hangs, a reply waits to be sent again, and says why in words."""
    for key, channel, _, deliveries in samples_of_channels(bench):
        if channel.send is None:
            continue
        async with bench.fresh() as crm:
            inbound = Inbound(crm)
            await inbound.account(key, bench.config_of(key, channel.config), slug=SLUG)
            await inbound.delivery(SLUG, deliveries[0])
            conversation = await newest_conversation()
            crm.http_client._transport.trouble = "unreachable"  # type: ignore[attr-defined]
            await crm.conversations.reply(conversation, "An answer", actor=MAKER)
            await crm.worker.drain()
            row = (
                await Message.select(Message.delivery, Message.delivery_error)
                .where(Message.kind == "reply")
                .first()
            )
            if row is None or row["delivery"] not in ("queued", "failed", "held"):
                state = row["delivery"] if row else "gone"
                raise Broken(
                    f"A reply through “{key}” is {state} while the vendor cannot be reached: raise SendFailed."
                )
            bench.heard.append((f"why a reply through “{key}” was not sent", row["delivery_error"]))
            if not row["delivery_error"]:
                raise Broken(
                    f"A reply through “{key}” fails without a word: raise SendFailed with a sentence."
                )


async def replies_are_sent(bench: Bench) -> None:
    """A reply reaches the vendor's interface, and its id there is kept."""
    for key, channel, _, deliveries in samples_of_channels(bench):
        if channel.send is None:
            continue
        bench.needs_http(f"Sending through “{key}”")
        async with bench.fresh() as crm:
            inbound = Inbound(crm)
            await inbound.account(key, bench.config_of(key, channel.config), slug=SLUG)
            await inbound.delivery(SLUG, deliveries[0])
            await crm.conversations.reply(await newest_conversation(), "An answer", actor=MAKER)
            await crm.worker.drain()
            row = await Message.select().where(Message.kind == "reply").first()
            if row is None or row["delivery"] not in ("sent", "delivered", "stored"):
                raise Broken(
                    f"A reply through “{key}” is not sent: {row['delivery_error'] if row else 'it is gone'}"
                )
