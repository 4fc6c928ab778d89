"""Parts of the inbox that the script of live updates asks for: some rows with the counters, one thread's messages."""

from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.conversations.drafts import Draft
from crmcore.errors import CrmError
from crmcore.records.query import BadCursor, ListQuery
from crmcore.web.buttons import record_buttons
from crmcore.web.composer import composer_for
from crmcore.web.conversations_view import PRIORITY, conversation_view, message_views
from crmcore.web.frame import MOST_COUNTED, frame_of, saved_views
from crmcore.web.inbox_filter import teams_of
from crmcore.web.scope import opened_scope, scope_from
from crmcore.web.snoozes import snooze_choices
from crmcore.web.views import COUNTED
from crmcore.web.visit import Visit

MESSAGES_PER_PAGE = 30
"""Two windows full: a page with a list of fifty rows beside it stays light. Earlier ones are a link away."""
MAX_USERS = 50
MAX_ROWS = 50
MOST_SHOWN = 100
"""Counters of saved views end here: a filter may ask what no index answers."""
_COUNTED = {"/inbox": "mine", "/tasks": "tasks"} | {f"/inbox?view={view}": view for view in COUNTED}


async def show_rows(visit: Visit) -> ASGIResponse:
    """Return those of the asked-for rows that are in the view now, all of the page without ``rows``; and counters."""
    scope = await opened_scope(visit)
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
    counters = [
        (href, frame.counts[name], MOST_COUNTED) for href, name in _COUNTED.items() if name in frame.counts
    ]
    counters += [(href, n, MOST_SHOWN) for href, n in await _saved_counters(visit)]
    begun = await visit.crm.conversations.drafts.among((record.id for record in records), actor=visit.actor)
    return visit.render(
        "inbox_rows.html",
        scope=scope,
        rows=[conversation_view(visit, record, draft=record.id in begun) for record in records],
        conversation=None,
        counters=counters,
    )


async def _saved_counters(visit: Visit) -> list[tuple[str, int]]:
    """Return how many each saved view finds; one that asks for words or makes no sense any more has no counter."""
    queries = {}
    for view in await saved_views(visit):
        try:
            await visit.crm.records.check("conversation", view.query, actor=visit.actor)
        except CrmError:
            continue
        if not view.query.q:
            queries[f"/inbox?view={view.id}"] = view.query
    found = await visit.crm.records.counts("conversation", queries, actor=visit.actor, at_most=MOST_SHOWN)
    return list(found.items())


async def show_thread(visit: Visit, id: UUID) -> ASGIResponse:
    """Return the newest messages of a conversation, or those before a place, without what stands beside them."""
    record = await visit.crm.records.get("conversation", id, actor=visit.actor)
    before = visit.query.get("before", "")
    page = await visit.crm.conversations.messages(
        id, actor=visit.actor, cursor=before, limit=MESSAGES_PER_PAGE, newest=True
    )
    messages = sorted(page.items, key=lambda item: (item.document["created_at"], item.id))
    scope = scope_from(visit)
    return visit.render(
        "thread.html",
        scope=scope,
        conversation=conversation_view(visit, record),
        messages=message_views(messages, visit.texts, visit.formats),
        earlier=f"/inbox/{id}?{scope.address}&before={page.next}" if page.next else "",
        composer=await composer_for(visit, record.document),
        refused="",
        snooze_at="",
        buttons=record_buttons(visit, "conversation", id, f"/inbox/{id}"),
        added_to=visit.crm.contributions.under_messages.has(record.document),
        users=await users_of(visit),
        teams=await teams_of(visit),
        snoozes=snooze_choices(visit.texts, visit.formats),
        priorities=[(value, visit.texts.gettext(label)) for value, (label, _) in reversed(PRIORITY.items())],
    )


async def begun_in(visit: Visit, id: UUID) -> dict[str, Draft]:
    """Return the visitor's drafts in a conversation, by their kind."""
    if not visit.actor.may("message.write"):
        return {}
    return await visit.crm.conversations.drafts.of(id, actor=visit.actor)


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
