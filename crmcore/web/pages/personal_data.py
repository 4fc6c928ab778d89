"""Personal data of one contact: exports, what an erasure would take, the erasure."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.labels import text_of
from crmcore.errors import Conflict, Invalid, NotFound
from crmcore.http.answers import Answer, respond
from crmcore.privacy.service import ERASE, EXPORT
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/contacts/{id:uuid}/personal-data"
EXPORT_STATES = {
    "queued": (N_("In the queue"), "neutral"),
    "running": (N_("Being made"), "accent"),
    "ready": (N_("Ready"), "ok"),
    "failed": (N_("Failed"), "bad"),
    "gone": (N_("Fetched or expired"), "neutral"),
}
STEP_STATES = {
    "waiting": (N_("Waiting"), "neutral"),
    "failed": (N_("Failed"), "bad"),
    "skipped": (N_("Left out"), "warn"),
    "done": (N_("Done"), "ok"),
}


async def show(visit: Visit) -> ASGIResponse:
    """Show the exports and what an erasure would take, or how far it has come."""
    return await _page(visit)


async def export(visit: Visit) -> ASGIResponse:
    """Let a job make an export."""
    id = _id(visit)
    await visit.crm.privacy.begin_export(id, actor=visit.actor)
    return visit.redirect(f"/contacts/{id}/personal-data", done="export_begun")


async def fetch(visit: Visit) -> ASGIResponse:
    """Send the file of an export, once."""
    contact = await visit.crm.privacy.contact(_id(visit), EXPORT, actor=visit.actor)
    export: UUID = visit.request.path_params["export"]
    try:
        stream = await visit.crm.privacy.exports.fetch(export, contact.id, actor=visit.actor)
    except Conflict as conflict:
        return await _page(visit, trouble=conflict.sentence(visit.language), status=409)
    headers = {"Content-Disposition": f'attachment; filename="personal-data-{export}.zip"'}
    return respond(Answer(stream=stream, media_type="application/zip", headers=headers))


async def erase(visit: Visit) -> ASGIResponse:
    """Begin to erase, when the name was written."""
    id = _id(visit)
    confirm = (await visit.form()).get("confirm")[:500]
    try:
        await visit.crm.privacy.begin_erase(id, confirm, actor=visit.actor)
    except Invalid as invalid:
        refused = " ".join(problem.sentence(visit.language) for problem in invalid.problems)
        return await _page(visit, refused=refused, written=confirm, status=422)
    return visit.redirect(f"/contacts/{id}/personal-data", done="erasing")


async def resume(visit: Visit) -> ASGIResponse:
    """Let a stopped erasure go on, without the step that failed when that was said."""
    id = _id(visit)
    found = await visit.crm.privacy.status(id, actor=visit.actor)
    skip = (await visit.form()).get("skip")[:100]
    await visit.crm.privacy.erasures.resume(found["id"], actor=visit.actor, skip=skip)
    return visit.redirect(f"/contacts/{id}/personal-data", done="erasing")


async def _page(
    visit: Visit, *, trouble: str = "", refused: str = "", written: str = "", status: int = 200
) -> ASGIResponse:
    actor, privacy = visit.actor, visit.crm.privacy
    permission = EXPORT if actor.may(EXPORT) else ERASE
    contact = await privacy.contact(_id(visit), permission, actor=actor)
    if contact.id != _id(visit):
        return visit.redirect(f"/contacts/{contact.id}/personal-data")
    erasure = await _erasure(visit, contact.id) if actor.may(ERASE) else None
    preview = await privacy.preview(contact.id, actor=actor) if actor.may(ERASE) and not erasure else None
    return await visit.page(
        "personal_data.html",
        status=status,
        area="contacts",
        contact=contact.document,
        exports=[_export(visit, row) for row in await privacy.exports.of_contact(contact.id, 5)]
        if actor.may(EXPORT)
        else None,
        preview=preview,
        erasure=erasure,
        trouble=trouble,
        refused=refused,
        written=written,
    )


async def _erasure(visit: Visit, contact: UUID) -> dict[str, Any] | None:
    try:
        found = await visit.crm.privacy.status(contact, actor=visit.actor)
    except NotFound:
        return None
    sources = visit.crm.privacy.sources.all()
    steps = []
    for step in found["steps"]:
        key = f"{step['plugin']}.{step['key']}"
        source = sources.get(key)
        label, tone = STEP_STATES[step["state"]]
        steps.append(
            {
                **step,
                "id": key,
                "label": text_of(source.item.label, visit.language) if source else key,
                "state_label": visit.texts.gettext(label),
                "tone": tone,
            }
        )
    return {**found, "steps": steps}


def _export(visit: Visit, row: dict[str, Any]) -> dict[str, Any]:
    label, tone = EXPORT_STATES[row["state"]]
    return {**row, "state_label": visit.texts.gettext(label), "tone": tone}


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


ROUTES = (
    Route("GET", HERE, show, permission=EXPORT),
    Route("POST", f"{HERE}/export", export, permission=EXPORT),
    Route("GET", f"{HERE}/exports/{{export:uuid}}", fetch, permission=EXPORT),
    Route("POST", f"{HERE}/erase", erase, permission=ERASE),
    Route("POST", f"{HERE}/resume", resume, permission=ERASE),
)
