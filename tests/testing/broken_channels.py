"""Channels that break a rule."""

from typing import Any
from uuid import uuid4

import msgspec
from markupsafe import Markup
from spoiling import Broken, channel, good, hook, raises, replace

from crmcore import Capabilities, InboundMessage, Item, Items, MessageBlocks, Sent, Verified


def takes_anything(request: Any, account: Any) -> Verified:
    return Verified(delivery_key=str(len(request.body)))


def another_key(request: Any, account: Any) -> Verified:
    good("channel", "verify")(request, account)
    return Verified(delivery_key=uuid4().hex)


def reads_first(request: Any, account: Any) -> Verified:
    msgspec.json.decode(request.body)["id"].upper()
    return good("channel", "verify")(request, account)  # type: ignore[no-any-return]


def without_ids(delivery: Any, account: Any) -> list[InboundMessage]:
    return [replace(message, external_id="") for message in good("channel", "parse")(delivery, account)]


def random_ids(delivery: Any, account: Any) -> list[InboundMessage]:
    return [
        replace(message, external_id=uuid4().hex) for message in good("channel", "parse")(delivery, account)
    ]


async def says_sent(*_: Any) -> Sent:
    return Sent(external_id=uuid4().hex)


async def trusts_its_text(view: Any, plugin: Any) -> Any:
    return (Items((Item(Markup(view.document["text"])),)),)


def forgets_what_is_older() -> dict[str, Any]:
    newest = [""]

    def parse(delivery: Any, account: Any) -> list[InboundMessage]:
        found = good("channel", "parse")(delivery, account)
        newest[0] = max(newest[0], *(message.external_id for message in found))
        return [message for message in found if message.external_id == newest[0]]

    return channel(parse=parse)


BROKEN = (
    Broken("channel.capabilities_hold_together", "has no send", lambda: channel(send=None)),
    Broken("channel.accounts_can_be_made", "CheckResult(ok=False", lambda: channel(check=raises)),
    Broken("channel.genuine_deliveries_are_taken", "several keys", lambda: channel(verify=another_key)),
    Broken("channel.unsigned_is_refused", "raise Forged", lambda: channel(verify=takes_anything)),
    Broken("channel.foreign_secret_is_refused", "another secret", lambda: channel(verify=takes_anything)),
    Broken("channel.hostile_bodies_are_refused_quickly", "raise Forged", lambda: channel(verify=reads_first)),
    Broken("channel.messages_are_whole", "one of its own", lambda: channel(parse=without_ids)),
    Broken(
        "channel.messages_are_whole",
        "name it in identity_kinds",
        lambda: channel(capabilities=Capabilities(reply=True, identity_kinds=("email",))),
    ),
    Broken("channel.parsing_is_repeatable", "no random ids", lambda: channel(parse=random_ids)),
    Broken("channel.replay_is_idempotent", "external_id", lambda: channel(parse=random_ids)),
    Broken("channel.nonsense_is_quarantined", "raise InvalidValue", lambda: channel(verify=reads_first)),
    Broken(
        "channel.addresses_have_one_form",
        "of its own",
        lambda: channel(normalize_identity=lambda identity: replace(identity, value=identity.value + "x")),
    ),
    Broken("channel.replies_are_never_lost", "raise SendFailed", lambda: channel(send=says_sent)),
    Broken("channel.replies_are_sent", "is not sent", lambda: channel(send=raises)),
    Broken("channel.has_a_name", "has no label", lambda: channel(label="")),
    Broken("channel.order_does_not_matter", "in the other", forgets_what_is_older),
    Broken(
        "channel.hostile_text_is_escaped",
        "as markup",
        lambda: hook("register_message_blocks", MessageBlocks(channels=("kitten",), load=trusts_its_text)),
    ),
)
