"""What concerns the visitor: the list behind the bell, and how he wants to hear of it."""

from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.notifications.choices import Ways
from crmcore.notifications.kinds import KINDS
from crmcore.notifications.reading import MOST_COUNTED, own_id
from crmcore.records.query import BadCursor
from crmcore.web.route import Route
from crmcore.web.visit import Visit, local_path

PAGE_SIZE = 50


async def show(visit: Visit) -> ASGIResponse:
    """List notifications, the newest first."""
    unread = visit.query.get("view") == "unread"
    reading = visit.crm.notifications.reading
    cursor = visit.query.get("cursor", "")[:500]
    try:
        page = await reading.page(actor=visit.actor, unread=unread, cursor=cursor, limit=PAGE_SIZE)
    except BadCursor:
        page = await reading.page(actor=visit.actor, unread=unread, limit=PAGE_SIZE)
    return await visit.page(
        "notifications.html",
        area="notifications",
        items=page.items,
        following=page.next,
        unread=unread,
        icons={key: kind.icon for key, kind in KINDS.items()},
    )


async def count(visit: Visit) -> ASGIResponse:
    """Return the bell's counter, for our script."""
    unread = await visit.crm.notifications.reading.unread(actor=visit.actor)
    return visit.render(
        "bell_count.html", headers={"Cache-Control": "no-store"}, unread=unread, most=MOST_COUNTED
    )


async def open_one(visit: Visit) -> ASGIResponse:
    """Mark one as read and lead to what it is about."""
    id: UUID = visit.request.path_params["id"]
    item = await visit.crm.notifications.reading.read(id, actor=visit.actor)
    return visit.redirect(item.path or "/notifications")


async def read_all(visit: Visit) -> ASGIResponse:
    """Mark everything as read."""
    await visit.crm.notifications.reading.read_all(actor=visit.actor)
    return visit.redirect("/notifications", done="notifications_read")


async def choose(visit: Visit) -> ASGIResponse:
    """Keep how the visitor wants to hear of each kind."""
    form = await visit.form()
    ways = {
        key: Ways(in_page=key in form.all("in_page"), by_mail=key in form.all("by_mail")) for key in KINDS
    }
    await visit.crm.notifications.choices.choose(own_id(visit.actor), ways)
    return visit.redirect(local_path("/settings/profile"), done="saved")


ROUTES = (
    Route("GET", "/notifications", show),
    Route("GET", "/notifications/count", count),
    Route("POST", "/notifications/read", read_all),
    Route("POST", "/notifications/{id:uuid}/open", open_one),
    Route("POST", "/settings/profile/notifications", choose),
)
