"""Files behind links of pages."""

from litestar.response.base import ASGIResponse

from crmcore.http.answers import respond
from crmcore.http.file_answers import file_answer, thumbnail_answer
from crmcore.web.route import Route
from crmcore.web.visit import Visit


async def download(visit: Visit) -> ASGIResponse:
    """Give a file out, to be saved."""
    row = await visit.crm.files.get(visit.request.path_params["id"], actor=visit.actor)
    return respond(file_answer(visit.request, visit.crm.files, row))


async def thumbnail(visit: Visit) -> ASGIResponse:
    """Give out the small picture of a picture."""
    row = await visit.crm.files.get(visit.request.path_params["id"], actor=visit.actor)
    return respond(await thumbnail_answer(visit.request, visit.crm.files, row))


ROUTES = (
    Route("GET", "/files/{id:uuid}", download),
    Route("GET", "/files/{id:uuid}/thumbnail", thumbnail),
)
