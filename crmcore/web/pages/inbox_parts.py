"""Parts of the inbox that the script of live updates asks for: some rows with the counters, one thread's messages."""

from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.records.query import BadCursor, ListQuery
from crmcore.web.buttons import record_buttons
from crmcore.web.composer import composer_for
from crmcore.web.conversations_view import PRIORITY, conversation_view, message_views
from crmcore.web.frame import frame_of
from crmcore.web.scope import scope_from
from crmcore.web.snoozes import snooze_choices
from crmcore.web.visit import Visit

MESSAGES_PER_PAGE = 50
MAX_USERS = 50
MAX_ROWS = 50
_COUNTED = {
    "/inbox": "mine",
    "/inbox?view=mine": "mine",
    "/inbox?view=unassigned": "unassigned",
    "/tasks": "tasks",
}


async def show_rows(visit: Visit) -> ASGIResponse:
    """Return those of the asked-for rows that are in the view now, all of the page without ``rows``; and counters."""
    scope = scope_from(visit)
    query = scope.query(visit)
    wanted = visit.query.get("rows")
    ids = [id for id in (wanted or "").split(",")[:MAX_ROWS] if _is_id(id)]
    records = []
    if wanted is None or ids:
        if ids:
            only = {"field": "id", "op": "in", "value": ids}
            query = msgspec.structs.replace(
                query, filter={"all": [query.filter or {"all": []}, only]}, cursor=""
            )
        try:
            records = (await visit.crm.records.list("conversation", query, actor=visit.actor)).items
        except BadCursor:
            records = []
    frame = await frame_of(visit, "inbox")
    counters = [(href, frame.counts[name]) for href, name in _COUNTED.items() if name in frame.counts]
    return visit.render(
        "inbox_rows.html",
        scope=scope,
        rows=[conversation_view(visit, record) for record in records],
        conversation=None,
        counters=counters,
    )


async def show_thread(visit: Visit, id: UUID) -> ASGIResponse:
    """Return the newest messages of a conversation and its head, without what stands beside them."""
    record = await visit.crm.records.get("conversation", id, actor=visit.actor)
    page = await visit.crm.conversations.messages(id, actor=visit.actor, limit=MESSAGES_PER_PAGE, newest=True)
    messages = sorted(page.items, key=lambda item: (item.document["created_at"], item.id))
    return visit.render(
        "thread.html",
        scope=scope_from(visit),
        conversation=conversation_view(visit, record),
        messages=message_views(messages, visit.texts, visit.formats),
        earlier="",
        composer=await composer_for(visit, record.document),
        refused="",
        snooze_at="",
        buttons=record_buttons(visit, "conversation", id, f"/inbox/{id}"),
        added_to=visit.crm.contributions.under_messages.has(record.document.get("channel") or ""),
        users=await users_of(visit),
        snoozes=snooze_choices(visit.texts, visit.formats),
        priorities=[(value, visit.texts.gettext(label)) for value, (label, _) in reversed(PRIORITY.items())],
    )


async def users_of(visit: Visit) -> list[tuple[str, str]]:
    """Return those to whom a conversation can be given."""
    if not visit.actor.may("user.read"):
        return []
    active = {"field": "active", "op": "eq", "value": True}
    query = ListQuery(filter=active, sort="name", limit=MAX_USERS)
    page = await visit.crm.records.list("user", query, actor=visit.actor)
    return [(str(user.id), user.document["name"]) for user in page.items]


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
