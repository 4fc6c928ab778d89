"""The panel "Mailchimp": a contact's audiences, marks and latest mailings."""

from crm_mailchimp.activity import activity_of, see_to
from crm_mailchimp.membership import Membership, of_contacts
from crm_mailchimp.timeline import entry_of
from crm_mailchimp.words import STATUS_TONES, STATUS_WORDS, W, said
from crmcore import (
    ActionRef,
    Badge,
    Block,
    Email,
    KeyValue,
    KeyValues,
    Link,
    Note,
    Num,
    Panel,
    PanelContent,
    PluginContext,
    Stat,
    Stats,
    Subject,
    Timeline,
)

_LATEST = 5


async def load_panel(subject: Subject, plugin: PluginContext) -> PanelContent:
    """Show what is kept; activity that is older than ten minutes is read anew meanwhile, by a job."""
    active = await plugin.connections.list("audience")
    accounts = {account.id: account.name for account in active}
    if not accounts:
        return PanelContent(status="setup", message=said(W["setup"], subject.language))
    if subject.contact is None:
        return PanelContent(status="empty", message=said(W["none"], subject.language))
    contact, language = subject.contact["id"], subject.language
    memberships = (await of_contacts([contact]))[contact]
    blocks: list[Block] = []
    if any(account.config.made_up for account in active):
        blocks.append(Note(said(W["demo"], language), tone="violet"))
    for point in await plugin.points.of([contact]):
        if point.value in (subject.contact.get("emails") or ()) and (point.opt_out or point.bounced):
            word = W["opted_out"] if point.opt_out else W["bounced"]
            blocks.append(Note(f"{point.value}: {said(word, language)}", tone="warn"))
    shown = [one for one in memberships if one.account in accounts]
    for membership in shown:
        visible = membership.address in (subject.contact.get("emails") or ())
        blocks += _blocks_of(membership, accounts[membership.account], language, visible)
    rows = await activity_of(contact, None, _LATEST)
    if shown:
        entries = tuple(entry_of(row, language) for row in rows)
        blocks.append(Timeline(entries=entries, empty=said(W["no_activity"], language)))
        await see_to(shown, plugin)
    times = [one.activity_at for one in shown if one.activity_at is not None]
    opted_in = (subject.contact.get("custom") or {}).get("mailchimp_opt_in") is True
    return PanelContent(
        status="ok" if blocks else "empty",
        message="" if blocks else said(W["none"], language),
        blocks=tuple(blocks),
        badge=_badge(shown[0].status, language) if shown else None,
        link=Link(said(W["open_there"], language), "https://admin.mailchimp.com/audience/")
        if shown
        else None,
        fetched_at=min(times) if times else None,
        actions=(ActionRef("stop_mailings" if opted_in else "subscribe"),),
    )


def _blocks_of(membership: Membership, audience: str, language: str, visible: bool) -> list[Block]:
    """Return what is shown of one membership; its address only where who looks sees the contact's addresses."""
    lines = [KeyValue(audience, _badge(membership.status, language))]
    if visible:
        lines.append(KeyValue(said(W["address"], language), Email(membership.address)))
    blocks: list[Block] = [KeyValues(items=tuple(lines))]
    if membership.active:
        blocks.append(
            Stats(
                items=(
                    Stat(said(W["opened"], language), Num(round(membership.open_rate * 100), "%")),
                    Stat(said(W["clicked"], language), Num(round(membership.click_rate * 100), "%")),
                    Stat(said(W["rating"], language), Num(membership.rating)),
                )
            )
        )
    if membership.problem and visible:
        blocks.append(Note(said(W["problem"], language, reason=membership.problem), tone="bad"))
    return blocks


def _badge(status: str, language: str) -> Badge:
    word = STATUS_WORDS.get(status)
    return Badge(said(word, language) if word else status, tone=STATUS_TONES.get(status, "neutral"))


MAILINGS_PANEL = Panel(
    key="mailings",
    title="Mailchimp",
    load=load_panel,
    slots=("contact", "conversation"),
    icon="mail",
    order=400,
    ttl_s=60,
)
