"""Settings: connections to services that are no channel, and the way to a service's own page and back."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.connections.listening_log import with_listening
from crmcore.contracts.connections import Connection
from crmcore.contracts.labels import Label
from crmcore.contracts.settings import CheckResult
from crmcore.conversations.account_trial import tried_connection
from crmcore.conversations.found import CONNECTION
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.http.cookies import session_cookie_name
from crmcore.http.cross_site import followed_here
from crmcore.http.refusals import CrossSite
from crmcore.web.account_form import AccountForm
from crmcore.web.account_shown import LISTENING, shown_account
from crmcore.web.route import Route
from crmcore.web.visit import HTML, Visit, local_path

LIST = "/settings/connections"


async def list_connections(visit: Visit) -> ASGIResponse:
    """Show every connection with its state, and the kinds there are."""
    accounts = await with_listening(
        await visit.crm.channel_accounts.list(actor=visit.actor, kind=CONNECTION), visit.crm.clock()
    )
    return await visit.page(
        "settings_connections.html",
        area="settings",
        accounts=[_shown(visit, account) for account in accounts],
        kinds=[
            (key, visit.say(owned.item.label), owned.item.icon, visit.say(owned.item.help), owned.plugin)
            for key, owned in visit.crm.registry.connections.items()
        ],
    )


async def new_connection(visit: Visit) -> ASGIResponse:
    """Show the form for a connection of the kind in ``connection``."""
    connection = _kind(visit)
    form = AccountForm(visit, connection.config)
    form.settings.show({})
    form.name = visit.say(connection.label)
    return await _page(visit, connection, form)


async def add_connection(visit: Visit) -> ASGIResponse:
    """Configure a connection, and show it: consent or a test come next."""
    connection = _kind(visit)
    form = AccountForm(visit, connection.config)
    await form.read()
    try:
        id = await visit.crm.channel_accounts.create(
            connection.key, form.name, form.config, actor=visit.actor, slug=form.slug
        )
    except Invalid as error:
        form.complain(error)
        return await _page(visit, connection, form, status=422)
    return visit.redirect(f"{LIST}/{id}", done="connection_added")


async def show_connection(visit: Visit) -> ASGIResponse:
    """Show one connection: its settings, how it goes, what has arrived."""
    account, connection = await _account(visit)
    form = AccountForm(visit, connection.config)
    form.show(account)
    return await _page(visit, connection, form, account=account)


async def save_connection(visit: Visit) -> ASGIResponse:
    """Change a connection; secrets that are left masked or empty stay. ``test`` tries it afterwards."""
    account, connection = await _account(visit)
    form = AccountForm(visit, connection.config)
    await form.read()
    changes = {"name": form.name, "slug": form.slug or account["slug"], "config": form.config}
    try:
        await visit.crm.channel_accounts.update(
            account["id"], changes, actor=visit.actor, version=form.version
        )
    except (Invalid, Conflict) as error:
        form.complain(error)
        return await _page(visit, connection, form, account=account, status=error.status)
    if form.then == "test" and connection.check is not None:
        tested = await tried_connection(visit.crm.channel_accounts, visit.crm.host, account["id"])
        account, _ = await _account(visit)
        form.show(account)
        return await _page(visit, connection, form, account=account, tested=tested)
    return visit.redirect(f"{LIST}/{account['id']}", done="saved")


async def pause(visit: Visit) -> ASGIResponse:
    """Stop a connection: what arrives waits."""
    await visit.crm.channel_accounts.pause(await _id(visit), actor=visit.actor)
    return visit.redirect(LIST, done="connection_paused")


async def resume(visit: Visit) -> ASGIResponse:
    """Let a connection work again."""
    await visit.crm.channel_accounts.resume(await _id(visit), actor=visit.actor)
    return visit.redirect(LIST, done="connection_resumed")


async def ask_to_delete(visit: Visit) -> ASGIResponse:
    """Ask before a connection goes with its deliveries."""
    account = await visit.crm.channel_accounts.document(str(await _id(visit)), actor=visit.actor)
    return await visit.page("settings_connection_delete.html", area="settings", account=account)


async def delete(visit: Visit) -> ASGIResponse:
    """Delete a connection with the deliveries that are stored for it."""
    await visit.crm.channel_accounts.delete(await _id(visit), actor=visit.actor)
    return visit.redirect(LIST, done="connection_deleted")


async def replay(visit: Visit) -> ASGIResponse:
    """Have a delivery worked on again, whether it is a channel's or a connection's."""
    sent = await visit.form()
    await visit.crm.conversations.replay(visit.request.path_params["id"], actor=visit.actor, accept=True)
    return visit.redirect(local_path(sent.get("next") or LIST), done="delivery_again")


async def authorize(visit: Visit) -> ASGIResponse:
    """Send the browser to the service's page; a link of ours, because pages let no form lead to another site."""
    if not followed_here(visit.request, visit.crm.settings.base_url):
        raise CrossSite
    id: UUID = visit.request.path_params["id"]
    try:
        url = await visit.crm.consents.start(id, _session(visit), actor=visit.actor)
    except Conflict as refused:
        account, connection = await _account(visit)
        form = AccountForm(visit, connection.config)
        form.show(account)
        return await _page(visit, connection, form, account=account, failed=refused.message, status=409)
    return ASGIResponse(status_code=303, media_type=HTML, headers={"Location": url})


async def callback(visit: Visit) -> ASGIResponse:
    """Take the browser back from the service's page."""
    query = {name[:100]: value for name, value in visit.long_query.items()}
    returned = await visit.crm.consents.finish(query, _session(visit), actor=visit.actor)
    if not returned.problem:
        return visit.redirect(f"{LIST}/{returned.account}", done="connection_authorized")
    account, connection = await _account_of(visit, returned.account)
    form = AccountForm(visit, connection.config)
    form.show(account)
    return await _page(visit, connection, form, account=account, failed=returned.problem, status=409)


def _session(visit: Visit) -> str:
    return visit.request.cookies.get(session_cookie_name(visit.crm.settings), "")


async def _id(visit: Visit) -> UUID:
    found = await visit.crm.channel_accounts.get(str(visit.request.path_params["id"]))
    if found.row["kind"] != CONNECTION:
        raise NotFound
    id: UUID = found.row["id"]
    return id


def _kind(visit: Visit) -> Connection:
    owned = visit.crm.registry.connections.get(visit.query.get("connection", ""))
    if owned is None:
        raise NotFound
    return owned.item


async def _account(visit: Visit) -> tuple[dict[str, Any], Connection]:
    return await _account_of(visit, visit.request.path_params["id"])


async def _account_of(visit: Visit, id: UUID) -> tuple[dict[str, Any], Connection]:
    account = await visit.crm.channel_accounts.document(str(id), actor=visit.actor)
    owned = visit.crm.registry.connections.get(account["channel"])
    if owned is None or account["kind"] != CONNECTION:
        raise NotFound
    return account, owned.item


def _shown(visit: Visit, account: dict[str, Any]) -> dict[str, Any]:
    owned = visit.crm.registry.connections.get(account["channel"])
    state = account["listening"]["state"] if account["listening"] else ""
    word, tone = LISTENING.get(state, ("", ""))
    return {
        **account,
        "channel_label": visit.say(account["channel_label"]),
        "state_reason": visit.say(account["state_reason"]),
        "icon": owned.item.icon if owned else "plug",
        "known": owned is not None,
        "listening_word": visit.texts.gettext(word) if word and account["state"] == "active" else "",
        "listening_tone": tone,
    }


async def _page(
    visit: Visit,
    connection: Connection,
    form: AccountForm,
    *,
    account: dict[str, Any] | None = None,
    tested: CheckResult | None = None,
    failed: Label = "",
    status: int = 200,
) -> ASGIResponse:
    authorization = connection.authorize
    return await visit.page(
        "settings_connection.html",
        status=status,
        area="settings",
        account=account,
        shown=await shown_account(visit, account) if account else None,
        tested=tested,
        failed=visit.say(failed),
        can_test=connection.check is not None,
        consent=visit.say(authorization.label) or visit.texts.gettext("Connect") if authorization else "",
        kind=connection.key,
        label=visit.say(connection.label),
        help=visit.say(connection.help),
        form=form,
    )


ROUTES = (
    Route("GET", LIST, list_connections, permission="channel.read"),
    Route("GET", f"{LIST}/new", new_connection, permission="channel.write"),
    Route("POST", f"{LIST}/new", add_connection, permission="channel.write"),
    Route("GET", f"{LIST}/{{id:uuid}}", show_connection, permission="channel.write"),
    Route("POST", f"{LIST}/{{id:uuid}}", save_connection, permission="channel.write"),
    Route("POST", f"{LIST}/{{id:uuid}}/pause", pause, permission="channel.write"),
    Route("POST", f"{LIST}/{{id:uuid}}/resume", resume, permission="channel.write"),
    Route("GET", f"{LIST}/{{id:uuid}}/delete", ask_to_delete, permission="channel.write"),
    Route("POST", f"{LIST}/{{id:uuid}}/delete", delete, permission="channel.write"),
    Route("POST", "/settings/deliveries/{id:uuid}/replay", replay, permission="inbound.write"),
    Route("GET", "/connections/{id:uuid}/authorize", authorize, permission="channel.write"),
    Route("GET", "/connections/callback", callback, permission="channel.write"),
)
