"""What has to be asked of Mailchimp to bring one contact in step: decided here, without asking."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from crm_mailchimp.audience import member_path
from crm_mailchimp.config import AudienceConfig
from crm_mailchimp.fields import OPT_IN
from crm_mailchimp.mapping import GROUP, FieldRule
from crm_mailchimp.membership import Membership, member_hash
from crm_mailchimp.merging import merged
from crmcore import ChannelAccount, ContactPointState

Kind = Literal["put", "tags", "end"]


class Step(Struct, frozen=True, kw_only=True):
    """One request about one member. ``membership`` is what is known of the member once it has come through."""

    kind: Kind
    membership: Membership
    body: dict[str, Any] = field(default_factory=dict)

    def method(self) -> str:
        """Return the request's method."""
        return {"put": "PUT", "tags": "POST", "end": "PATCH"}[self.kind]

    def path(self, account: ChannelAccount) -> str:
        """Return the request's path."""
        tail = "/tags" if self.kind == "tags" else ""
        return member_path(account, self.membership.subscriber) + tail


def joins(document: Mapping[str, Any], config: AudienceConfig) -> bool:
    """Tell whether the contact wants the newsletter and is one of those that the audience is for."""
    if (document.get("custom") or {}).get(OPT_IN) is not True:
        return False
    if not config.only_tag:
        return True
    return config.only_tag.casefold() in {tag.casefold() for tag in document.get("tags") or ()}


def address_for(
    document: Mapping[str, Any], points: Sequence[ContactPointState], config: AudienceConfig
) -> str:
    """Return the address that should be a member: the contact's first one; empty when none should.

    A first address that opted out or bounced is not gone round by taking the next one.
    """
    if not points or not joins(document, config):
        return ""
    first = points[0]
    return "" if first.opt_out or first.bounced else first.value


def steps_for(
    contact: UUID,
    document: Mapping[str, Any],
    points: Sequence[ContactPointState],
    known: Sequence[Membership],
    rules: Sequence[FieldRule],
    account: ChannelAccount,
) -> list[Step]:
    """Return the requests that are needed, none when Mailchimp has everything already.

    ``points`` are the contact's e-mail addresses in their order; ``known`` the memberships of the contact and of
    its first address in this audience.
    """
    config: AudienceConfig = account.config
    steps: list[Step] = []
    address = address_for(document, points, config)
    by_hash = {membership.subscriber: membership for membership in known}
    if address:
        subscriber = member_hash(address)
        membership = by_hash.get(subscriber) or Membership(account=account.id, subscriber=subscriber)
        membership.contact, membership.address = contact, address
        steps += _joined(document, membership, rules, config)
    open_hashes = {member_hash(point.value) for point in points if not point.opt_out}
    wanted = joins(document, config)
    for membership in known:
        if membership.active and not (wanted and membership.subscriber in open_hashes):
            steps.append(Step(kind="end", membership=membership, body={"status": "unsubscribed"}))
    return steps


def _joined(
    document: Mapping[str, Any],
    membership: Membership,
    rules: Sequence[FieldRule],
    config: AudienceConfig,
) -> list[Step]:
    again = membership.left_here and membership.status == "unsubscribed"
    if membership.status and not membership.active and not again:
        # Unsubscribed or bounced there: nothing of them is of use until they come back by themselves.
        return []
    joined = "pending" if config.double_opt_in else "subscribed"
    there = {name: pair[1] for name, pair in membership.agreed.items()}
    outcome = merged(rules, document, there, membership.agreed, newer_here=True)
    steps = []
    if not membership.status or again or outcome.there:
        body = {
            "email_address": membership.address,
            "status_if_new": joined,
            **_told(outcome.there),
            **({"status": joined} if again else {}),
        }
        membership.agreed = {**membership.agreed, **outcome.agreed}
        membership.left_here = False
        steps.append(Step(kind="put", membership=membership, body=body))
    ours = {tag.casefold(): tag for tag in document.get("tags") or () if config.is_shared(tag)}
    theirs = {tag.casefold(): tag for tag in membership.tags}
    tags = [{"name": ours[key], "status": "active"} for key in sorted(ours.keys() - theirs.keys())]
    tags += [{"name": theirs[key], "status": "inactive"} for key in sorted(theirs.keys() - ours.keys())]
    if tags:
        steps.append(Step(kind="tags", membership=membership, body={"tags": tags}))
    return steps


def _told(there: Mapping[str, str]) -> dict[str, Any]:
    """Return what goes there as the API takes it: merge fields, and groups where there are some."""
    groups = {
        name.removeprefix(GROUP): bool(value) for name, value in there.items() if name.startswith(GROUP)
    }
    fields = {name: value for name, value in there.items() if not name.startswith(GROUP)}
    return {"merge_fields": fields, **({"interests": groups} if groups else {})}


def tags_after(step: Step) -> list[str]:
    """Return the shared tags that the member has once ``step`` has come through."""
    names = {name.casefold(): name for name in step.membership.tags}
    for tag in step.body["tags"]:
        if tag["status"] == "active":
            names[tag["name"].casefold()] = tag["name"]
        else:
            names.pop(tag["name"].casefold(), None)
    return sorted(names.values())
