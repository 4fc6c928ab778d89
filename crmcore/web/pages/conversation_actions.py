"""What an agent does with a conversation: answer, note, close, put off, give to somebody, tag."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.labels import Label
from crmcore.errors import CrmError, Invalid, NotFound
from crmcore.files.described import described, id_in
from crmcore.web.pages.inbox import conversation_page
from crmcore.web.route import Route
from crmcore.web.scope import scope_from
from crmcore.web.sent_files import form_with_files
from crmcore.web.snoozes import snooze_moment
from crmcore.web.visit import Visit

NOT_A_MOMENT: Label = {"en": "Say until when.", "ru": "Укажите, до какого времени."}


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


def _back(visit: Visit, done: str, anchor: str = "") -> ASGIResponse:
    address = f"/inbox/{_id(visit)}?{scope_from(visit).address}&done={done}"
    return visit.redirect(address + (f"#{anchor}" if anchor else ""))


async def _refused(visit: Visit, sentence: str, snooze_at: str = "") -> ASGIResponse:
    """Show the conversation with what was wrong: nothing else of the page is lost."""
    return await conversation_page(visit, _id(visit), status=422, refused=sentence, snooze_at=snooze_at)


def _sentences(visit: Visit, error: CrmError) -> str:
    sentences = [problem.sentence(visit.language) for problem in error.problems]
    return " ".join(sentences) or error.sentence(visit.language)


async def write(visit: Visit) -> ASGIResponse:
    """Send a reply or keep a note; ``then=close`` closes the conversation after the reply."""
    form = await form_with_files(visit)
    kind = "note" if form.get("kind") == "note" else "reply"
    text = form.raw("text").strip()
    conversations = visit.crm.conversations
    files = [id for text_id in form.all("file") if (id := id_in(text_id)) is not None]
    try:
        if form.refused:
            raise Invalid(problems=tuple(form.refused.values()))
        if kind == "note":
            await conversations.note(_id(visit), text, actor=visit.actor, attachments=files)
        else:
            await conversations.reply(_id(visit), text, actor=visit.actor, attachments=files)
    except CrmError as error:
        if error.status not in (400, 403, 409, 422):
            raise
        return await conversation_page(
            visit,
            _id(visit),
            status=422,
            kind=kind,
            text=form.raw("text"),
            error=_sentences(visit, error),
            files=tuple(described(row) for row in await visit.crm.files.own(files, actor=visit.actor)),
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
    typed = "" if form.get("until") else form.get("at")
    until = snooze_moment(form.get("until") or typed, visit.formats)
    if until is None:
        return await _refused(visit, visit.say(NOT_A_MOMENT), typed)
    try:
        await visit.crm.conversations.snooze(_id(visit), until, actor=visit.actor)
    except Invalid as error:
        return await _refused(visit, _sentences(visit, error), typed)
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
    try:
        await visit.crm.conversations.tag(_id(visit), tags, actor=visit.actor)
    except Invalid as error:
        return await _refused(visit, _sentences(visit, error))
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
