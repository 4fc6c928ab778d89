"""What an agent does with a conversation: answer, note, close, put off, give to somebody, tag."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.labels import Label
from crmcore.contracts.records import Record
from crmcore.conversations.drafts import Kind
from crmcore.errors import CrmError, Invalid, NotFound
from crmcore.files.described import described, id_in
from crmcore.records.query import BadCursor
from crmcore.web.form import Form
from crmcore.web.pages.conversation_fields import ask_before_closing
from crmcore.web.pages.inbox import conversation_page
from crmcore.web.route import Route
from crmcore.web.scope import opened_scope, scope_from
from crmcore.web.sent_files import form_with_files
from crmcore.web.snoozes import snooze_moment
from crmcore.web.visit import HTML, Visit

NOT_A_MOMENT: Label = {"en": "Say until when.", "ru": "Укажите, до какого времени."}


def _files(form: Form) -> list[UUID]:
    return [id for text_id in form.all("file") if (id := id_in(text_id)) is not None]


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


def _back(visit: Visit, done: str, changed: Record | None = None) -> ASGIResponse:
    """Lead back to the conversation; what was ``changed`` can be taken back there."""
    address = f"/inbox/{_id(visit)}?{scope_from(visit).address}&done={done}"
    return visit.redirect(address + (f"&undo={changed.version}" if changed else ""))


async def _refused(visit: Visit, sentence: str, snooze_at: str = "") -> ASGIResponse:
    """Show the conversation with what was wrong: nothing else of the page is lost."""
    return await conversation_page(visit, _id(visit), status=422, refused=sentence, snooze_at=snooze_at)


def _sentences(visit: Visit, error: CrmError) -> str:
    sentences = [problem.sentence(visit.language) for problem in error.problems]
    return " ".join(sentences) or error.sentence(visit.language)


async def write(visit: Visit) -> ASGIResponse:
    """Send a reply or keep a note; ``then=close`` closes the conversation after the reply."""
    form = await form_with_files(visit)
    kind: Kind = "note" if form.get("kind") == "note" else "reply"
    text = form.raw("text").strip()
    conversations = visit.crm.conversations
    files = _files(form)
    if form.get("then") == "draft":
        await conversations.drafts.keep(
            _id(visit), kind, form.raw("text"), actor=visit.actor, attachments=files
        )
        return _back(visit, "draft_kept")
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
            files=tuple(described(row) for row in await visit.crm.files.usable(files, actor=visit.actor)),
        )
    if kind == "reply" and form.get("then") in ("close", "next"):
        return await _close(visit, onward=form.get("then") == "next", replied=True)
    return _back(visit, "noted" if kind == "note" else "replied")


async def retry(visit: Visit) -> ASGIResponse:
    """Send a reply again that failed or was held."""
    await visit.crm.conversations.retry(visit.request.path_params["message"], actor=visit.actor)
    return _back(visit, "retried")


async def close(visit: Visit) -> ASGIResponse:
    """Close the conversation; ``then=next`` goes on with the next one of the list."""
    return await _close(visit, onward=(await visit.form()).get("then") == "next")


async def _close(visit: Visit, *, onward: bool, replied: bool = False) -> ASGIResponse:
    following = await _next_of(visit) if onward else ""
    try:
        closed = await visit.crm.conversations.close(_id(visit), actor=visit.actor)
    except Invalid as error:
        return await ask_before_closing(visit, error, replied=replied)
    if not onward:
        return _back(visit, "closed", closed)
    told = f"done=closed&undo={closed.version}&of={_id(visit)}"
    return visit.redirect(f"/inbox{following}?{scope_from(visit).address}&{told}")


async def _next_of(visit: Visit) -> str:
    """Return the path of the conversation below this one in its list, of the one above at the end; or nothing."""
    query = (await opened_scope(visit)).query(visit)
    try:
        page = await visit.crm.records.list("conversation", query, actor=visit.actor)
    except BadCursor:
        return ""
    ids = [record.id for record in page.items]
    if _id(visit) not in ids:
        return f"/{ids[0]}" if ids else ""
    at = ids.index(_id(visit))
    others = ids[at + 1 :] or ids[:at][::-1]
    return f"/{others[0]}" if others else ""


async def reopen(visit: Visit) -> ASGIResponse:
    """Open the conversation again."""
    opened = await visit.crm.conversations.reopen(_id(visit), actor=visit.actor)
    return _back(visit, "reopened", opened)


async def undo(visit: Visit) -> ASGIResponse:
    """Take back what the visitor did last."""
    form = await visit.form()
    version = form.get("version")
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise NotFound
    whole = await visit.crm.conversations.undo(_id(visit), int(version), actor=visit.actor)
    return _back(visit, "undone" if whole else "not_undone")


async def keep_draft(visit: Visit) -> ASGIResponse:
    """Keep what was typed and which files were chosen so far: our script asks for it; answers with new files."""
    form = await form_with_files(visit)
    if form.refused:
        raise Invalid(problems=tuple(form.refused.values()))
    kind: Kind = "note" if form.get("kind") == "note" else "reply"
    files = await visit.crm.files.usable(_files(form), actor=visit.actor)
    ids = [row["id"] for row in files]
    await visit.crm.conversations.drafts.keep(
        _id(visit), kind, form.raw("text"), actor=visit.actor, attachments=ids
    )
    if "chosen" not in visit.query:
        return ASGIResponse(status_code=204, media_type=HTML)
    return visit.render("composer_files.html", files=[described(row) for row in files])


async def snooze(visit: Visit) -> ASGIResponse:
    """Put the conversation off until a moment."""
    form = await visit.form()
    typed = "" if form.get("until") else form.get("at")
    until = snooze_moment(form.get("until") or typed, visit.formats)
    if until is None:
        return await _refused(visit, visit.say(NOT_A_MOMENT), typed)
    try:
        snoozed = await visit.crm.conversations.snooze(_id(visit), until, actor=visit.actor)
    except Invalid as error:
        return await _refused(visit, _sentences(visit, error), typed)
    return _back(visit, "snoozed", snoozed)


async def assign(visit: Visit) -> ASGIResponse:
    """Give the conversation to somebody, a team, or nobody; a ``notice`` for them is kept as a note."""
    form = await visit.form()
    conversations = visit.crm.conversations
    name = "team" if "team" in form else "assignee"
    asked = visit.actor.id if form.get(name) == "me" and name == "assignee" else form.get(name)
    try:
        to = UUID(asked) if asked else None
    except ValueError:
        raise NotFound from None
    notice = form.get("notice")
    try:
        if name == "team":
            changes = {"team_id": str(to) if to else None}
            given = await conversations.change(_id(visit), changes, actor=visit.actor)
        else:
            given = await conversations.assign(_id(visit), to, actor=visit.actor)
        if notice and to is not None:
            person = (given.document.get("assignee") or {}).get("name", "") if name == "assignee" else ""
            words = f"@{person} {notice}" if person else notice
            await conversations.note(_id(visit), words, actor=visit.actor)
    except Invalid as error:
        return await _refused(visit, _sentences(visit, error))
    return _back(visit, ("team" if name == "team" else "assigned") if to else "unassigned", given)


async def prioritise(visit: Visit) -> ASGIResponse:
    """Change how urgent the conversation is."""
    priority = (await visit.form()).get("priority")
    changed = await visit.crm.conversations.prioritize(_id(visit), priority, actor=visit.actor)
    return _back(visit, "priority", changed)


async def tag(visit: Visit) -> ASGIResponse:
    """Add or remove a tag; several may be added at once, separated by commas."""
    form = await visit.form()
    record = await visit.crm.records.get("conversation", _id(visit), actor=visit.actor)
    removed = form.raw("remove")
    tags = [name for name in record.document["tags"] if name != removed]
    tags += [name for part in form.get("add").split(",") if (name := part.strip().removeprefix("#").strip())]
    try:
        changed = await visit.crm.conversations.tag(_id(visit), tags, actor=visit.actor)
    except Invalid as error:
        return await _refused(visit, _sentences(visit, error))
    return _back(visit, "tagged", changed)


ROUTES = (
    Route("POST", "/inbox/{id:uuid}/messages", write, permission="message.write"),
    Route("POST", "/inbox/{id:uuid}/messages/{message:uuid}/retry", retry, permission="message.write"),
    Route("POST", "/inbox/{id:uuid}/close", close, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/reopen", reopen, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/undo", undo, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/draft", keep_draft, permission="message.write"),
    Route("POST", "/inbox/{id:uuid}/snooze", snooze, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/assign", assign, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/priority", prioritise, permission="conversation.write"),
    Route("POST", "/inbox/{id:uuid}/tags", tag, permission="conversation.write"),
)
