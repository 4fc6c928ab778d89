"""Forms that carry files: kept at once, and in the form by their id from then on."""

from typing import TYPE_CHECKING

from crmcore.contracts.problems import InvalidValue
from crmcore.files.described import described
from crmcore.http.multipart import MULTIPART, read_parts
from crmcore.web.form import Form

if TYPE_CHECKING:
    from crmcore.web.visit import Visit


async def form_with_files(visit: "Visit") -> Form:
    """Return what the visitor's form sent, each file as its id under the name of its input.

    Files stay the visitor's uploads until a record takes them; what was refused is in the form's ``refused``.
    """
    if visit.request.content_type[0] != MULTIPART:
        return await visit.form()
    with await read_parts(visit.request, visit.crm.files) as sent:
        form = Form(sent.texts)
        for name, file in sent.files:
            if name in sent.refused:
                continue
            try:
                row = await visit.crm.files.keep(file, actor=visit.actor)
            except InvalidValue as refused:
                sent.refused[name] = refused.problem()
                continue
            form.add_file(name, described(row))
        form.refused = sent.refused
    return form


def page_address(document: dict[str, str]) -> str:
    """Return where a page leads to for a file that a record describes."""
    return f"/files/{document['id']}"
