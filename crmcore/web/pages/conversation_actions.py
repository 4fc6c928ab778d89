"""What an agent does with a conversation: answer, note, close, put off, give to somebody, tag."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import Problem
from crmcore.errors import CrmError, Invalid, NotFound
from crmcore.web.pages.inbox import conversation_page
from crmcore.web.route import Route
from crmcore.web.scope import scope_from
from crmcore.web.snoozes import snooze_moment
from crmcore.web.visit import Visit

NOT_A_MOMENT: Label = {"en": "Say until when.", "ru": "Укажите, до какого времени."}


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


def _back(visit: Visit, done: str, anchor: str = "") -> ASGIResponse:
    address = f"/inbox/{_id(visit)}?{scope_from(visit).address}&done={done}"
    return visit.redirect(address + (f"#{anchor}" if anchor else ""))


async def write(visit: Visit) -> ASGIResponse:
    """Send a reply or keep a note; ``then=close`` closes the conversation after the reply."""
    form = await visit.form()
    kind = "note" if form.get("kind") == "note" else "reply"
    text = form.raw("text").strip()
    conversations = visit.crm.conversations
    try:
        if kind == "note":
            await conversations.note(_id(visit), text, actor=visit.actor)
        else:
            await conversations.reply(_id(visit), text, actor=visit.actor)
    except CrmError as error:
        if error.status not in (400, 403, 409, 422):
            raise
        sentences = [problem.sentence(visit.language) for problem in error.problems]
        return await conversation_page(
            visit,
            _id(visit),
            status=422,
            kind=kind,
            text=form.raw("text"),
            error=" ".join(sentences) or error.sentence(visit.language),
        )
    if kind == "reply" and form.get("then") == "close":
        return await close(visit)
    return _back(visit, "noted" if kind == "note" else "replied")


async def retry(visit: Visit) -> ASGIResponse:
    """Send a reply again that failed or was held."""
    await visit.crm.conversations.retry(visit.request.path_params["message"], actor=visit.actor)
    return _back(visit, "retried")


async def close(visit: Visit) -> ASGIResponse:
    """Close the conversation."""
    await visit.crm.conversations.close(_id(visit), actor=visit.actor)
    return _back(visit, "closed")


async def reopen(visit: Visit) -> ASGIResponse:
    """Open the conversation again."""
    await visit.crm.conversations.reopen(_id(visit), actor=visit.actor)
    return _back(visit, "reopened")


async def snooze(visit: Visit) -> ASGIResponse:
    """Put the conversation off until a moment."""
    form = await visit.form()
    until = snooze_moment(form.get("until") or form.get("at"), visit.formats)
    if until is None:
        raise Invalid(problems=(Problem(path="/snoozed_until", code="not_a_moment", message=NOT_A_MOMENT),))
    await visit.crm.conversations.snooze(_id(visit), until, actor=visit.actor)
    return _back(visit, "snoozed")


async def assign(visit: Visit) -> ASGIResponse:
    """Give the conversation to somebody, or to nobody."""
    form = await visit.form()
    asked = visit.actor.id if form.get("assignee") == "me" else form.get("assignee")
    try:
        user = UUID(asked) if asked else None
    except ValueError:
        raise NotFound from None
    await visit.crm.conversations.assign(_id(visit), user, actor=visit.actor)
    return _back(visit, "assigned" if user else "unassigned")


async def prioritise(visit: Visit) -> ASGIResponse:
    """Change how urgent the conversation is."""
    priority = (await visit.form()).get("priority")
    await visit.crm.conversations.prioritize(_id(visit), priority, actor=visit.actor)
    return _back(visit, "priority")


async def tag(visit: Visit) -> ASGIResponse:
    """Add or remove a tag; several may be added at once, separated by commas."""
    form = await visit.form()
    record = await visit.crm.records.get("conversation", _id(visit), actor=visit.actor)
    removed = form.raw("remove")
    tags = [name for name in record.document["tags"] if name != removed]
    tags += [name for part in form.get("add").split(",") if (name := part.strip().removeprefix("#").strip())]
    await visit.crm.conversations.tag(_id(visit), tags, actor=visit.actor)
    return _back(visit, "tagged")


ROUTES = (
    Route("POST", "/inbox/{id:uuid}/messages", write, permission="message.write"),
    Route("POST", "/inbox/{id:uuid}/messages/{message:uuid}/retry", retry, permission="message.write"),
    Route("POST", "/inbox/{id:uuid}/close", close, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/reopen", reopen, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/snooze", snooze, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/assign", assign, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/priority", prioritise, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/tags", tag, permission="conversation.write"),
)
