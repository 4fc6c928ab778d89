"""Static files: kept in memory, addressed by content, never changing under one address."""

from litestar.response.base import ASGIResponse

from crmcore.errors import NotFound
from crmcore.web.route import Route
from crmcore.web.visit import Visit

FOREVER = "public, max-age=31536000, immutable"
# A page of the version before may ask for its files while a new version starts: better the new file than none.
NOT_NOW = "no-cache"


async def serve(visit: Visit) -> ASGIResponse:
    """Send a file; one under another version's address is not to be kept."""
    assets = visit.site.assets
    asset = assets.get(str(visit.request.path_params["name"]).lstrip("/"))
    if asset is None:
        raise NotFound
    same = visit.request.path_params["digest"] == assets.digest
    headers = {"Cache-Control": FOREVER if same else NOT_NOW, "Vary": "Accept-Encoding"}
    body = asset.body
    if asset.packed and "gzip" in visit.request.headers.get("accept-encoding", ""):
        body = asset.packed
        headers["Content-Encoding"] = "gzip"
    return ASGIResponse(body=body, headers=headers, media_type=asset.media_type)


ROUTES = (Route("GET", "/static/{digest:str}/{name:path}", serve, public=True),)
