"""Canned replies: kept in the settings, offered in the composer."""

from typing import Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.canned.reply import CannedReply, CannedReplyChanges, NewCannedReply
from crmcore.canned.service import SHARE, USE
from crmcore.canned.variables import KNOWN
from crmcore.conversions import converted
from crmcore.errors import Conflict, Invalid
from crmcore.files.described import described, id_in
from crmcore.web.form import Form
from crmcore.web.route import Route
from crmcore.web.scope import scope_from
from crmcore.web.sent_files import form_with_files
from crmcore.web.visit import Visit

HERE = "/settings/canned"
ONE = f"{HERE}/{{id:uuid}}"
NAMES = ("shortcut", "title", "folder", "text")
OFFERED = 30


async def show(visit: Visit) -> ASGIResponse:
    """List the canned replies, with a form for another one."""
    return await _page(visit, Form(()))


async def add(visit: Visit) -> ASGIResponse:
    """Keep a canned reply."""
    form = await form_with_files(visit)
    try:
        _refuse_files(form)
        await visit.crm.canned.create(converted(_document(visit, form), NewCannedReply), actor=visit.actor)
    except Invalid as error:
        return await _page(visit, form, problems=_problems(visit, error), status=422)
    return visit.redirect(HERE, done="canned_added")


async def show_one(visit: Visit) -> ASGIResponse:
    """Show one as a form."""
    reply = await visit.crm.canned.get(_id(visit), actor=visit.actor)
    return await _page(visit, Form(()), reply=reply)


async def save(visit: Visit) -> ASGIResponse:
    """Change one to what the form says."""
    form = await form_with_files(visit)
    reply = await visit.crm.canned.get(_id(visit), actor=visit.actor)
    try:
        _refuse_files(form)
        changes = converted(_document(visit, form, reply), CannedReplyChanges)
        await visit.crm.canned.update(reply.id, changes, actor=visit.actor, version=form.number("version"))
    except (Invalid, Conflict) as error:
        problems = _problems(visit, error)
        return await _page(visit, form, reply=reply, problems=problems, status=error.status)
    return visit.redirect(HERE, done="saved")


async def delete(visit: Visit) -> ASGIResponse:
    """Throw one away."""
    await visit.crm.canned.delete(_id(visit), actor=visit.actor)
    return visit.redirect(HERE, done="canned_deleted")


async def offer(visit: Visit) -> ASGIResponse:
    """Offer the canned replies for a conversation, filled: a list for our script, a page of links without it."""
    conversation = _id(visit)
    values = await visit.crm.canned.values(conversation, actor=visit.actor)
    replies = await visit.crm.canned.list(actor=visit.actor, q=visit.query.get("q", "")[:60])
    offered = [(reply, visit.crm.canned.filled(reply, values)) for reply in replies[:OFFERED]]
    if visit.wants_fragment:
        return visit.render("canned_options.html", offered=offered)
    return await visit.page(
        "canned_offered.html",
        area="inbox",
        scope=scope_from(visit),
        offered=offered,
        back=f"/inbox/{conversation}",
    )


def _document(visit: Visit, form: Form, reply: CannedReply | None = None) -> dict[str, Any]:
    document: dict[str, Any] = {name: form.raw(name) if name == "text" else form.get(name) for name in NAMES}
    document["shortcut"] = document["shortcut"].removeprefix("/")
    if visit.actor.may(SHARE) or (reply is not None and reply.shared):
        document["shared"] = "shared" in form
    document["attachments"] = _files(form)
    return document


def _files(form: Form) -> list[str]:
    return [str(id) for text in form.all("file") if (id := id_in(text)) is not None]


def _refuse_files(form: Form) -> None:
    if form.refused:
        raise Invalid(
            problems=tuple(
                msgspec.structs.replace(problem, path="/attachments") for problem in form.refused.values()
            )
        )


def _problems(visit: Visit, error: Invalid | Conflict) -> dict[str, str]:
    if not error.problems:
        return {"": error.sentence(visit.language)}
    found: dict[str, str] = {}
    for problem in error.problems:
        name = problem.path.strip("/").partition("/")[0]
        found[name] = f"{found.get(name, '')} {problem.sentence(visit.language)}".strip()
    return found


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


async def _page(
    visit: Visit,
    form: Form,
    *,
    reply: CannedReply | None = None,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> ASGIResponse:
    replies = [] if reply else await visit.crm.canned.list(actor=visit.actor)
    typed: dict[str, Any] = {name: form.raw(name, getattr(reply, name, "")) for name in NAMES}
    typed["shared"] = ("shared" in form) if form.get("title") else (reply.shared if reply else False)
    typed["files"] = reply.attachments if reply else []
    if form.get("title"):
        ids = [UUID(text) for text in _files(form)]
        typed["files"] = [described(row) for row in await visit.crm.files.usable(ids, actor=visit.actor)]
    custom = await visit.crm.canned.custom_variables()
    return await visit.page(
        "settings_canned.html",
        status=status,
        area="settings",
        replies=replies,
        reply=reply,
        typed=typed,
        folders=sorted({one.folder for one in replies if one.folder}),
        may_share=visit.actor.may(SHARE),
        may_change=reply is None or reply.mine or visit.actor.may(SHARE),
        variables=[(name, visit.say(label)) for name, label in (KNOWN | custom).items()],
        problems=problems or {},
    )


ROUTES = (
    Route("GET", HERE, show, permission=USE),
    Route("POST", HERE, add, permission=USE),
    Route("GET", ONE, show_one, permission=USE),
    Route("POST", ONE, save, permission=USE),
    Route("POST", f"{ONE}/delete", delete, permission=USE),
    Route("GET", "/inbox/{id:uuid}/canned", offer, permission=USE),
)
