"""The page "Mailchimp": audiences, how far they are in step, the mapping, segments."""

from collections.abc import Sequence
from uuid import UUID

from crm_mailchimp.audience import groups_of, merge_fields_of
from crm_mailchimp.mapping import FieldRule, fields_mapped, groups_mapped
from crm_mailchimp.permissions import MANAGE
from crm_mailchimp.segment_tags import segments_of
from crm_mailchimp.sync_state import SyncState, state_of_sync
from crm_mailchimp.tables import MailchimpMember
from crm_mailchimp.trouble import MailchimpTrouble
from crm_mailchimp.words import PHASES, RULES, W, said
from crmcore import (
    ActionRef,
    Badge,
    Block,
    ChannelAccount,
    Item,
    Items,
    Meter,
    Note,
    Num,
    Page,
    PageContent,
    PageRequest,
    PluginContext,
    Stat,
    Stats,
    Text,
    Tone,
)


async def load_page(request: PageRequest, plugin: PluginContext) -> PageContent:
    """Show all audiences, or the one whose id stands in the address, with its mapping and segments."""
    accounts = await plugin.connections.list("audience")
    chosen = next((one for one in accounts if str(one.id) == request.path.strip("/")), None)
    if chosen is not None or len(accounts) == 1:
        return await _one(chosen or accounts[0], request.language, plugin)
    language = request.language
    if not accounts:
        return PageContent(blocks=(Note(said(W["setup"], language), tone="warn"),))
    items = []
    for account in accounts:
        counts = await _counts(account.id)
        state = await state_of_sync(account.id, plugin)
        items.append(
            Item(
                title=account.name,
                subtitle=said(W["members"], language, n=counts.get("subscribed", 0)),
                meta=(Badge(_phase(state, language), tone=_tone(state)),),
                href=f"/x/mailchimp/audiences/{account.id}",
                actions=(ActionRef("synchronise", item=str(account.id)),),
            )
        )
    return PageContent(blocks=(Items(items=tuple(items)),))


async def _one(account: ChannelAccount, language: str, plugin: PluginContext) -> PageContent:
    counts = await _counts(account.id)
    state = await state_of_sync(account.id, plugin)
    tones: dict[str, Tone] = {"subscribed": "ok", "cleaned": "bad"}
    blocks: list[Block] = [
        *([Note(said(W["demo"], language), tone="violet")] if account.config.made_up else []),
        Stats(
            items=tuple(
                Stat(said(W[name], language), Num(counts.get(name, 0)), tone=tones.get(name, "neutral"))
                for name in ("subscribed", "pending", "unsubscribed", "cleaned")
            )
        ),
        *_progress(state, language),
        _webhook(account, language),
        *await _fields(account, language, plugin),
        *await _groups(account, language, plugin),
        *await _segments(account, language, plugin),
    ]
    actions = (
        ActionRef("synchronise", item=str(account.id)),
        ActionRef("connect_webhook", item=str(account.id)),
        ActionRef("add_field", item=str(account.id)),
    )
    return PageContent(blocks=tuple(blocks), title=account.name, actions=actions)


def _progress(state: SyncState | None, language: str) -> list[Block]:
    if state is None:
        return [Note(said(W["never"], language), tone="warn")]
    caption = said(
        W["progress"],
        language,
        read=state.read,
        members=max(state.read, state.members),
        seen=state.seen,
        contacts=max(state.seen, state.contacts),
        pushed=state.pushed + state.refused,
        submitted=state.submitted,
    )
    total = max(1, state.total)
    done = total if state.phase == "done" else state.done
    blocks: list[Block] = [
        Meter(
            label=_phase(state, language),
            value=float(min(done, total)),
            max=float(total),
            tone="ok" if state.phase == "done" else "accent",
            caption=caption,
        )
    ]
    if state.trouble:
        blocks.append(Note(state.trouble, tone="bad"))
    if state.refused:
        blocks.append(Note(f"{said(W['refused'], language)}: {state.refused}", tone="warn"))
    return blocks


def _webhook(account: ChannelAccount, language: str) -> Note:
    config = account.config
    if config.signing_secret:
        return Note(said(W["webhook_signed"], language), tone="ok")
    if config.webhook_key:
        return Note(said(W["webhook_keyed"], language))
    return Note(said(W["webhook_none"], language), tone="warn")


async def _fields(account: ChannelAccount, language: str, plugin: PluginContext) -> list[Block]:
    rules = {rule.merge: rule for rule in await fields_mapped(account.id, plugin)}
    schema = await plugin.records.schema("contact", language)
    items = []
    blocks: list[Block] = []
    try:
        fields = await merge_fields_of(account, plugin)
    except MailchimpTrouble as error:
        blocks.append(Note(said(error.label, language), tone="bad"))
        fields = []
    for field in fields:
        rule = rules.pop(field.tag, None)
        if field.type != "address":
            items.append(_field(account, f"{field.tag} · {field.name}", field.tag, rule, schema, language))
    for rule in rules.values():
        title = rule.merge if blocks else f"{rule.merge} · {said(W['gone_field'], language)}"
        items.append(_field(account, title, rule.merge, rule, schema, language))
    return [Note(said(W["fields"], language)), Items(items=tuple(items)), *blocks]


def _field(
    account: ChannelAccount,
    title: str,
    merge: str,
    rule: FieldRule | None,
    schema: dict[str, object],
    language: str,
) -> Item:
    ref = f"{account.id}:{merge}"
    if rule is None:
        return Item(
            title=title, subtitle=said(W["not_mapped"], language), actions=(ActionRef("map_field", item=ref),)
        )
    return Item(
        title=title,
        subtitle=_named(rule.field, schema),
        meta=(Text(said(RULES[rule.rule], language)),),
        actions=(ActionRef("map_field", item=ref), ActionRef("unmap_field", item=ref)),
    )


def _named(field: str, schema: object) -> str:
    """Return what the contact's field is called."""
    found = schema
    for part in ("properties", *(("custom", "properties") if field.startswith("custom.") else ())):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    key = "phones" if field == "phone" else field.removeprefix("custom.")
    entry = found.get(key, {}) if isinstance(found, dict) else {}
    return str(entry.get("title") or field) if isinstance(entry, dict) else field


async def _groups(account: ChannelAccount, language: str, plugin: PluginContext) -> list[Block]:
    rules = {rule.interest: rule for rule in await groups_mapped(account.id, plugin)}
    try:
        groups = await groups_of(account, plugin)
    except MailchimpTrouble:
        groups = {}  # The fields above say what is wrong.
    items = []
    for id, name in (groups | {id: id for id in rules if id not in groups}).items():
        ref, rule = f"{account.id}:{id}", rules.get(id)
        if rule is None:
            actions: tuple[ActionRef, ...] = (ActionRef("map_group", item=ref),)
            items.append(Item(title=name, subtitle=said(W["not_mapped"], language), actions=actions))
            continue
        actions = (ActionRef("map_group", item=ref), ActionRef("unmap_group", item=ref))
        subtitle = said(W["as_tag"], language, tag=rule.tag)
        meta = (Text(said(RULES[rule.rule], language)),)
        items.append(Item(title=name, subtitle=subtitle, meta=meta, actions=actions))
    if not items:
        return []
    return [Note(said(W["groups"], language)), Items(items=tuple(items))]


async def _segments(account: ChannelAccount, language: str, plugin: PluginContext) -> Sequence[Block]:
    pushed = {segment.view: segment for segment in await segments_of(account.id, plugin)}
    items = []
    for view in await plugin.views.list("contact"):
        ref = f"{account.id}:{view.id}"
        segment = pushed.get(view.id)
        actions: tuple[ActionRef, ...] = (ActionRef("push_view", item=ref),)
        subtitle = said(W["not_pushed"], language)
        if segment is not None:
            subtitle = segment.problem or said(W["segment"], language, tag=segment.tag, n=segment.members)
            actions += (ActionRef("drop_view", item=ref),)
        items.append(Item(title=view.name, subtitle=subtitle, actions=actions))
    return [
        Note(said(W["segments"], language)),
        Items(items=tuple(items), empty=said(W["no_views"], language)),
    ]


async def _counts(account: UUID) -> dict[str, int]:
    rows = await MailchimpMember.raw(
        "SELECT status, count(*) AS members FROM mailchimp_member WHERE account = {} GROUP BY status", account
    )
    return {row["status"]: int(row["members"]) for row in rows}


def _phase(state: SyncState | None, language: str) -> str:
    return said(PHASES[state.phase] if state else W["never"], language)


def _tone(state: SyncState | None) -> Tone:
    if state is None:
        return "warn"
    return "bad" if state.trouble else ("ok" if state.phase == "done" else "accent")


AUDIENCES_PAGE = Page(
    key="audiences",
    title="Mailchimp",
    load=load_page,
    icon="mail",
    permission=MANAGE,
    order=450,
    timeout_s=10.0,
)
