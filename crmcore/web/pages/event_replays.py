"""Settings: events told again to a plugin."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.conversions import converted
from crmcore.errors import Conflict, Invalid
from crmcore.events.replay import NewReplay
from crmcore.jobs.desk import READ, WRITE
from crmcore.web.form import Form
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/jobs/replays"
STATES = {
    "queued": (N_("Waits in line"), "neutral"),
    "running": (N_("Running"), "accent"),
    "done": (N_("Done"), "ok"),
    "cancelled": (N_("Cancelled"), "neutral"),
}


async def show(visit: Visit) -> ASGIResponse:
    """List the replays, with a form for another one."""
    return await _page(visit)


async def begin(visit: Visit) -> ASGIResponse:
    """Begin a replay."""
    form = await visit.form()
    try:
        document: dict[str, Any] = {"plugin": form.get("plugin"), "names": form.all("names")}
        for bound in ("since", "until"):
            if text := form.get(bound):
                document[bound] = _moment(visit, text)
        await visit.crm.replays.begin(converted(document, NewReplay), actor=visit.actor)
    except (Invalid, Conflict) as error:
        problems = {
            problem.path.strip("/").partition("/")[0]: problem.sentence(visit.language)
            for problem in error.problems
        }
        if not problems:
            problems = {"": error.sentence(visit.language)}
        return await _page(visit, form=form, problems=problems, status=error.status)
    return visit.redirect(HERE, done="replay_begun")


async def cancel(visit: Visit) -> ASGIResponse:
    """End a replay."""
    id: UUID = visit.request.path_params["id"]
    try:
        await visit.crm.replays.cancel(id, actor=visit.actor)
    except Conflict as error:
        return await _page(visit, problems={"": error.sentence(visit.language)}, status=error.status)
    return visit.redirect(HERE, done="replay_cancelled")


async def _page(
    visit: Visit, *, form: Form | None = None, problems: dict[str, str] | None = None, status: int = 200
) -> ASGIResponse:
    replays = await visit.crm.replays.newest(actor=visit.actor)
    shown = [
        {"r": one, "word": visit.texts.gettext(STATES[one.state][0]), "tone": STATES[one.state][1]}
        for one in replays
    ]
    at_work = any(one.finished_at is None for one in replays)
    if visit.wants_fragment:
        return visit.render("replays.html", replays=shown, at_work=at_work)
    listeners = visit.crm.replays.listeners()
    return await visit.page(
        "settings_replays.html",
        status=status,
        area="settings",
        replays=shown,
        at_work=at_work,
        listeners=listeners,
        names=sorted({name for names in listeners.values() for name in names}),
        zone=str(visit.formats.zone),
        typed={name: form.get(name) for name in ("plugin", "since", "until")} if form else {},
        ticked=form.all("names") if form else [],
        problems=problems or {},
    )


def _moment(visit: Visit, text: str) -> str:
    """Return what was typed, in the visitor's time zone; what is no moment is refused where all else is."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=visit.formats.zone).isoformat()
    except ValueError:
        return text


ROUTES = (
    Route("GET", HERE, show, permission=READ),
    Route("POST", HERE, begin, permission=WRITE),
    Route("POST", f"{HERE}/{{id:uuid}}/cancel", cancel, permission=WRITE),
)
