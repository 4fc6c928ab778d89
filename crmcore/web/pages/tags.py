"""Settings: tags — names, colours, uses, merging, deleting and bringing back."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.errors import Conflict, CrmError, Invalid
from crmcore.records.tag_type import TONES
from crmcore.tagging.service import READ, WRITE, TagUse
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/tags"
ONE = f"{HERE}/{{id:uuid}}"
COLOURS = {
    "neutral": N_("Grey"),
    "accent": N_("Blue"),
    "ok": N_("Green"),
    "warn": N_("Amber"),
    "bad": N_("Red"),
    "violet": N_("Violet"),
    "teal": N_("Teal"),
    "pink": N_("Pink"),
}


async def show(visit: Visit) -> ASGIResponse:
    """List the tags with their uses."""
    return await _page(visit)


async def add(visit: Visit) -> ASGIResponse:
    """Make a tag."""
    form = await visit.form()
    document = {"name": form.get("name")[:200], "tone": form.get("tone", "neutral")[:20]}
    try:
        await visit.crm.records.create("tag", document, actor=visit.actor)
    except Invalid as error:
        return await _page(visit, new=document, error=_said(visit, error), status=422)
    return visit.redirect(HERE, done="tag_added")


async def save(visit: Visit) -> ASGIResponse:
    """Rename or colour a tag."""
    form, id = await visit.form(), _id(visit)
    document = {"name": form.get("name")[:200], "tone": form.get("tone", "neutral")[:20]}
    version = form.number("version")
    try:
        await visit.crm.records.update("tag", id, document, actor=visit.actor, version=version)
    except (Invalid, Conflict) as error:
        return await _page(visit, open=id, typed=document, error=_said(visit, error), status=error.status)
    return visit.redirect(HERE, done="saved")


async def merge(visit: Visit) -> ASGIResponse:
    """Put another tag in this one's place."""
    form, id = await visit.form(), _id(visit)
    try:
        into = UUID(form.get("into"))
    except ValueError:
        error = visit.texts.gettext("Choose the tag that takes its place.")
        return await _page(visit, open=id, error=error, status=422)
    try:
        removal = await visit.crm.tags.merge(id, into, actor=visit.actor)
    except Invalid as error:
        return await _page(visit, open=id, error=_said(visit, error), status=422)
    return visit.redirect(HERE, done="tag_merged", undo=str(removal))


async def delete(visit: Visit) -> ASGIResponse:
    """Delete a tag; it can be brought back."""
    await visit.crm.records.delete("tag", _id(visit), actor=visit.actor)
    removal = await visit.crm.tags.removal_of(_id(visit), actor=visit.actor)
    return visit.redirect(HERE, done="tag_deleted", undo=str(removal or ""))


async def undo(visit: Visit) -> ASGIResponse:
    """Bring a tag back to where it was."""
    try:
        await visit.crm.tags.undo(_id(visit), actor=visit.actor)
    except Conflict as error:
        return await _page(visit, error=_said(visit, error), status=409)
    return visit.redirect(HERE, done="tag_restored")


def _said(visit: Visit, error: CrmError) -> str:
    said = [problem.sentence(visit.language) for problem in error.problems]
    return " ".join(said) or error.sentence(visit.language)


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


async def _page(
    visit: Visit,
    *,
    new: dict[str, str] | None = None,
    open: UUID | None = None,
    typed: dict[str, str] | None = None,
    error: str = "",
    status: int = 200,
) -> ASGIResponse:
    tags = await visit.crm.tags.uses(actor=visit.actor)
    removed = await visit.crm.tags.removed(actor=visit.actor)
    names = {tag.id: tag.name for tag in tags}
    return await visit.page(
        "settings_tags.html",
        status=status,
        area="settings",
        tags=[_shown(visit, tag) for tag in tags],
        removed=[(one, names.get(one.merged_into) if one.merged_into else "") for one in removed],
        choices=[(str(tag.id), tag.name) for tag in tags],
        colours=[(tone, visit.texts.gettext(COLOURS[tone])) for tone in TONES],
        new=new or {"name": "", "tone": "neutral"},
        open=open,
        typed=typed,
        error=error,
        undoable=_undoable(visit),
    )


def _shown(visit: Visit, tag: TagUse) -> dict[str, Any]:
    types = visit.crm.records.types
    uses = [(visit.say(types[key].label_plural), count) for key, count in tag.uses.items() if key in types]
    return {"t": tag, "uses": uses, "total": sum(tag.uses.values())}


def _undoable(visit: Visit) -> str:
    """Return the removal that was made just now, so that the page offers to undo it."""
    if visit.query.get("done") not in ("tag_deleted", "tag_merged"):
        return ""
    try:
        return str(UUID(visit.query.get("undo", "")))
    except ValueError:
        return ""


ROUTES = (
    Route("GET", HERE, show, permission=READ),
    Route("POST", HERE, add, permission=WRITE),
    Route("POST", ONE, save, permission=WRITE),
    Route("POST", f"{ONE}/merge", merge, permission=WRITE),
    Route("POST", f"{ONE}/delete", delete, permission="tag.delete"),
    Route("POST", f"{HERE}/removed/{{id:uuid}}/undo", undo, permission=WRITE),
)
