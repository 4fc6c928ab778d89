"""Settings: outgoing webhooks, their secrets and their deliveries."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.problems import Problem
from crmcore.conversions import converted
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.web.form import Form
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit
from crmcore.webhooks.endpoint import EndpointChanges, EndpointEntry, NewEndpoint
from crmcore.webhooks.log import STATES
from crmcore.webhooks.service import READ, WRITE

HERE = "/settings/webhooks"
ONE = f"{HERE}/{{id:uuid}}"
PAGE = 50
RESTS = {
    "enabled": (N_("Enabled"), "ok"),
    "paused": (N_("Paused"), "warn"),
    "disabled": (N_("Disabled"), "bad"),
}
DELIVERIES = {
    "queued": (N_("On its way"), "neutral"),
    "waiting": (N_("Waits"), "warn"),
    "delivered": (N_("Delivered"), "ok"),
    "dead": (N_("Given up"), "bad"),
    "skipped": (N_("Not sent"), "neutral"),
}


async def show(visit: Visit) -> ASGIResponse:
    """List the endpoints, with a form for another one."""
    return await _list(visit)


async def add(visit: Visit) -> ASGIResponse:
    """Make an endpoint and show its secret, this once."""
    form = await visit.form()
    try:
        new = converted(_document(form), NewEndpoint)
        entry, secret = await visit.crm.webhooks.create(new, actor=visit.actor)
    except (Invalid, Conflict) as error:
        return await _list(visit, form=form, problems=_problems(visit, error), status=error.status)
    return await _endpoint(visit, entry, secret=secret)


async def show_one(visit: Visit) -> ASGIResponse:
    """Show one endpoint with its deliveries."""
    return await _endpoint(visit, await visit.crm.webhooks.get(_id(visit), actor=visit.actor))


async def save(visit: Visit) -> ASGIResponse:
    """Change an endpoint to what the form says."""
    form, id = await visit.form(), _id(visit)
    try:
        changes = converted(_document(form), EndpointChanges)
        await visit.crm.webhooks.update(id, changes, actor=visit.actor, version=form.number("version"))
    except (Invalid, Conflict) as error:
        entry = await visit.crm.webhooks.get(id, actor=visit.actor)
        problems = _problems(visit, error)
        return await _endpoint(visit, entry, form=form, problems=problems, status=error.status)
    return visit.redirect(f"{HERE}/{id}", done="saved")


async def pause(visit: Visit) -> ASGIResponse:
    """Let what happens wait."""
    return await _rest(visit, EndpointChanges(state="paused"), "webhook_paused")


async def enable(visit: Visit) -> ASGIResponse:
    """Send again."""
    return await _rest(visit, EndpointChanges(state="enabled"), "webhook_enabled")


async def delete(visit: Visit) -> ASGIResponse:
    """Throw an endpoint away."""
    await visit.crm.webhooks.delete(_id(visit), actor=visit.actor)
    return visit.redirect(HERE, done="webhook_deleted")


async def rotate(visit: Visit) -> ASGIResponse:
    """Give an endpoint a new secret and show it, this once."""
    entry, secret = await visit.crm.webhooks.rotate(_id(visit), actor=visit.actor)
    return await _endpoint(visit, entry, secret=secret)


async def drop_secret(visit: Visit) -> ASGIResponse:
    """Let only the new secret sign."""
    await visit.crm.webhooks.drop_old_secret(_id(visit), actor=visit.actor)
    return visit.redirect(f"{HERE}/{_id(visit)}", done="webhook_secret_dropped")


async def test(visit: Visit) -> ASGIResponse:
    """Send a test."""
    await visit.crm.webhooks.deliveries.test(_id(visit), actor=visit.actor)
    return visit.redirect(f"{HERE}/{_id(visit)}", done="webhook_tested")


async def send_again(visit: Visit) -> ASGIResponse:
    """Send a delivery again."""
    delivery: UUID = visit.request.path_params["delivery"]
    try:
        await visit.crm.webhooks.deliveries.send_again(_id(visit), delivery, actor=visit.actor)
    except Conflict as error:
        entry = await visit.crm.webhooks.get(_id(visit), actor=visit.actor)
        return await _endpoint(visit, entry, error=error.sentence(visit.language), status=409)
    return visit.redirect(f"{HERE}/{_id(visit)}", done="webhook_again")


async def _rest(visit: Visit, changes: EndpointChanges, done: str) -> ASGIResponse:
    await visit.crm.webhooks.update(_id(visit), changes, actor=visit.actor)
    return visit.redirect(f"{HERE}/{_id(visit)}", done=done)


async def _list(
    visit: Visit, *, form: Form | None = None, problems: dict[str, str] | None = None, status: int = 200
) -> ASGIResponse:
    entries = await visit.crm.webhooks.list(actor=visit.actor)
    return await visit.page(
        "settings_webhooks.html",
        status=status,
        area="settings",
        endpoints=[{"e": entry, **_said(visit, RESTS[entry.state])} for entry in entries],
        **_fields(visit, form, None, problems),
    )


async def _endpoint(
    visit: Visit,
    entry: EndpointEntry,
    *,
    form: Form | None = None,
    problems: dict[str, str] | None = None,
    secret: str = "",
    error: str = "",
    status: int = 200,
) -> ASGIResponse:
    state = visit.query.get("state", "")
    state = state if state in STATES else ""
    deliveries, following = await visit.crm.webhooks.deliveries.page(
        entry.id, actor=visit.actor, state=state, limit=PAGE, before=_cursor(visit)
    )
    return await visit.page(
        "settings_webhook.html",
        status=status,
        area="settings",
        e=entry,
        state=_said(visit, RESTS[entry.state]),
        deliveries=[{"d": one, **_said(visit, DELIVERIES[one.state])} for one in deliveries],
        states=[(key, visit.texts.gettext(DELIVERIES[key][0])) for key in STATES],
        chosen=state,
        following=following,
        secret=secret,
        error=error,
        **_fields(visit, form, entry, problems),
    )


def _fields(
    visit: Visit, form: Form | None, entry: EndpointEntry | None, problems: dict[str, str] | None
) -> dict[str, Any]:
    if form is not None:
        typed: dict[str, Any] = _document(form)
    elif entry is not None:
        typed = {"url": entry.url, "description": entry.description, "events": entry.events}
    else:
        typed = {"url": "", "description": "", "events": ["*"]}
    return {"typed": typed, "names": visit.crm.webhooks.event_names(), "problems": problems or {}}


def _document(form: Form) -> dict[str, Any]:
    every = form.get("which") != "some"
    return {
        "url": form.get("url"),
        "description": form.get("description"),
        "events": ["*"] if every else form.all("events"),
    }


def _problems(visit: Visit, error: Invalid | Conflict) -> dict[str, str]:
    """Return what is wrong by field; what belongs to none stands under an empty name."""
    if not error.problems:
        return {"": error.sentence(visit.language)}
    return {_field(problem): problem.sentence(visit.language) for problem in error.problems}


def _field(problem: Problem) -> str:
    return problem.path.strip("/").partition("/")[0]


def _said(visit: Visit, state: tuple[str, str]) -> dict[str, str]:
    return {"word": visit.texts.gettext(state[0]), "tone": state[1]}


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


def _cursor(visit: Visit) -> UUID | None:
    text = visit.query.get("cursor", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound from None


ROUTES = (
    Route("GET", HERE, show, permission=READ),
    Route("POST", HERE, add, permission=WRITE),
    Route("GET", ONE, show_one, permission=READ),
    Route("POST", ONE, save, permission=WRITE),
    Route("POST", f"{ONE}/pause", pause, permission=WRITE),
    Route("POST", f"{ONE}/enable", enable, permission=WRITE),
    Route("POST", f"{ONE}/delete", delete, permission=WRITE),
    Route("POST", f"{ONE}/rotate", rotate, permission=WRITE),
    Route("POST", f"{ONE}/drop-secret", drop_secret, permission=WRITE),
    Route("POST", f"{ONE}/test", test, permission=WRITE),
    Route("POST", f"{ONE}/deliveries/{{delivery:uuid}}/retry", send_again, permission=WRITE),
)
