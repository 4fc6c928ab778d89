"""The job ``push_segment``: the contacts of a shared view carry a tag in the audience, and nobody else does."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from crm_mailchimp.answers import Segment, SegmentChange, Segments
from crm_mailchimp.audience import path_of
from crm_mailchimp.client import ask
from crm_mailchimp.membership import member_hash, of_contacts
from crm_mailchimp.push import active_account
from crm_mailchimp.segment_tags import PushedSegment, keep_segments, segments_of
from crm_mailchimp.tables import MailchimpTagged
from crm_mailchimp.trouble import MailchimpTrouble
from crmcore import ChannelAccount, CrmError, Job, PluginContext, Retry

PUSH_SEGMENT = "push_segment"
# Mailchimp takes 500 and answers with every member in full, three kilobytes each.
_AT_ONCE = 250
_ANSWER_BYTES = 8_000_000


async def enqueue_segment(account: UUID, segment: UUID, plugin: PluginContext) -> None:
    """Have a segment pushed."""
    await plugin.enqueue(PUSH_SEGMENT, {"account": str(account), "segment": str(segment)}, key=f"{segment}")


async def push_segment(payload: Mapping[str, Any], plugin: PluginContext) -> None:
    """Tag who is in the view and subscribed and does not carry the tag yet, and take it off who no longer is."""
    account = await active_account(payload, plugin)
    if account is None:
        return
    id = UUID(str(payload["segment"]))
    segment = next((one for one in await segments_of(account.id, plugin) if one.id == id), None)
    try:
        wanted = await _addresses(segment, account, plugin) if segment else set()
        tag = await _tag_id(account, segment.tag if segment else str(payload.get("tag", "")), plugin)
        before = {
            row["address"] for row in await MailchimpTagged.select().where(MailchimpTagged.segment == id)
        }
        await _change(account, tag, id, sorted(wanted - before), sorted(before - wanted), plugin)
    except MailchimpTrouble as error:
        await _tell(account.id, id, plugin, problem=str(error)[:300])
        raise Retry(str(error), after_s=error.wait_s) from error
    except CrmError as error:
        # The view is gone, is shared no more, or asks for a field that is gone: a person has to look.
        await _tell(account.id, id, plugin, problem=str(error)[:300])
        return
    await _tell(account.id, id, plugin, problem="", members=len(wanted), pushed_at=plugin.now().isoformat())


async def _addresses(segment: PushedSegment, account: ChannelAccount, plugin: PluginContext) -> set[str]:
    found: set[str] = set()
    cursor, done = "", 0
    while True:
        page = await plugin.views.page(segment.view, cursor=cursor)
        memberships = await of_contacts([record.id for record in page.items], account.id)
        found |= {one.address for many in memberships.values() for one in many if one.active}
        done += len(page.items)
        await plugin.progress(done, done)
        if not (cursor := page.next):
            return found


async def _tag_id(account: ChannelAccount, tag: str, plugin: PluginContext) -> int:
    """Return the tag's id; it is made when there is none. To the API, tags are static segments."""
    offset = 0
    while True:
        query = urlencode(
            {"type": "static", "count": 1000, "offset": offset, "fields": "segments.id,segments.name"}
        )
        page = await ask(account, plugin, "GET", f"{path_of(account)}/segments?{query}", Segments)
        for segment in page.segments:
            if segment.name.casefold() == tag.casefold():
                return segment.id
        if len(page.segments) < 1000:
            break
        offset += 1000
    body = {"name": tag, "static_segment": []}
    return (await ask(account, plugin, "POST", f"{path_of(account)}/segments", Segment, body=body)).id


async def _change(
    account: ChannelAccount,
    tag: int,
    segment: UUID,
    added: Sequence[str],
    removed: Sequence[str],
    plugin: PluginContext,
) -> None:
    path = f"{path_of(account)}/segments/{tag}"
    for start in range(0, len(added), _AT_ONCE):
        part = added[start : start + _AT_ONCE]
        answer = await ask(
            account,
            plugin,
            "POST",
            path,
            SegmentChange,
            body={"members_to_add": part},
            max_bytes=_ANSWER_BYTES,
        )
        refused = {address.lower() for error in answer.errors for address in error.email_addresses}
        rows = [
            MailchimpTagged(key=_key(segment, address), segment=segment, address=address)
            for address in part
            if address.lower() not in refused
        ]
        if rows:
            await MailchimpTagged.insert(*rows).on_conflict(target=MailchimpTagged.key, action="DO NOTHING")
    for start in range(0, len(removed), _AT_ONCE):
        part = removed[start : start + _AT_ONCE]
        await ask(
            account,
            plugin,
            "POST",
            path,
            SegmentChange,
            body={"members_to_remove": part},
            max_bytes=_ANSWER_BYTES,
        )
        await MailchimpTagged.delete().where(
            MailchimpTagged.key.is_in([_key(segment, address) for address in part])
        )


async def _tell(account: UUID, id: UUID, plugin: PluginContext, **changes: Any) -> None:
    segments = [
        msgspec.structs.replace(one, **changes) if one.id == id else one
        for one in await segments_of(account, plugin)
    ]
    await keep_segments(account, segments, plugin)


def _key(segment: UUID, address: str) -> str:
    return f"{segment.hex}.{member_hash(address)}"


PUSH_SEGMENT_JOB = Job(
    key=PUSH_SEGMENT,
    run=push_segment,
    label={"en": "Push a segment to Mailchimp", "ru": "Передать сегмент в Mailchimp"},
    priority="low",
    at_once=1,
    max_attempts=24,
    timeout_s=600.0,
)
