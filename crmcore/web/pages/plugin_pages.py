"""Pages of plugins, rendered from what they return."""

from typing import Any

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.contracts.pages import Filters, PageContent, PageRequest
from crmcore.contracts.values import Link
from crmcore.contributions.bounds import trimmed
from crmcore.plugins.failures import PluginFailed
from crmcore.web.buttons import Buttons
from crmcore.web.marks import safe_href
from crmcore.web.route import Route
from crmcore.web.schema_form import SchemaForm
from crmcore.web.visit import Visit

OURS = frozenset({"acted", "fresh", "done"})


async def show_page(visit: Visit) -> ASGIResponse:
    """Show a page of a plugin; one that fails says so and can be asked again."""
    names = visit.request.path_params
    plugin, key = str(names["plugin"]), str(names["page"])
    owned = visit.crm.contributions.menu.page(plugin, key, actor=visit.actor)
    here = f"/x/{plugin}/{key}"
    rest = str(names.get("rest", "")).strip("/")[:300]
    query = {name: value for name, value in visit.query.items() if name not in OURS}
    request = PageRequest(actor=visit.actor, language=visit.language, query=query, path=rest)
    content, failed = PageContent(), ""
    try:
        content = await visit.crm.contributions.menu.load(owned, request)
    except PluginFailed as failure:
        failed = failure.sentence(visit.language)
    back = visit.path + (f"?{visit.request.url.query}" if visit.request.url.query else "")
    buttons = Buttons(visit, plugin, back=back, at=f"page:{plugin}.{key}", refs=content.actions)
    return await visit.page(
        "plugin_page.html",
        status=502 if failed else 200,
        area=f"x-{plugin}.{key}",
        heading=content.title[:200] or visit.say(owned.item.title),
        icon=owned.item.icon,
        plugin=plugin,
        blocks=trimmed(content.blocks),
        buttons=buttons,
        filters=_filters(visit, content.filters),
        more=_more(content.more),
        failed=failed,
        here=here + (f"/{rest}" if rest else ""),
        again=back,
        up=here if rest else "",
    )


def _filters(visit: Visit, filters: Filters | None) -> SchemaForm | None:
    if filters is None:
        return None
    form = SchemaForm(visit, msgspec.json.schema(filters.type))
    values: dict[str, Any] = {name: value for name, value in filters.values.items() if value is not None}
    form.show(msgspec.to_builtins(values))
    return form


def _more(link: Link | None) -> Link | None:
    return link if link is not None and safe_href(link.href) else None


ROUTES = (
    Route("GET", "/x/{plugin:str}/{page:str}", show_page),
    Route("GET", "/x/{plugin:str}/{page:str}/{rest:path}", show_page),
)
