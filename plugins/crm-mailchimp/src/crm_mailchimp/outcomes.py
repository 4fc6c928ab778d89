"""What became of the operations of a batch comes to the memberships."""

from collections.abc import Sequence

import msgspec

from crm_mailchimp.answers import BatchResult, Member
from crm_mailchimp.client import problem_in, trouble_of
from crm_mailchimp.mapping import FieldRule
from crm_mailchimp.membership import Membership, by_subscriber, keep
from crm_mailchimp.push import enqueue_push
from crm_mailchimp.status import write_status
from crm_mailchimp.take import take_members
from crmcore import ChannelAccount, PluginContext


class Outcomes(msgspec.Struct, kw_only=True):
    """How many operations came through, and how many Mailchimp refused."""

    through: int = 0
    refused: int = 0


async def take_results(
    results: Sequence[BatchResult],
    account: ChannelAccount,
    rules: Sequence[FieldRule],
    segment_tags: frozenset[str],
    plugin: PluginContext,
) -> Outcomes:
    """Keep what Mailchimp answered; what it was too busy for is pushed again, one by one.

    A member who turns out to have left is taken over like one that is read.
    """
    counted = Outcomes()
    split = [result.operation_id.partition(":") for result in results]
    known = await by_subscriber(account.id, {subscriber for _, _, subscriber in split if subscriber})
    changed: dict[str, Membership] = {}
    others: list[Member] = []
    for (kind, _, subscriber), result in zip(split, results, strict=True):
        membership = known.get(subscriber)
        if 200 <= result.status_code < 300:
            counted.through += 1
            member = _member_in(result) if kind != "tags" else None
            if membership is None or member is None:
                continue
            if kind == "end" or member.status in ("subscribed", "pending"):
                membership.hear(member)
                membership.left_here = kind == "end"
                changed[subscriber] = membership
            else:
                others.append(member)
            continue
        counted.refused += 1
        if membership is not None:
            await _refused(membership, kind, result, account, plugin)
            changed[subscriber] = membership
    await keep(list(changed.values()))
    await take_members(others, account, rules, plugin, segment_tags)
    await write_status([one.contact for one in changed.values() if one.contact is not None], plugin)
    return counted


async def _refused(
    membership: Membership, kind: str, result: BatchResult, account: ChannelAccount, plugin: PluginContext
) -> None:
    if kind == "end" and result.status_code == 404:
        membership.status = ""
        return
    if kind == "tags":
        membership.tags = []
    elif kind == "put":
        membership.agreed = {}
    error = trouble_of(result.status_code, problem_in(result.response.encode()))
    membership.problem = str(error)[:300]
    if (error.throttled or result.status_code >= 500) and membership.contact is not None:
        await enqueue_push(membership.contact, account.id, plugin)


def _member_in(result: BatchResult) -> Member | None:
    try:
        return msgspec.json.decode(result.response.encode(), type=Member)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
