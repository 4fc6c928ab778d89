"""Taking over what Mailchimp says of members: their status, fields and tags come to the contacts."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm_mailchimp.answers import Member
from crm_mailchimp.config import AudienceConfig
from crm_mailchimp.consent import hear_status
from crm_mailchimp.fields import OPT_IN
from crm_mailchimp.mapping import FieldRule
from crm_mailchimp.membership import Membership, by_subscriber, keep, member_hash
from crm_mailchimp.merging import merged, merged_tags
from crm_mailchimp.status import write_status
from crm_mailchimp.values import changes_for, value_there
from crmcore import ChannelAccount, CrmError, PluginContext, Record, Refusal

_REASON = "Mailchimp"
_AT_ONCE = 100


async def take_members(
    members: Sequence[Member],
    account: ChannelAccount,
    rules: Sequence[FieldRule],
    plugin: PluginContext,
    segment_tags: frozenset[str] = frozenset(),
) -> set[UUID]:
    """Bring contacts in step with ``members``; return the contacts of which Mailchimp has to hear something too.

    Run twice, it ends in the same state. ``segment_tags`` (case-folded) are put on members from here and are no
    tags of contacts. Members whom nobody knows become contacts when they are subscribed and the audience says so.
    """
    to_push: set[UUID] = set()
    for start in range(0, len(members), _AT_ONCE):
        part = {
            member_hash(member.email_address): member
            for member in members[start : start + _AT_ONCE]
            if member.email_address
        }
        known = await by_subscriber(account.id, part)
        contacts = await _contacts(part, known, plugin)
        touched: list[Record] = []
        in_step: list[Membership] = []
        for subscriber, member in part.items():
            membership = known.get(subscriber) or Membership(account=account.id, subscriber=subscriber)
            contact = contacts.get(subscriber)
            if contact is None:
                contact = await _made(member, membership, account, rules, segment_tags, plugin)
            elif await _took(
                member, membership, contact, account.config, rules, segment_tags, in_step, plugin
            ):
                to_push.add(contact.id)
            if contact is not None:
                touched.append(contact)
        await keep(in_step)
        await write_status([one.id for one in touched], plugin)
    return to_push


async def _contacts(
    part: Mapping[str, Member], known: Mapping[str, Membership], plugin: PluginContext
) -> dict[str, Record]:
    """Return the contact of each member: whoever has the address, else whom it was pushed for."""
    addresses = [member.email_address.lower() for member in part.values()]
    found = await plugin.records.find("contact", _with(addresses), limit=200)
    by_hash = {
        member_hash(address): contact for contact in found for address in contact.document["emails"] or ()
    }
    contacts = {subscriber: by_hash[subscriber] for subscriber in part if subscriber in by_hash}
    for subscriber, membership in known.items():
        if subscriber not in contacts and membership.contact is not None:
            contact = await plugin.records.get("contact", membership.contact)
            if contact is not None:
                contacts[subscriber] = contact
    return contacts


async def _took(
    member: Member,
    membership: Membership,
    contact: Record,
    config: AudienceConfig,
    rules: Sequence[FieldRule],
    segment_tags: frozenset[str],
    in_step: list[Membership],
    plugin: PluginContext,
) -> bool:
    """Bring one contact in step with its member; tell whether Mailchimp has to hear something.

    ``in_step`` gets the membership when the contact stays as it is: those are stored together.
    """
    document = contact.document
    membership.contact = contact.id
    custom = await hear_status(membership, member, document, config, plugin)
    changed_at = member.changed_at
    newer_here = changed_at is None or document["updated_at"] > changed_at
    outcome = merged(rules, document, member.values, membership.agreed, newer_here=newer_here)
    theirs = [tag.name for tag in member.tags if _travels(tag.name, config, segment_tags)]
    ours = [tag for tag in document.get("tags") or () if _travels(tag, config, segment_tags)]
    tags = merged_tags(ours, theirs, membership.tags)
    changes = changes_for(document, outcome.here)
    if custom:
        changes["custom"] = {**changes.get("custom", {}), **custom}
    if tags.add_here or tags.drop_here:
        dropped = {tag.casefold() for tag in tags.drop_here}
        names = changes.get("tags", document.get("tags") or ())
        kept = [tag for tag in names if tag.casefold() not in dropped]
        carried = {tag.casefold() for tag in kept}
        changes["tags"] = [*kept, *(tag for tag in tags.add_here if tag.casefold() not in carried)]
    membership.hear(member)
    membership.agreed = outcome.agreed
    for merge in outcome.there:
        # No value ends in a space: this one differs from what is here until it has been sent.
        here, there = outcome.agreed[merge][0], value_there(member.values, merge)
        membership.agreed[merge] = [f"{here} ", there]
    membership.tags = theirs
    if not changes:
        in_step.append(membership)
    else:
        # Before the contact changes: what listens to that finds both sides in step.
        await keep([membership])
        await _write(contact.id, changes, membership, plugin)
    ends = membership.active and (document.get("custom") or {}).get(OPT_IN) is False and OPT_IN not in custom
    return bool(outcome.there or tags.add_there or tags.drop_there or ends)


async def _made(
    member: Member,
    membership: Membership,
    account: ChannelAccount,
    rules: Sequence[FieldRule],
    segment_tags: frozenset[str],
    plugin: PluginContext,
) -> Record | None:
    """Make a contact of a subscriber whom nobody knows, None when nobody is to be made."""
    config: AudienceConfig = account.config
    membership.hear(member)
    if not (config.make_contacts and membership.active):
        return None
    outcome = merged(rules, {}, member.values, {}, newer_here=False)
    tags = [tag.name for tag in member.tags if _travels(tag.name, config, segment_tags)]
    membership.agreed, membership.tags = outcome.agreed, tags
    await keep([membership])
    changes = changes_for({}, outcome.here)
    tags = list({tag.casefold(): tag for tag in (*changes.pop("tags", ()), *tags)}.values())
    custom = {**changes.pop("custom", {}), OPT_IN: True}
    if config.only_tag and config.only_tag not in tags:
        tags = [*tags, config.only_tag]
    document = {"emails": [member.email_address], "custom": custom, **({"tags": tags} if tags else {})}
    try:
        contact = await plugin.records.create("contact", {**document, **changes}, reason=_REASON)
    except (CrmError, Refusal):
        # Some field there does not fit here: the person and the consent matter more.
        document["custom"] = {OPT_IN: True}
        try:
            contact = await plugin.records.create("contact", document, reason=_REASON)
        except (CrmError, Refusal) as error:
            membership.problem = str(error)[:300]
            await keep([membership])
            return None
    membership.contact = contact.id
    await keep([membership])
    return contact


async def _write(
    contact: UUID, changes: Mapping[str, Any], membership: Membership, plugin: PluginContext
) -> None:
    """Change the contact; where a value does not fit, the rest comes through and the reason is kept."""
    try:
        await plugin.records.update("contact", contact, changes, reason=_REASON)
        return
    except (CrmError, Refusal) as error:
        membership.problem = str(error)[:300]
    for name, value in changes.items():
        parts = (
            [{"custom": {key: part}} for key, part in value.items()] if name == "custom" else [{name: value}]
        )
        for part in parts:
            try:
                await plugin.records.update("contact", contact, part, reason=_REASON)
            except (CrmError, Refusal):
                continue
    await keep([membership])


def _travels(tag: str, config: AudienceConfig, segment_tags: frozenset[str]) -> bool:
    return tag.casefold() not in segment_tags and config.is_shared(tag) and len(tag) <= 60


def _with(addresses: Sequence[str]) -> dict[str, Any]:
    return {"field": "emails", "op": "in", "value": list(addresses)}
