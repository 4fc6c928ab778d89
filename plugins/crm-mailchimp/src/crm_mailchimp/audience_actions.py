"""Actions about a whole audience: synchronise it, connect its webhook, push segments."""

import secrets
from contextlib import suppress
from urllib.parse import quote
from uuid import UUID, uuid4

from crm_mailchimp.answers import NewWebhook, Webhooks
from crm_mailchimp.audience import path_of
from crm_mailchimp.client import ask, tell
from crm_mailchimp.forms import SegmentForm
from crm_mailchimp.permissions import MANAGE
from crm_mailchimp.pushing_segments import enqueue_segment
from crm_mailchimp.segment_tags import PushedSegment, keep_segments, segments_of
from crm_mailchimp.sync import start_sync
from crm_mailchimp.trouble import MailchimpTrouble, NoSuchMember
from crmcore import Action, ActionCall, ActionResult, ChannelAccount, Label, PluginContext, Problem

MOST_SEGMENTS = 50

_STARTED: Label = {"en": "Synchronisation has begun.", "ru": "Синхронизация началась."}
_RUNNING: Label = {"en": "It is under way already.", "ru": "Она уже идёт."}
_CONNECTED: Label = {
    "en": "The webhook is connected. Its deliveries are signed.",
    "ru": "Вебхук подключён. Его доставки подписаны.",
}
_CONNECTED_KEY: Label = {
    "en": "The webhook is connected. This account's webhooks are not signed: the key in the address proves them.",
    "ru": "Вебхук подключён. Вебхуки этого аккаунта не подписываются: их подтверждает ключ в адресе.",
}
_LEFT: Label = {
    "en": "The webhook is connected. An earlier one could not be removed from Mailchimp and is refused here; "
    "connect once more later to remove it.",
    "ru": "Вебхук подключён. Прежний не удалось удалить в Mailchimp, здесь он отклоняется; подключите ещё раз позже, "
    "чтобы удалить его.",
}
_PUSHED: Label = {
    "en": "The segment will be pushed now and every night.",
    "ru": "Сегмент передаётся сейчас и каждую ночь.",
}
_REMOVED: Label = {
    "en": "The segment is no longer pushed; its tag is being taken off.",
    "ru": "Сегмент больше не передаётся; его метка снимается.",
}
_NO_VIEW: Label = {
    "en": "This view is gone or no longer shared.",
    "ru": "Этого вида нет, или он больше не общий.",
}
_TAKEN: Label = {"en": "Another segment has this tag.", "ru": "У другого сегмента уже есть эта метка."}
_MANY: Label = {"en": "At most {limit} segments are possible.", "ru": "Можно не больше {limit} сегментов."}


async def synchronise(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Begin to synchronise the audience ``item``, all of it."""
    begun = await start_sync(UUID(call.item), plugin, whole=True)
    return ActionResult(message=_STARTED if begun else _RUNNING)


async def connect_webhook(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Have Mailchimp deliver changes of the audience ``item`` by a webhook, signed where the account can.

    What programs change is left out, so that our own changes do not come back. The key is stored before the webhook
    is made: Mailchimp asks the address at once. Once the new one is made, earlier ones of this account are removed.
    """
    account = await plugin.connections.get(UUID(call.item))
    before = account.config
    key = secrets.token_urlsafe(24)
    await plugin.connections.update(account.id, {"webhook_key": key})
    body = {
        "url": plugin.url_for(f"/hooks/{account.id}?key={key}"),
        "events": dict.fromkeys(
            ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign"), True
        ),
        "sources": {"user": True, "admin": True, "api": False},
        "signing_enabled": True,
    }
    try:
        made = await ask(account, plugin, "POST", f"{path_of(account)}/webhooks", NewWebhook, body=body)
    except MailchimpTrouble as error:
        if before.webhook_key:
            await plugin.connections.update(account.id, {"webhook_key": before.webhook_key})
        return ActionResult(message=error.label, tone="bad")
    if made.signing_secret:
        signing = {"signing_secret": made.signing_secret, "signing_secret_before": before.signing_secret}
        await plugin.connections.update(account.id, signing)
    try:
        await _remove_earlier(account, made.id, plugin)
    except MailchimpTrouble:
        return ActionResult(message=_LEFT, tone="warn")
    return ActionResult(message=_CONNECTED if made.signing_secret else _CONNECTED_KEY)


async def _remove_earlier(account: ChannelAccount, made: str, plugin: PluginContext) -> None:
    """Remove the webhooks of the audience that go to this account's address, but for the one that was ``made``.

    Their keys are accepted no more, so each of their deliveries would be refused.
    """
    ours, path = plugin.url_for(f"/hooks/{account.id}"), f"{path_of(account)}/webhooks"
    for webhook in (await ask(account, plugin, "GET", path, Webhooks)).webhooks:
        if webhook.url.partition("?")[0] == ours and webhook.id != made:
            with suppress(NoSuchMember):  # somebody was faster
                await tell(account, plugin, "DELETE", f"{path}/{quote(webhook.id, safe='')}")


async def add_segment(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Push the view of ``item`` (``ACCOUNT:VIEW``) as the tag that was filled in."""
    account, view = (UUID(part) for part in call.item.split(":"))
    form: SegmentForm = call.data
    tag = " ".join(form.tag.split())
    name = next((one.name for one in await plugin.views.list("contact") if one.id == view), None)
    if name is None or not tag:
        return ActionResult(problems=(Problem(path="", code="no_view", message=_NO_VIEW),))
    segments = await segments_of(account, plugin)
    others = [one for one in segments if one.view != view]
    if any(one.tag.casefold() == tag.casefold() for one in others):
        return ActionResult(problems=(Problem(path="/tag", code="taken", message=_TAKEN),))
    if len(others) >= MOST_SEGMENTS:
        params = {"limit": MOST_SEGMENTS}
        return ActionResult(problems=(Problem(path="", code="too_many", message=_MANY, params=params),))
    for old in (one for one in segments if one.view == view and one.tag != tag):
        await _take_off(account, old, plugin)
    same = next((one for one in segments if one.view == view and one.tag == tag), None)
    segment = same or PushedSegment(id=uuid4(), view=view, name=name, tag=tag)
    await keep_segments(account, [*others, segment], plugin)
    await enqueue_segment(account, segment.id, plugin)
    return ActionResult(message=_PUSHED)


async def prepare_segment(call: ActionCall, plugin: PluginContext) -> SegmentForm | None:
    """Return the view's tag, its own name at first."""
    account, view = (UUID(part) for part in call.item.split(":"))
    for segment in await segments_of(account, plugin):
        if segment.view == view:
            return SegmentForm(tag=segment.tag)
    name = next((one.name for one in await plugin.views.list("contact") if one.id == view), "")
    return SegmentForm(tag=name[:100]) if name else None


async def remove_segment(call: ActionCall, plugin: PluginContext) -> ActionResult:
    """Push the segment of ``item`` (``ACCOUNT:VIEW``) no more and take its tag off everybody."""
    account, view = (UUID(part) for part in call.item.split(":"))
    segments = await segments_of(account, plugin)
    await keep_segments(account, [one for one in segments if one.view != view], plugin)
    for segment in segments:
        if segment.view == view:
            await _take_off(account, segment, plugin)
    return ActionResult(message=_REMOVED)


async def _take_off(account: UUID, segment: PushedSegment, plugin: PluginContext) -> None:
    payload = {"account": str(account), "segment": str(segment.id), "tag": segment.tag}
    await plugin.enqueue("push_segment", payload, key=f"off:{segment.id}")


AUDIENCE_ACTIONS = [
    Action(
        key="synchronise",
        label={"en": "Synchronise", "ru": "Синхронизировать"},
        run=synchronise,
        icon="refresh-cw",
        tone="primary",
        permission=MANAGE,
    ),
    Action(
        key="connect_webhook",
        label={"en": "Connect the webhook", "ru": "Подключить вебхук"},
        run=connect_webhook,
        icon="plug",
        confirm={
            "en": "Mailchimp will deliver changes to this installation. The earlier webhook is removed.",
            "ru": "Mailchimp будет доставлять изменения сюда. Прежний вебхук удаляется.",
        },
        permission=MANAGE,
        timeout_s=25.0,
    ),
    Action(
        key="push_view",
        label={"en": "Push as a tag", "ru": "Передавать как метку"},
        run=add_segment,
        prepare=prepare_segment,
        form=SegmentForm,
        icon="tag",
        permission=MANAGE,
    ),
    Action(
        key="drop_view",
        label={"en": "Push no more", "ru": "Больше не передавать"},
        run=remove_segment,
        confirm={
            "en": "Take this tag off everybody in the audience?",
            "ru": "Снять эту метку со всех в аудитории?",
        },
        icon="x",
        tone="danger",
        permission=MANAGE,
    ),
]
