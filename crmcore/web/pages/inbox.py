"""The inbox: list, thread and what is known about the contact."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.contracts.records import Record
from crmcore.errors import NotFound
from crmcore.http.envelope import CONTENT_SECURITY_POLICY
from crmcore.records.query import BadCursor, ListQuery
from crmcore.views.service import SHARE
from crmcore.web.buttons import bulk_actions, record_buttons
from crmcore.web.canned_text import canned_reply
from crmcore.web.composer import Composer, composer_for
from crmcore.web.conversations_view import PRIORITY, conversation_view, message_views
from crmcore.web.done import bulk_done, undoable
from crmcore.web.facts import SHORT, FactGroup, contact_facts, custom_facts
from crmcore.web.inbox_filter import InboxFilter, inbox_filter, teams_of
from crmcore.web.lists.conditions import Conditions
from crmcore.web.pages.inbox_parts import MESSAGES_PER_PAGE, begun_in, show_rows, show_thread, users_of
from crmcore.web.panels import places
from crmcore.web.route import Route
from crmcore.web.scope import Scope, opened_scope
from crmcore.web.snoozes import snooze_choices
from crmcore.web.tasks_view import open_tasks
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

if TYPE_CHECKING:
    from crmcore.records.query import Page

# Somebody asked for the pictures of a message: they come from anywhere, by https, without a referrer.
WITH_IMAGES = CONTENT_SECURITY_POLICY.replace("img-src 'self' data:", "img-src 'self' data: https:")
MAX_TAGS = 100
DELETED = N_("This contact was deleted.")


async def show_front(visit: Visit) -> ASGIResponse:
    """Lead to the inbox."""
    return visit.redirect("/inbox")


async def show_inbox(visit: Visit) -> ASGIResponse:
    """List the conversations of a view."""
    if visit.live_part == "rows":
        return await show_rows(visit)
    return await inbox_page(visit, await opened_scope(visit))


async def inbox_page(
    visit: Visit,
    scope: Scope,
    *,
    status: int = 200,
    conditions: Conditions | None = None,
    trouble: str = "",
    form: str = "",
) -> ASGIResponse:
    """Return the page of a list without a conversation; ``form`` is the one that is open: filter or view."""
    channels = 1
    rows, older = await _rows(visit, scope)
    if not rows and visit.actor.may("channel.read"):
        channels = len(await visit.crm.channel_accounts.list(actor=visit.actor, kind="channel"))
    return await visit.page(
        "inbox.html",
        status=status,
        area="inbox",
        scope=scope,
        rows=rows,
        older=older,
        conversation=None,
        channels=channels,
        **await _list_values(visit, scope, conditions, trouble, form),
    )


async def _list_values(
    visit: Visit,
    scope: Scope,
    conditions: Conditions | None = None,
    trouble: str = "",
    form: str = "",
    *,
    people: list[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """Return what the template of the list shows beside the rows."""
    shown: InboxFilter | None = None
    if scope.filter or conditions or form == "filter":
        shown = await inbox_filter(visit, scope, conditions)
    if scope.trouble and not trouble:
        trouble = visit.texts.gettext(
            "Not everything that this address asks for is possible. The rest is shown."
        )
    return {
        "filtering": shown,
        "people": people if people is not None else await users_of(visit),
        "snoozing": snooze_choices(visit.texts, visit.formats),
        "levels": _priorities(visit),
        "form_open": form,
        "trouble": trouble,
        "may_share": visit.actor.may(SHARE),
        "many": await bulk_done(visit),
        "undo": undoable(visit),
        "bulk_actions": bulk_actions(visit, "conversation"),
    }


async def show_conversation(visit: Visit) -> ASGIResponse:
    """Show one conversation beside the list it was opened from."""
    if visit.live_part == "thread":
        return await show_thread(visit, visit.request.path_params["id"])
    id = visit.request.path_params["id"]
    chosen = await canned_reply(visit, id)
    return await conversation_page(visit, id, text=chosen.text, files=tuple(chosen.attachments))


async def conversation_page(
    visit: Visit,
    id: UUID,
    *,
    status: int = 200,
    kind: str = "reply",
    text: str = "",
    error: str = "",
    files: tuple[dict[str, Any], ...] = (),
    refused: str = "",
    snooze_at: str = "",
) -> ASGIResponse:
    """Return the page of the conversation ``id``; the composer holds ``text`` with ``error`` beside it.

    ``refused`` says above the messages why an action was not done; ``snooze_at`` is the moment that was typed.
    """
    scope = await opened_scope(visit)
    record = await visit.crm.records.get("conversation", id, actor=visit.actor)
    view = conversation_view(visit, record)
    page = await visit.crm.conversations.messages(
        id, actor=visit.actor, cursor=visit.query.get("before", ""), limit=MESSAGES_PER_PAGE, newest=True
    )
    messages = sorted(page.items, key=lambda item: (item.document["created_at"], item.id))
    contact = await _contact(visit, record)
    contact_deleted = contact is None and await _contact_deleted(visit, record)
    composer: Composer = await composer_for(
        visit,
        record.document,
        kind=kind,
        text=text,
        error=error,
        files=files,
        drafts=await begun_in(visit, id),
    )
    if contact_deleted and composer.can_reply:
        composer = msgspec.structs.replace(
            composer, reason=f"{visit.texts.gettext(DELETED)} {composer.reason}".strip()
        )
    earlier = f"/inbox/{id}?{scope.address}&before={page.next}" if page.next else ""
    images = visit.query.get("images", "")
    people = await users_of(visit)
    values: dict[str, Any] = {
        "scope": scope,
        "conversation": view,
        "messages": message_views(messages, visit.texts, visit.formats, images=images),
        "earlier": earlier,
        "composer": composer,
        "contact": contact,
        "contact_deleted": visit.texts.gettext(DELETED) if contact_deleted else "",
        "refused": refused,
        "snooze_at": snooze_at,
        "conversation_groups": await custom_facts(visit, record, all_of_them=True),
        "tasks": await open_tasks(visit, "conversation_id", id) if visit.actor.may("task.read") else None,
        "users": people,
        "teams": await teams_of(visit),
        "known_tags": await _tags(visit),
        "snoozes": snooze_choices(visit.texts, visit.formats),
        "priorities": _priorities(visit),
        "panels": await places(visit, "conversation", id),
        "buttons": record_buttons(visit, "conversation", id, f"/inbox/{id}?{scope.address}"),
        "added_to": visit.crm.contributions.under_messages.has(record.document),
    }
    if visit.wants_fragment:
        # Our script asks for a part of the page: it has the list already.
        answer = visit.render("inbox_opened.html", status=status, **values)
    else:
        rows, older = await _rows(visit, scope)
        values |= {"rows": rows, "older": older, "channels": 1}
        values |= await _list_values(visit, scope, people=people)
        answer = await visit.page("inbox.html", status=status, area="inbox", **values)
    if any(str(message.id) == images for message in messages):
        answer.headers.add("content-security-policy", WITH_IMAGES)
    return answer


def _priorities(visit: Visit) -> list[tuple[str, str]]:
    return [(value, visit.texts.gettext(label)) for value, (label, _) in reversed(PRIORITY.items())]


async def _rows(visit: Visit, scope: Scope) -> tuple[list[Any], str]:
    try:
        page: Page = await visit.crm.records.list("conversation", scope.query(visit), actor=visit.actor)
    except BadCursor:
        return [], ""
    older = f"/inbox?{scope.with_cursor(page.next)}" if page.next else ""
    begun = await visit.crm.conversations.drafts.among((row.id for row in page.items), actor=visit.actor)
    return [conversation_view(visit, record, draft=record.id in begun) for record in page.items], older


async def _contact(visit: Visit, record: Record) -> dict[str, Any] | None:
    contact = record.document.get("contact") or {}
    if not contact.get("id") or not visit.actor.may("contact.read"):
        return None
    try:
        found = await visit.crm.records.get("contact", contact["id"], actor=visit.actor)
    except NotFound:
        return None
    document = found.document
    line = ", ".join(part for part in (document.get("job_title"), document.get("company")) if part)
    facts = contact_facts(visit, found, SHORT)
    groups: list[FactGroup] = [facts, *await custom_facts(visit, found)]
    return {"id": found.id, "line": line, "groups": groups}


async def _contact_deleted(visit: Visit, record: Record) -> bool:
    """Return whether the contact is one that the visitor may see and that was deleted."""
    contact = record.document.get("contact") or {}
    if not contact.get("id") or not visit.actor.may("contact.read"):
        return False
    try:
        await visit.crm.records.get("contact", contact["id"], actor=visit.actor, deleted=True)
    except NotFound:
        return False
    return True


async def _tags(visit: Visit) -> list[str]:
    if not visit.actor.may("tag.read"):
        return []
    page = await visit.crm.records.list("tag", ListQuery(sort="name", limit=MAX_TAGS), actor=visit.actor)
    return [tag.document["name"] for tag in page.items]


ROUTES = (
    Route("GET", "/", show_front),
    Route("GET", "/inbox", show_inbox, permission="conversation.read"),
    Route("GET", "/inbox/{id:uuid}", show_conversation, permission="conversation.read"),
)
