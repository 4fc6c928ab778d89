"""Channels: what is genuine comes in once, what is forged never, and what goes out is never lost."""

import asyncio

from crmcore.contracts.channels import Channel
from crmcore.contracts.messages import Identity
from crmcore.contracts.problems import InvalidValue
from crmcore.errors import CrmError
from crmcore.testing.bench import SLUG, Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.hostile import TEXTS
from crmcore.testing.inbound import Inbound
from crmcore.testing.rule import Broken, rules
from crmcore.testing.rules.applying import (
    hostile_text_is_escaped,
    order_does_not_matter,
    replay_is_idempotent,
)
from crmcore.testing.rules.receiving import (
    foreign_secret_is_refused,
    genuine_deliveries_are_taken,
    hostile_bodies_are_refused_quickly,
    messages_are_whole,
    nonsense_is_quarantined,
    parsing_is_repeatable,
    unsigned_is_refused,
)
from crmcore.testing.rules.replies import replies_are_never_lost, replies_are_sent


async def has_a_name(bench: Bench) -> None:
    """Every channel has a name for people."""
    for key, channel in _channels(bench).items():
        if not channel.label:
            raise Broken(f"“{key}” has no label.")


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


def _channels(bench: Bench) -> dict[str, Channel]:
    return bench.items("channels")


RULES = rules(
    "channel",
    has_a_name=("bronze", has_a_name),
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
