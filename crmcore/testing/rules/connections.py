"""Connections: what a service delivers is proved, handled once, and kept when it cannot be handled."""

import asyncio
from collections.abc import Iterator
from typing import Any

from crmcore.contracts.channels import ChannelAccount, Forged
from crmcore.contracts.connections import Connection
from crmcore.contracts.problems import InvalidValue
from crmcore.conversations.tables import InboundDelivery
from crmcore.errors import CrmError
from crmcore.testing.bench import SLUG, Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.hostile import BODIES, with_wrong_types
from crmcore.testing.inbound import Inbound
from crmcore.testing.rule import Broken, Unshown, rules
from crmcore.testing.rules.deliveries import (
    must_answer_quickly,
    must_be_refused,
    request_of,
    with_other_secrets,
)
from crmcore.testing.rules.state import state_of
from crmcore.testing.samples import Delivery

LONGEST_HANDLE_S = 30.0


def _connections(bench: Bench) -> dict[str, Connection]:
    return bench.items("connections")


def _delivering(bench: Bench) -> Iterator[tuple[str, Connection, ChannelAccount, tuple[Delivery, ...]]]:
    """Return every connection that takes deliveries, with its sample account and deliveries."""
    for key, connection in _connections(bench).items():
        if connection.verify is None:
            continue
        account = bench.account(key, connection.config)
        deliveries = bench.samples.deliveries.get(key, ())
        if not deliveries:
            raise Unshown(
                f"What “{key}” receives cannot be tried: add Samples(deliveries={{'{key}': (Delivery(body=…, "
                "sign=…), …)}) with what its service sends."
            )
        yield key, connection, account, deliveries


async def verify_and_handle_belong_together(bench: Bench) -> None:
    """A connection that takes deliveries handles them, and one that handles them proves where they came from."""
    for key, connection in _connections(bench).items():
        if (connection.verify is None) != (connection.handle is None) and connection.listen is None:
            raise Broken(
                f"“{key}” has only one of verify and handle: what nobody handles would wait for ever."
            )


async def accounts_can_be_made(bench: Bench) -> None:
    """An account is made from the samples, its secrets stay hidden, its test answers while the service is away."""
    for key, connection in _connections(bench).items():
        config = bench.config_of(key, connection.config)
        async with bench.fresh() as crm:
            try:
                await Inbound(crm).account(key, config, slug=SLUG)
            except CrmError as error:
                raise Broken(f"The sample account of “{key}” is refused: {error}.") from error
            shown = str(await crm.channel_accounts.document(SLUG, actor=MAKER))
            bench.heard.append((f"the account of “{key}” as the API shows it", shown))
            if connection.check is None:
                continue
            http: Any = crm.http_client._transport
            http.trouble = "unreachable"
            found = await crm.channel_accounts.get(SLUG)
            try:
                result = await asyncio.wait_for(connection.check(found.account, bench.context(crm)), 15)
            except Exception as error:
                raise Broken(
                    f"The connection test of “{key}” raises {error!r} while its service is away: return "
                    "CheckResult(ok=False, message=…)."
                ) from error
            bench.heard.append((f"the connection test of “{key}”", str(result.message)))
            if result.ok and len(http.requests):
                raise Broken(
                    f"The connection test of “{key}” says that all is well while its service is away."
                )


async def genuine_deliveries_are_taken(bench: Bench) -> None:
    """What the service sends is taken, under a key that stays the same when it is sent again."""
    for key, connection, account, deliveries in _delivering(bench):
        assert connection.verify is not None  # noqa: S101  # only those are listed
        for delivery in deliveries:
            try:
                keys = {connection.verify(request_of(delivery), account).delivery_key for _ in range(3)}
            except (Forged, InvalidValue) as error:
                raise Broken(f"“{key}” refuses a genuine delivery: {error!r}.") from error
            if len(keys) != 1:
                raise Broken(
                    f"“{key}” gives one delivery several keys: take the key that the service repeats."
                )


async def forged_is_refused(bench: Bench) -> None:
    """A request without its signature, or signed with another secret than the account's, is refused."""
    for key, connection, account, deliveries in _delivering(bench):
        assert connection.verify is not None  # noqa: S101  # only those are listed
        request = request_of(deliveries[0], signed=False)
        if request.headers == request_of(deliveries[0]).headers:
            raise Unshown(f"The sample delivery of “{key}” proves nothing: give it a sign(url, body).")
        must_be_refused(key, connection.verify, request, account, "without its signature")
        other = with_other_secrets(bench, key, connection.config)
        if other is not None:
            must_be_refused(
                key, connection.verify, request_of(deliveries[0]), other, "signed with another secret"
            )


async def hostile_bodies_are_refused_quickly(bench: Bench) -> None:
    """verify answers any bytes within 2 s with Verified, Forged or InvalidValue, and asks nobody outside."""
    for key, connection, account, deliveries in _delivering(bench):
        assert connection.verify is not None  # noqa: S101  # only those are listed
        for body in BODIES:
            request = request_of(deliveries[0], body)
            await must_answer_quickly(key, connection.verify, request, account, "raise InvalidValue.")


async def replay_is_idempotent(bench: Bench) -> None:
    """A delivery that comes twice, or is replayed by a person, changes nothing the second time."""
    for key, connection, _, deliveries in _delivering(bench):
        async with bench.fresh() as crm:
            inbound = Inbound(crm)
            await inbound.account(key, bench.config_of(key, connection.config), slug=SLUG)
            await inbound.delivery(SLUG, deliveries[0])
            rows = await InboundDelivery.select(
                InboundDelivery.id, InboundDelivery.state, InboundDelivery.error
            )
            if any(row["state"] != "done" for row in rows):
                raise Broken(
                    f"A genuine delivery of “{key}” is not handled: {rows[0]['error'][:200] or 'no reason'}"
                )
            once = await state_of(bench, crm)
            await inbound.delivery(SLUG, deliveries[0])
            for row in rows:
                await crm.conversations.replay(row["id"], actor=MAKER)
            await crm.worker.drain()
            if await state_of(bench, crm) != once:
                raise Broken(
                    f"A delivery of “{key}” that came twice did its work twice: look for what is there."
                )


async def nonsense_is_kept(bench: Bench) -> None:
    """A signed body with other types than expected is refused or kept with its reason; handling it never hangs."""
    for key, connection, _, deliveries in _delivering(bench):
        async with bench.fresh() as crm:
            inbound = Inbound(crm)
            await inbound.account(key, bench.config_of(key, connection.config), slug=SLUG)
            for body in with_wrong_types(deliveries[0].body, 10):
                try:
                    await asyncio.wait_for(
                        inbound(
                            SLUG, body, request_of(deliveries[0], body).headers, method=deliveries[0].method
                        ),
                        LONGEST_HANDLE_S,
                    )
                except TimeoutError:
                    raise Broken(f"handle of “{key}” hangs on {body[:80]!r}.") from None
                except CrmError:
                    continue
            for row in await InboundDelivery.select(InboundDelivery.error):
                bench.heard.append((f"why a delivery of “{key}” was kept", row["error"]))


RULES = rules(
    "connection",
    verify_and_handle_belong_together=("bronze", verify_and_handle_belong_together),
    accounts_can_be_made=("bronze", accounts_can_be_made),
    genuine_deliveries_are_taken=("bronze", genuine_deliveries_are_taken),
    forged_is_refused=("bronze", forged_is_refused),
    hostile_bodies_are_refused_quickly=("bronze", hostile_bodies_are_refused_quickly),
    replay_is_idempotent=("bronze", replay_is_idempotent),
    nonsense_is_kept=("silver", nonsense_is_kept),
)
