"""Channels: what is genuine comes in once, what is forged never, and what goes out is never lost."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct

from crmcore.contracts.channels import Channel, ChannelAccount, Forged, InboundRequest, RawDelivery, Verified
from crmcore.contracts.messages import Identity, InboundMessage
from crmcore.contracts.problems import InvalidValue
from crmcore.conversations.tables import Conversation, InboundDelivery, Message
from crmcore.errors import CrmError, NotSignedIn
from crmcore.secrets.fields import SecretFields
from crmcore.testing.bench import SLUG, Bench
from crmcore.testing.factories import MAKER, newest_conversation
from crmcore.testing.hostile import BODIES, EXECUTABLE, TEXTS, with_scripts, with_wrong_types
from crmcore.testing.inbound import Inbound, address_of
from crmcore.testing.no_network import NetworkRefused, no_network
from crmcore.testing.people import People
from crmcore.testing.rule import Broken, Nothing, Unshown, rules
from crmcore.testing.samples import Delivery

LONGEST_VERIFY_S = 2.0
LONGEST_EXTERNAL_ID = 255


def _channels(bench: Bench) -> dict[str, Channel]:
    return bench.items("channels")


def _samples(bench: Bench) -> Iterator[tuple[str, Channel, ChannelAccount, tuple[Delivery, ...]]]:
    """Return every channel that takes deliveries, with its sample account and deliveries."""
    for key, channel in _channels(bench).items():
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


def request_of(delivery: Delivery, body: bytes | None = None, *, signed: bool = True) -> InboundRequest:
    """Return a sample as the core hands it to a channel, with another body or without what proves it."""
    url, body = address_of(SLUG), delivery.body if body is None else body
    try:
        proof = delivery.sign(url, body) if delivery.sign and signed else {}
    except Exception:
        # A vendor signs only what it could have sent.
        proof = {}
    headers = {**(delivery.headers if signed or delivery.sign else {}), **proof}
    from crmcore.clock import utc_now

    return InboundRequest(
        method=delivery.method,
        url=url,
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        received_at=utc_now(),
    )


def raw_of(request: InboundRequest, verified: Verified) -> RawDelivery:
    """Return the request as it is stored."""
    return RawDelivery(
        id=uuid4(),
        delivery_key=verified.delivery_key or "key",
        headers=request.headers,
        body=request.body,
        url=request.url,
        received_at=request.received_at,
    )


async def capabilities_hold_together(bench: Bench) -> None:
    """What a channel says it can do fits together: who can reply has a send, and reaches some kind of address."""
    for key, channel in _channels(bench).items():
        can = channel.capabilities
        if can.reply and channel.send is None:
            raise Broken(f"“{key}” says reply=True and has no send: replies would wait for ever.")
        if channel.send is not None and not can.reply:
            raise Broken(f"“{key}” has a send that nobody can use: Capabilities(reply=True).")
        if can.max_length is not None and can.max_length < 1:
            raise Broken(f"max_length of “{key}” is {can.max_length}: None means that there is no limit.")
        if can.reply and not can.identity_kinds:
            raise Broken(f"“{key}” replies and reaches nobody: name its identity_kinds.")


async def accounts_can_be_made(bench: Bench) -> None:
    """An account is made from the samples, read back with its secrets hidden, and tested without an exception."""
    for key, channel in _channels(bench).items():
        config = bench.config_of(key, channel.config)
        async with bench.fresh() as crm:
            try:
                await Inbound(crm).account(key, config, slug=SLUG)
            except CrmError as error:
                raise Broken(f"The sample account of “{key}” is refused: {error}.") from error
            shown = str(await crm.channel_accounts.document(SLUG, actor=MAKER))
            bench.heard.append((f"the account of “{key}” as the API shows it", shown))
            if channel.check is not None:
                crm.http_client._transport.trouble = "unreachable"  # type: ignore[attr-defined]
                found = await crm.channel_accounts.get(SLUG)
                try:
                    result = await asyncio.wait_for(channel.check(found.account, bench.context(crm)), 15)
                except Exception as error:
                    raise Broken(
                        f"The connection test of “{key}” raises {error!r} while the vendor is away: return "
                        "CheckResult(ok=False, message=…)."
                    ) from error
                bench.heard.append((f"the connection test of “{key}”", str(result.message)))


async def genuine_deliveries_are_taken(bench: Bench) -> None:
    """What the vendor sends is taken, under a key that stays the same when it is sent again."""
    for key, channel, account, deliveries in _samples(bench):
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
    for key, channel, account, deliveries in _samples(bench):
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
    for key, channel, account, deliveries in _samples(bench):  # noqa: B007 - bound as a default below
        other = with_other_secrets(bench, key, channel.config)
        if other is None:
            raise Unshown(
                f"The sample account of “{key}” has no secret: mark what proves deliveries as Secret."
            )
        for delivery in deliveries:
            must_be_refused(key, channel.verify, request_of(delivery), other, "signed with another secret")


async def hostile_bodies_are_refused_quickly(bench: Bench) -> None:
    """verify answers any bytes within 2 s with Verified, Forged or InvalidValue, and asks nobody outside."""
    for key, channel, account, deliveries in _samples(bench):
        for body in BODIES:
            for signed in (True, False):
                request = request_of(deliveries[0], body, signed=signed)
                advice = "raise Forged, or InvalidValue for a body that is none."
                await must_answer_quickly(key, channel.verify, request, account, advice)


async def messages_are_whole(bench: Bench) -> None:
    """parse returns messages with an id of the vendor's each, and only kinds of addresses that the channel names."""
    for key, channel, account, deliveries in _samples(bench):
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
    for key, channel, account, deliveries in _samples(bench):
        for delivery in deliveries:
            if _parsed(channel, delivery, account) != _parsed(channel, delivery, account):
                raise Broken(
                    f"parse of “{key}” returns something else the second time: no random ids, no present time."
                )


async def replay_is_idempotent(bench: Bench) -> None:
    """A delivery that comes twice, or is replayed by a person, is applied once."""
    for key, channel, _, deliveries in _samples(bench):
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
    for key, channel, _, deliveries in _samples(bench):
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


async def nonsense_is_quarantined(bench: Bench) -> None:
    """A body with other types than expected is refused or put into quarantine; what comes after it still arrives."""
    for key, channel, account, deliveries in _samples(bench):
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


async def hostile_text_is_escaped(bench: Bench) -> None:
    """Markup in any part of a delivery is shown as text in the inbox and in the thread."""
    for key, channel, _, deliveries in _samples(bench):
        async with bench.fresh() as crm:
            inbound, people = Inbound(crm), People(crm)
            await inbound.account(key, bench.config_of(key, channel.config), slug=SLUG)
            browser = await people.browser("admin")
            try:
                for body in with_scripts(deliveries[0].body, most=12):
                    request = request_of(deliveries[0], body)
                    try:
                        await inbound(SLUG, body, request.headers)
                        conversation = await newest_conversation()
                    except (CrmError, LookupError):
                        continue
                    for page in (f"/inbox/{conversation}", "/inbox"):
                        text = (await browser.get(page)).text
                        bench.heard.append((f"the page of a conversation of “{key}”", text))
                        if any(evil in text for evil in EXECUTABLE):
                            raise Broken(f"A script in a delivery of “{key}” stands in {page} as markup.")
            finally:
                await people.aclose()


async def addresses_have_one_form(bench: Bench) -> None:
    """normalize_identity brings an address into one form, leaves that form alone, and takes any text."""
    for key, channel in _channels(bench).items():
        for kind in channel.capabilities.identity_kinds or ("handle",):
            for text in ("Ann.Lee@Example.COM", "+44 20 7946 0958", *TEXTS):
                identity = Identity(kind=kind, value=text)
                try:
                    once = channel.normalize_identity(identity)
                    again = channel.normalize_identity(once)
                except InvalidValue:
                    continue
                except Exception as error:
                    raise Broken(
                        f"normalize_identity of “{key}” raises {error!r} on {text[:20]!r}."
                    ) from error
                if once != again:
                    raise Broken(
                        f"normalize_identity of “{key}” makes {again.value!r} of its own {once.value!r}."
                    )


async def replies_are_never_lost(bench: Bench) -> None:
    """While the vendor is away or hangs, a reply waits to be sent again, and says why in words."""
    for key, channel, _, deliveries in _samples(bench):
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
    for key, channel, _, deliveries in _samples(bench):
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


async def _all() -> dict[str, int]:
    from crmcore.contacts.tables import Contact

    return {
        "messages": await Message.count(),
        "conversations": await Conversation.count(),
        "contacts": await Contact.count(),
        "deliveries": await InboundDelivery.count(),
    }


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


async def must_answer_quickly(
    key: str,
    verify: Callable[[InboundRequest, ChannelAccount], Verified],
    request: InboundRequest,
    account: ChannelAccount,
    advice: str,
) -> None:
    """Raise Broken when ``verify`` takes long, asks outside or fails; ``advice`` says what it had better do."""
    begins = repr(request.body[:20])

    def verified() -> None:
        try:
            with no_network():
                verify(request, account)
        except (Forged, InvalidValue):
            return

    try:
        await asyncio.wait_for(asyncio.to_thread(verified), LONGEST_VERIFY_S)
    except TimeoutError:
        raise Broken(f"verify of “{key}” needs more than 2 s for {begins}….") from None
    except NetworkRefused as error:
        raise Broken(f"verify of “{key}” asks outside: it has to know from the request alone.") from error
    except Exception as error:
        raise Broken(f"verify of “{key}” raises {error!r} on {begins}: {advice}") from error


def must_be_refused(
    key: str,
    verify: Callable[[InboundRequest, ChannelAccount], Verified],
    request: InboundRequest,
    account: ChannelAccount,
    what: str,
) -> None:
    """Raise Broken when ``verify`` takes a request that is not genuine."""
    try:
        verified = verify(request, account)
    except (Forged, InvalidValue, NotSignedIn):
        return
    except Exception as error:
        raise Broken(f"verify of “{key}” raises {error!r} on a request {what}: raise Forged.") from error
    if verified.delivery_key is not None:
        raise Broken(
            f"“{key}” takes a request {what}: compare with hmac.compare_digest, and raise Forged when it differs."
        )


def with_other_secrets(bench: Bench, key: str, struct: type[Struct] | None) -> ChannelAccount | None:
    """Return the sample account with another value in place of each secret; None when it has none."""
    if struct is None:
        return None
    config = bench.config_of(key, struct)
    secrets = SecretFields(struct).values(dict(config))
    names = [name for name, value in config.items() if isinstance(value, str) and value in secrets]
    if not names:
        return None
    changed: Mapping[str, Any] = {name: _other(config[name]) for name in names}
    return bench.account(key, struct, **changed)


def _other(secret: str) -> str:
    """Return another secret of the same letters and length, so that it fits the same pattern."""
    turned = secret[1:] + secret[:1]
    return turned if turned != secret else ("b" if secret[:1] != "b" else "c") * len(secret)


async def has_channels(bench: Bench) -> None:
    """Every channel has a name for people."""
    for key, channel in _channels(bench).items():
        if not channel.label:
            raise Broken(f"“{key}” has no label.")
    if not _channels(bench):
        raise Nothing


RULES = rules(
    "channel",
    has_a_name=("bronze", has_channels),
    capabilities_hold_together=("bronze", capabilities_hold_together),
    accounts_can_be_made=("bronze", accounts_can_be_made),
    genuine_deliveries_are_taken=("bronze", genuine_deliveries_are_taken),
    unsigned_is_refused=("bronze", unsigned_is_refused),
    foreign_secret_is_refused=("bronze", foreign_secret_is_refused),
    hostile_bodies_are_refused_quickly=("bronze", hostile_bodies_are_refused_quickly),
    messages_are_whole=("bronze", messages_are_whole),
    replay_is_idempotent=("bronze", replay_is_idempotent),
    replies_are_never_lost=("bronze", replies_are_never_lost),
    parsing_is_repeatable=("silver", parsing_is_repeatable),
    nonsense_is_quarantined=("silver", nonsense_is_quarantined),
    hostile_text_is_escaped=("silver", hostile_text_is_escaped),
    addresses_have_one_form=("silver", addresses_have_one_form),
    replies_are_sent=("silver", replies_are_sent),
    order_does_not_matter=("gold", order_does_not_matter),
)
