"""What channels receive: the genuine comes in once, the forged never, the hostile does no harm."""

import asyncio
from collections.abc import Iterator

import msgspec

from crmcore.contracts.channels import Channel, ChannelAccount, Forged
from crmcore.contracts.messages import InboundMessage
from crmcore.contracts.problems import InvalidValue
from crmcore.testing.bench import Bench
from crmcore.testing.hostile import BODIES, with_wrong_types
from crmcore.testing.rule import Broken, Unshown
from crmcore.testing.rules.deliveries import (
    LONGEST_VERIFY_S,
    must_answer_quickly,
    must_be_refused,
    raw_of,
    request_of,
    with_other_secrets,
)
from crmcore.testing.samples import Delivery

LONGEST_EXTERNAL_ID = 255


def samples_of_channels(bench: Bench) -> Iterator[tuple[str, Channel, ChannelAccount, tuple[Delivery, ...]]]:
    """Return every channel that takes deliveries, with its sample account and deliveries."""
    for key, channel in bench.items("channels").items():
        deliveries = bench.samples.deliveries.get(key, ())
        if not deliveries and channel.listen is not None:
            # It hears by itself what others are sent.
            continue
        account = bench.account(key, channel.config)
        if not deliveries:
            raise Unshown(
                f"What “{key}” receives cannot be tried: add Samples(deliveries={{'{key}': (Delivery(body=…, "
                "sign=…), …)}) with what its vendor sends."
            )
        yield key, channel, account, deliveries


async def genuine_deliveries_are_taken(bench: Bench) -> None:
    """What the vendor sends is taken, under a key that stays the same when it is sent again."""
    for key, channel, account, deliveries in samples_of_channels(bench):
        for delivery in deliveries:
            try:
                keys = {channel.verify(request_of(delivery), account).delivery_key for _ in range(3)}
            except (Forged, InvalidValue) as error:
                raise Broken(f"“{key}” refuses a genuine delivery: {error!r}.") from error
            if len(keys) != 1:
                raise Broken(
                    f"“{key}” gives one delivery several keys: take the key that the vendor repeats."
                )
            (found,) = keys
            if found is not None and not 0 < len(found) <= 255:
                raise Broken(f"A delivery key of “{key}” has {len(found)} letters; 1 to 255 can be stored.")


async def unsigned_is_refused(bench: Bench) -> None:
    """A request without its signature is refused, and nothing of it is stored."""
    for key, channel, account, deliveries in samples_of_channels(bench):
        request = request_of(deliveries[0], signed=False)
        if request == request_of(deliveries[0]):
            raise Unshown(
                f"The sample delivery of “{key}” proves nothing: give it headers or a sign(url, body)."
            )
        if deliveries[0].sign is None:
            request = msgspec.structs.replace(request, headers={})
        must_be_refused(key, channel.verify, request, account, "without its signature")


async def foreign_secret_is_refused(bench: Bench) -> None:
    """A delivery that is signed with another secret than the account's is refused."""
    for key, channel, account, deliveries in samples_of_channels(bench):  # noqa: B007 - bound as a default below
        other = with_other_secrets(bench, key, channel.config)
        if other is None:
            raise Unshown(
                f"The sample account of “{key}” has no secret: mark what proves deliveries as Secret."
            )
        for delivery in deliveries:
            must_be_refused(key, channel.verify, request_of(delivery), other, "signed with another secret")


async def hostile_bodies_are_refused_quickly(bench: Bench) -> None:
    """verify answers any bytes within 2 s with Verified, Forged or InvalidValue, and asks nobody outside."""
    for key, channel, account, deliveries in samples_of_channels(bench):
        for body in BODIES:
            for signed in (True, False):
                request = request_of(deliveries[0], body, signed=signed)
                advice = "raise Forged, or InvalidValue for a body that is none."
                await must_answer_quickly(key, channel.verify, request, account, advice)


async def messages_are_whole(bench: Bench) -> None:
    """parse returns messages with an id of the vendor's each, and only kinds of addresses that the channel names."""
    for key, channel, account, deliveries in samples_of_channels(bench):
        for delivery in deliveries:
            messages = _parsed(channel, delivery, account)
            ids = [message.external_id for message in messages]
            if len(set(ids)) != len(ids) or not all(0 < len(id) <= LONGEST_EXTERNAL_ID for id in ids):
                raise Broken(
                    f"“{key}” gives messages the ids {ids}: each needs one of its own, of 1 to 255 letters."
                )
            for message in messages:
                for identity in message.identities:
                    if identity.kind not in (
                        "email",
                        "phone",
                        "handle",
                        *channel.capabilities.identity_kinds,
                    ):
                        raise Broken(f"“{key}” finds people by “{identity.kind}”: name it in identity_kinds.")


async def parsing_is_repeatable(bench: Bench) -> None:
    """parse returns the same for the same delivery every time: it is asked again on every replay."""
    for key, channel, account, deliveries in samples_of_channels(bench):
        for delivery in deliveries:
            if _parsed(channel, delivery, account) != _parsed(channel, delivery, account):
                raise Broken(
                    f"parse of “{key}” returns something else the second time: no random ids, no present time."
                )


async def nonsense_is_quarantined(bench: Bench) -> None:
    """A body with other types than expected is refused or put into quarantine; what comes after it still arrives."""
    for key, channel, account, deliveries in samples_of_channels(bench):
        for body in with_wrong_types(deliveries[0].body):
            request = request_of(deliveries[0], body)
            try:
                verified = channel.verify(request, account)
            except (Forged, InvalidValue):
                continue
            except Exception as error:
                raise Broken(
                    f"verify of “{key}” raises {error!r} on {body[:80]!r}: raise InvalidValue."
                ) from error
            try:
                await asyncio.wait_for(
                    asyncio.to_thread(channel.parse, raw_of(request, verified), account), LONGEST_VERIFY_S
                )
            except TimeoutError:
                raise Broken(f"parse of “{key}” hangs on {body[:80]!r}.") from None
            except Exception:  # noqa: S112 - whatever it raises puts the delivery into quarantine, as it should
                continue


def _parsed(channel: Channel, delivery: Delivery, account: ChannelAccount) -> list[InboundMessage]:
    request = request_of(delivery)
    verified = channel.verify(request, account)
    if verified.delivery_key is None:
        return []
    raw = msgspec.structs.replace(raw_of(request, verified), id=account.id)
    try:
        return channel.parse(raw, account)
    except Exception as error:
        raise Broken(f"parse of “{channel.key}” raises {error!r} on a genuine delivery.") from error
