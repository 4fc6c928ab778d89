"""Tasks as a calendar."""

from datetime import date

from litestar.response.base import ASGIResponse

from crmcore.web.route import Route
from crmcore.web.task_calendar import calendar_of
from crmcore.web.task_views import OWNERS, view_of
from crmcore.web.visit import Visit


async def show(visit: Visit) -> ASGIResponse:
    """Show the month or the week of a day, this one without any."""
    _, owner = view_of(visit.query)
    mode = "week" if visit.query.get("mode") == "week" else "month"
    today = visit.formats.now.date()
    try:
        on = date.fromisoformat(visit.query.get("on", "")[:10])
    except ValueError:
        on = today
    if not 1990 <= on.year < 2200:
        on = today
    calendar = await calendar_of(visit, mode, on, owner)
    return await visit.page(
        "task_calendar.html",
        area="tasks",
        calendar=calendar,
        owner=owner,
        owners=[(value, visit.texts.gettext(label)) for value, label in OWNERS.items()],
        days=visit.formats.weekdays(),
        today=today,
        here=f"/tasks/calendar?mode={mode}&on={calendar.first.isoformat()}&owner={owner}",
    )


ROUTES = (Route("GET", "/tasks/calendar", show, permission="task.read"),)
