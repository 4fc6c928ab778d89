"""Settings: channel accounts, and adding one of any channel."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.channels import Channel
from crmcore.contracts.settings import CheckResult
from crmcore.conversations.account_trial import tried_connection
from crmcore.conversations.found import CHANNEL
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.web.account_form import AccountForm
from crmcore.web.account_shown import shown_account
from crmcore.web.route import Route
from crmcore.web.visit import Visit

OWN_TARGETS = (
    "name",
    "email",
    "phone",
    "subject",
    "text",
    "contact.first_name",
    "contact.last_name",
    "contact.company",
    "contact.job_title",
)


async def list_channels(visit: Visit) -> ASGIResponse:
    """Show every channel account with its state and address, and the channels there are."""
    accounts = await visit.crm.channel_accounts.list(actor=visit.actor, kind=CHANNEL)
    base_url = visit.crm.settings.base_url.rstrip("/")
    return await visit.page(
        "settings_channels.html",
        area="settings",
        accounts=[_shown(visit, account, base_url) for account in accounts],
        channels=[
            (key, visit.say(owned.item.label), owned.item.icon, owned.plugin)
            for key, owned in visit.crm.host.registry.channels.items()
        ],
    )


async def new_channel(visit: Visit) -> ASGIResponse:
    """Show the form for an account of the channel in ``channel``."""
    key, channel = _channel(visit)
    form = _form(visit, channel)
    form.settings.show(_example(visit, channel))
    return await _page(visit, key, channel, form)


async def add_channel(visit: Visit) -> ASGIResponse:
    """Configure an account."""
    key, channel = _channel(visit)
    form = _form(visit, channel)
    await form.read()
    try:
        await visit.crm.channel_accounts.create(
            key, form.name, form.config, actor=visit.actor, slug=form.slug
        )
    except Invalid as error:
        form.complain(error)
        return await _page(visit, key, channel, form, status=422)
    return visit.redirect("/settings/channels", done="channel_added")


async def show_channel(visit: Visit) -> ASGIResponse:
    """Show one account as its channel's own form."""
    account, channel = await _account(visit)
    form = _form(visit, channel)
    form.show(account)
    return await _page(visit, account["channel"], channel, form, account=account)


async def save_channel(visit: Visit) -> ASGIResponse:
    """Change an account; secrets that are left masked or empty stay. ``test`` tries the connection afterwards."""
    account, channel = await _account(visit)
    form = _form(visit, channel)
    await form.read()
    changes = {"name": form.name, "slug": form.slug or account["slug"], "config": form.config}
    key = account["channel"]
    try:
        await visit.crm.channel_accounts.update(
            account["id"], changes, actor=visit.actor, version=form.version
        )
    except (Invalid, Conflict) as error:
        form.complain(error)
        return await _page(visit, key, channel, form, account=account, status=error.status)
    if form.then == "test" and channel.check is not None:
        tested = await tried_connection(visit.crm.channel_accounts, visit.crm.host, account["id"])
        account = (await _account(visit))[0]
        form.show(account)
        return await _page(visit, key, channel, form, account=account, tested=tested)
    return visit.redirect("/settings/channels", done="saved")


async def _account(visit: Visit) -> tuple[dict[str, Any], Channel]:
    account = await visit.crm.channel_accounts.document(str(_id(visit)), actor=visit.actor)
    owned = visit.crm.host.registry.channels.get(account["channel"])
    if owned is None:
        raise NotFound
    return account, owned.item


async def pause(visit: Visit) -> ASGIResponse:
    """Stop an account: what arrives waits."""
    await visit.crm.channel_accounts.pause(_id(visit), actor=visit.actor)
    return visit.redirect("/settings/channels", done="channel_paused")


async def resume(visit: Visit) -> ASGIResponse:
    """Let an account work again."""
    await visit.crm.channel_accounts.resume(_id(visit), actor=visit.actor)
    return visit.redirect("/settings/channels", done="channel_resumed")


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


def _channel(visit: Visit) -> tuple[str, Channel]:
    key = visit.query.get("channel", "")
    owned = visit.crm.host.registry.channels.get(key)
    if owned is None:
        raise NotFound
    return key, owned.item


def _form(visit: Visit, channel: Channel) -> AccountForm:
    return AccountForm(visit, channel.config, suggestions=("target",))


def _example(visit: Visit, channel: Channel) -> dict[str, Any]:
    """Return what a new form asks by itself, so that a first one works without any thought."""
    if not channel.public_form:
        return {}
    texts = visit.texts
    return {
        "language": visit.language,
        "title": texts.gettext("Write to us"),
        "intro": texts.gettext("We answer within one working day."),
        "fields": [
            {"name": "name", "label": texts.gettext("Your name"), "target": "name"},
            {
                "name": "email",
                "label": texts.gettext("E-mail"),
                "target": "email",
                "type": "email",
                "required": True,
            },
            {"name": "subject", "label": texts.gettext("Subject"), "target": "subject"},
            {
                "name": "text",
                "label": texts.gettext("Your message"),
                "target": "text",
                "type": "multiline",
                "required": True,
            },
        ],
    }


def _shown(visit: Visit, account: dict[str, Any], base_url: str) -> dict[str, Any]:
    owned = visit.crm.host.registry.channels.get(account["channel"])
    address = f"{base_url}/f/{account['slug']}" if account["public_form"] else ""
    return {
        **account,
        "channel_label": visit.say(account["channel_label"]),
        "state_reason": visit.say(account["state_reason"]),
        "icon": owned.item.icon if owned else "plug",
        "address": address,
        "posting": f"{base_url}/api/channels/{account['slug']}/inbound"
        if account["channel"] == "api"
        else "",
    }


async def _page(
    visit: Visit,
    key: str,
    channel: Channel,
    form: AccountForm,
    *,
    account: dict[str, Any] | None = None,
    tested: CheckResult | None = None,
    status: int = 200,
) -> ASGIResponse:
    return await visit.page(
        "settings_channel.html",
        status=status,
        account=account,
        shown=await shown_account(visit, account) if account else None,
        tested=tested,
        can_test=account is not None and channel.check is not None,
        area="settings",
        channel=key,
        label=visit.say(channel.label),
        public_form=channel.public_form,
        form=form.settings,
        name=form.name,
        slug=form.slug,
        errors=form.errors,
        suggestions={"target": await _targets(visit)} if channel.public_form else {},
    )


async def _targets(visit: Visit) -> list[str]:
    """Return where the answers of a form can go."""
    targets = list(OWN_TARGETS)
    for record_type in ("contact", "conversation"):
        for definition in await visit.crm.fields.catalog.of(record_type):
            if definition.writable:
                targets.append(f"{record_type}.custom.{definition.key}")
    return targets


ROUTES = (
    Route("GET", "/settings/channels", list_channels, permission="channel.read"),
    Route("GET", "/settings/channels/new", new_channel, permission="channel.write"),
    Route("POST", "/settings/channels/new", add_channel, permission="channel.write"),
    Route("GET", "/settings/channels/{id:uuid}", show_channel, permission="channel.write"),
    Route("POST", "/settings/channels/{id:uuid}", save_channel, permission="channel.write"),
    Route("POST", "/settings/channels/{id:uuid}/pause", pause, permission="channel.write"),
    Route("POST", "/settings/channels/{id:uuid}/resume", resume, permission="channel.write"),
)
