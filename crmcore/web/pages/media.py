"""Files in blocks of plugins: recordings to listen to, pictures, files to fetch."""

from litestar.response.base import ASGIResponse

from crmcore.http.answers import respond
from crmcore.http.file_answers import file_answer
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def show_media(visit: Visit) -> ASGIResponse:
    """Give a file out to whom its block was shown, while they may see where it stood."""
    id = visit.request.path_params["id"]
    row = await visit.crm.contributions.media.row(id, visit.query, actor=visit.actor)
    return respond(file_answer(visit.request, visit.crm.files, row))


ROUTES = (Route("GET", "/ui/media/{id:uuid}", show_media),)
