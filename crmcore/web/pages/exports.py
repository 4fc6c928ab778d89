"""Settings: exports — what a list finds as a file, made in the background."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.records import RecordType
from crmcore.conversions import converted
from crmcore.errors import CrmError, Invalid
from crmcore.exporting.run import ExportEntry, NewExport
from crmcore.exporting.service import READ
from crmcore.http.answers import Answer, respond
from crmcore.http.documents import decode_document
from crmcore.http.refusals import BadJson
from crmcore.web.form import Form
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/export"
ONE = f"{HERE}/{{id:uuid}}"
MAX_FILTER = 20_000
STATES = {
    "queued": (N_("In the queue"), "neutral"),
    "running": (N_("Being made"), "accent"),
    "done": (N_("Ready"), "ok"),
    "failed": (N_("Failed"), "bad"),
}
AT_WORK = ("queued", "running")
DELIMITERS = (("comma", ",", N_("Comma")), ("semicolon", ";", N_("Semicolon")), ("tab", "\t", N_("Tab")))


async def show(visit: Visit) -> ASGIResponse:
    """Show the form for the records in ``type``, and the exports there are; lists link here with what they show."""
    if visit.wants_fragment:
        return visit.render("export_runs.html", **await _runs(visit))
    asked = Form(
        [(name, value) for name, value in visit.long_query.items() if name in ("q", "view", "filter", "sort")]
    )
    return await _page(visit, asked)


async def begin(visit: Visit) -> ASGIResponse:
    """Let a job make the file."""
    form = await visit.form()
    kind = _kind(visit)
    try:
        if kind is None:
            raise Invalid
        await visit.crm.export_runs.begin(_asked(form, kind), actor=visit.actor)
    except BadJson as error:
        return await _page(visit, form, trouble=error.sentence(visit.language), status=422)
    except Invalid as error:
        said = [problem.sentence(visit.language) for problem in error.problems]
        trouble = " ".join(said) or error.sentence(visit.language)
        return await _page(visit, form, trouble=trouble, status=422)
    return visit.redirect(f"{HERE}?type={kind.key}", done="export_begun")


async def fetch(visit: Visit) -> ASGIResponse:
    """Send the file."""
    try:
        found = await visit.crm.export_runs.file(_id(visit), actor=visit.actor)
    except CrmError as error:
        if error.status != 409:
            raise
        return await _page(visit, Form(()), trouble=error.sentence(visit.language), status=409)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return respond(Answer(stream=found.pieces, media_type=found.media_type, headers=headers))


async def delete(visit: Visit) -> ASGIResponse:
    """Delete an export with its file."""
    await visit.crm.export_runs.delete(_id(visit), actor=visit.actor)
    return visit.redirect(HERE, done="export_deleted")


def _asked(form: Form, kind: RecordType) -> NewExport:
    query: dict[str, Any] = {"q": form.get("q"), "sort": form.get("sort")}
    if text := form.get("filter")[:MAX_FILTER]:
        query["filter"] = decode_document(text.encode())
    settings: dict[str, Any] = {
        "format": form.get("format", "csv"),
        "query": query,
        "labels": form.get("headings") == "labels",
        "delimiter": {name: sign for name, sign, _ in DELIMITERS}.get(form.get("delimiter"), ","),
    }
    if form.get("view"):
        settings["view"] = form.get("view")
    if form.get("which") == "some":
        settings["columns"] = form.all("columns")
    return converted({"record_type": kind.key, "settings": settings}, NewExport)


async def _page(visit: Visit, form: Form, *, trouble: str = "", status: int = 200) -> ASGIResponse:
    kinds, kind = _kinds(visit), _kind(visit)
    exports, columns, views = visit.crm.exports, [], []
    ready: set[str] = set()
    if kind is not None:
        columns = await exports.possible(kind.key, actor=visit.actor)
        ready = set(form.all("columns")) or {
            column.name
            for column in columns
            if column.name.startswith("custom.") or column.name in kind.list_columns
        }
        views = await visit.crm.views.list(actor=visit.actor, record_type=kind.key)
    return await visit.page(
        "settings_exports.html",
        status=status,
        area="settings",
        kinds=[(one.key, visit.say(one.label_plural)) for one in kinds],
        kind=kind.key if kind else "",
        views=[("", visit.texts.gettext("All of them")), *((str(one.id), one.name) for one in views)],
        columns=[(column.name, visit.say(column.label), column.name in ready) for column in columns],
        delimiters=[(name, visit.texts.gettext(label)) for name, _, label in DELIMITERS],
        typed={
            name: form.get(name, default)[:MAX_FILTER]
            for name, default in (
                ("q", ""),
                ("sort", ""),
                ("filter", ""),
                ("view", ""),
                ("format", "csv"),
                ("headings", "names"),
                ("delimiter", "comma"),
                ("which", "all"),
            )
        },
        trouble=trouble,
        **await _runs(visit),
    )


async def _runs(visit: Visit) -> dict[str, Any]:
    entries = await visit.crm.export_runs.newest(actor=visit.actor, limit=20)
    return {
        "runs": [_shown(visit, entry) for entry in entries],
        "at_work": any(entry.state in AT_WORK for entry in entries),
    }


def _shown(visit: Visit, entry: ExportEntry) -> dict[str, Any]:
    word, tone = STATES[entry.state]
    kind = visit.crm.records.record_type(entry.record_type)
    return {
        "run": entry,
        "word": visit.texts.gettext(word),
        "tone": tone,
        "kind": visit.say(kind.label_plural),
        "at_work": entry.state in AT_WORK,
        "narrowed": bool(entry.settings.query.q or entry.settings.query.filter or entry.settings.view),
    }


def _kinds(visit: Visit) -> list[RecordType]:
    """Return the record types that the visitor may read, people's first."""
    return [
        kind
        for kind in visit.crm.records.types.values()
        if kind.creatable and visit.actor.may(f"{kind.key}.read")
    ]


def _kind(visit: Visit) -> RecordType | None:
    kinds = {kind.key: kind for kind in _kinds(visit)}
    asked = visit.query.get("type", "contact")
    return kinds.get(asked) or next(iter(kinds.values()), None)


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


ROUTES = (
    Route("GET", HERE, show, permission=READ),
    Route("POST", HERE, begin, permission=READ),
    Route("GET", f"{ONE}/file", fetch, permission=READ),
    Route("POST", f"{ONE}/delete", delete, permission=READ),
)
