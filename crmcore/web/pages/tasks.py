"""Tasks: the list, adding one quickly, marking it done."""

from datetime import datetime, time
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.errors import Invalid
from crmcore.records.query import BadCursor, ListQuery, Page
from crmcore.web.route import Route
from crmcore.web.task_views import GROUPS, OWNERS, VIEWS, filter_of, group_of, view_of
from crmcore.web.tasks_view import task_view
from crmcore.web.visit import Visit, local_path

PAGE_SIZE = 100


async def list_tasks(visit: Visit) -> ASGIResponse:
    """List tasks, the most urgent first, done ones the latest first."""
    return await _page(visit)


async def add_task(visit: Visit) -> ASGIResponse:
    """Add a task for a day, about a conversation or a contact when it was made there."""
    form = await visit.form()
    document = {"title": form.get("title"), "assignee_id": visit.actor.id}
    for name in ("contact_id", "conversation_id"):
        if form.get(name):
            document[name] = form.get(name)
    try:
        if form.get("due_on"):
            document["due_at"] = _end_of_day(visit, form.get("due_on"))
        await visit.crm.records.create("task", document, actor=visit.actor)
    except (Invalid, ValueError) as error:
        problems = error.problems if isinstance(error, Invalid) else ()
        text = " ".join(problem.sentence(visit.language) for problem in problems)
        return await _page(
            visit, error=text or visit.texts.gettext("This is not a date."), title=form.get("title")
        )
    return visit.redirect(local_path(form.get("back") or "/tasks"), done="task_added")


async def tick(visit: Visit) -> ASGIResponse:
    """Mark a task done, or open it again."""
    form = await visit.form()
    id: UUID = visit.request.path_params["id"]
    done = form.get("status") == "done"
    await visit.crm.records.update("task", id, {"status": "done" if done else "open"}, actor=visit.actor)
    return visit.redirect(local_path(form.get("back") or "/tasks"), done="task_done" if done else "task_open")


def _end_of_day(visit: Visit, text: str) -> str:
    day = datetime.combine(
        datetime.strptime(text, "%Y-%m-%d").date(), time(23, 59), tzinfo=visit.formats.zone
    )
    return day.isoformat()


async def _page(visit: Visit, *, error: str = "", title: str = "") -> ASGIResponse:
    view, owner = view_of(visit.query)
    query = ListQuery(
        filter=filter_of(view, owner, visit),
        sort="-done_at" if view == "done" else "due_at",
        limit=PAGE_SIZE,
        cursor=visit.query.get("cursor", "")[:500],
    )
    try:
        page: Page = await visit.crm.records.list("task", query, actor=visit.actor)
    except BadCursor:
        page = Page(items=[])
    tasks = [task_view(visit, record) for record in page.items]
    groups = [
        (visit.texts.gettext(label), found)
        for key, label in GROUPS.items()
        if (found := [task for task in tasks if group_of(visit, task.due_at) == key])
    ]
    return await visit.page(
        "tasks.html",
        status=422 if error else 200,
        area="tasks",
        view=view,
        owner=owner,
        here=f"/tasks?view={view}&owner={owner}",
        views=[(value, visit.texts.gettext(label)) for value, label in VIEWS.items()],
        owners=[(value, visit.texts.gettext(label)) for value, label in OWNERS.items()],
        tasks=tasks,
        groups=groups if view == "open" else [("", tasks)] if tasks else [],
        following=page.next,
        error=error,
        title=title,
    )


ROUTES = (
    Route("GET", "/tasks", list_tasks, permission="task.read"),
    Route("POST", "/tasks", add_task, permission="task.write"),
    Route("POST", "/tasks/{id:uuid}/status", tick, permission="task.write"),
)
