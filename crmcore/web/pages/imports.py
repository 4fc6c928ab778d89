"""Settings: imports — a file is uploaded, mapped, tried, imported, watched and taken back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.actors import Actor
from crmcore.errors import CrmError, Forbidden, Invalid
from crmcore.http.answers import Answer, respond
from crmcore.importing.preview import Preview
from crmcore.importing.refused_rows import Left, RefusedRow
from crmcore.importing.run import Import, ImportSettings
from crmcore.importing.service import READ, WRITE
from crmcore.web.import_form import ImportForm, cells_of, import_fields
from crmcore.web.route import Route
from crmcore.web.sent_table import SentTable
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

HERE = "/settings/import"
ONE = f"{HERE}/{{id:uuid}}"
SHOWN_REFUSED = 50
AT_WORK = ("queued", "running", "undoing")
STILL = timedelta(minutes=2)
"""After this long without a batch a running import is offered to be gone on with."""
STATES = {
    "uploaded": (N_("Not started"), "neutral"),
    "queued": (N_("In the queue"), "neutral"),
    "running": (N_("At work"), "accent"),
    "checked": (N_("Checked"), "violet"),
    "done": (N_("Imported"), "ok"),
    "failed": (N_("Failed"), "bad"),
    "cancelled": (N_("Stopped"), "warn"),
    "undoing": (N_("Being taken back"), "accent"),
    "undone": (N_("Taken back"), "neutral"),
}
OUTCOMES = {
    "created": (N_("New"), "ok"),
    "updated": (N_("Updated"), "accent"),
    "unchanged": (N_("Same"), "neutral"),
    "skipped": (N_("Skipped"), "neutral"),
    "refused": (N_("Refused"), "bad"),
}


async def show(visit: Visit) -> ASGIResponse:
    """List the imports, with a form for a file."""
    return await _list(visit)


async def upload(visit: Visit) -> ASGIResponse:
    """Keep a file and show what would become of it."""
    table = SentTable(visit.request)
    await table.begin()
    kind = table.texts.get("record_type", "")
    if kind not in dict(_kinds(visit)):
        async for _ in table.blocks():
            pass  # a browser shows an answer only after it has sent everything
        return await _list(visit, trouble=visit.texts.gettext("Choose what the rows are."), status=422)
    if not table.file_name:
        return await _list(visit, kind=kind, trouble=visit.texts.gettext("Choose a file."), status=422)
    blocks = table.blocks()
    try:
        run = await visit.crm.imports.receive(kind, table.file_name, blocks, actor=visit.actor)
    except Invalid as error:
        async for _ in blocks:
            pass
        return await _list(visit, kind=kind, trouble=error.sentence(visit.language), status=422)
    return visit.redirect(f"{HERE}/{run.id}")


async def show_one(visit: Visit) -> ASGIResponse:
    """Show an import as it stands: its form and preview, how far it is, or what became of it."""
    run = await _run(visit)
    if visit.wants_fragment:
        return visit.render("import_progress.html", run=run, **_state(visit, run))
    return await _one(visit, run)


async def send(visit: Visit) -> ASGIResponse:
    """Look again with the form's settings, check everything dry, or begin."""
    run = await _run(visit)
    sent = await visit.form()
    then = sent.get("then", "preview")
    form = ImportForm(visit, run, await import_fields(visit, run.record_type))
    settings = form.sent(sent, dry_run=then == "check")
    if then == "preview":
        return await _one(visit, run, settings)
    try:
        await visit.crm.imports.start(run.id, settings, actor=visit.actor)
    except Invalid as error:
        return await _one(visit, run, settings, trouble=error.sentence(visit.language), status=422)
    return visit.redirect(f"{HERE}/{run.id}")


async def cancel(visit: Visit) -> ASGIResponse:
    """Stop behind the rows that are being written."""
    return await _moved(visit, "cancel", "import_stopped")


async def resume(visit: Visit) -> ASGIResponse:
    """Go on behind the last row that was worked on."""
    return await _moved(visit, "resume", "import_resumed")


async def undo(visit: Visit) -> ASGIResponse:
    """Take the import back."""
    return await _moved(visit, "undo", "import_undoing")


async def forget(visit: Visit) -> ASGIResponse:
    """Forget the import; what it imported stays."""
    try:
        await visit.crm.imports.delete(_id(visit), actor=visit.actor)
    except CrmError as error:
        if error.status != 409:
            raise
        return await _one(visit, await _run(visit), trouble=error.sentence(visit.language), status=409)
    return visit.redirect(HERE, done="import_forgotten")


async def errors(visit: Visit) -> ASGIResponse:
    """Send the refused rows, or those skipped as known, as a file."""
    id, run = _id(visit), await _run(visit)
    labels = await import_fields(visit, run.record_type)
    left: Left = "skipped" if visit.query.get("rows") == "skipped" else "refused"
    pieces = await visit.crm.imports.errors(
        id, actor=visit.actor, language=visit.language, labels=labels, left=left
    )
    name = "errors" if left == "refused" else left
    headers = {"Content-Disposition": f'attachment; filename="{name}-{id}.csv"'}
    return respond(Answer(stream=pieces, media_type="text/csv", headers=headers))


async def _moved(visit: Visit, move: str, done: str) -> ASGIResponse:
    try:
        await getattr(visit.crm.imports, move)(_id(visit), actor=visit.actor)
    except CrmError as error:
        if error.status != 409:
            raise
        return await _one(visit, await _run(visit), trouble=error.sentence(visit.language), status=409)
    return visit.redirect(f"{HERE}/{_id(visit)}", done=done)


async def _list(visit: Visit, *, kind: str = "", trouble: str = "", status: int = 200) -> ASGIResponse:
    runs = await visit.crm.imports.newest(actor=visit.actor, limit=50)
    return await visit.page(
        "settings_imports.html",
        status=status,
        area="settings",
        runs=[{"run": run, **_state(visit, run), **_kind(visit, run.record_type)} for run in runs],
        kinds=_kinds(visit),
        kind=kind,
        trouble=trouble,
    )


async def _one(
    visit: Visit,
    run: Import,
    settings: ImportSettings | None = None,
    *,
    trouble: str = "",
    status: int = 200,
) -> ASGIResponse:
    fields = await import_fields(visit, run.record_type)
    form = ImportForm(visit, run, fields)
    settings = settings or run.settings
    preview: Preview | None = None
    startable = run.state in ("uploaded", "checked") and _may(visit.actor, run)
    if startable:
        try:
            preview = await visit.crm.imports.preview(run.id, settings, actor=visit.actor)
        except CrmError as error:
            if error.status >= 500 or isinstance(error, Forbidden):
                raise
            trouble, status = trouble or error.sentence(visit.language), error.status
    refused = await visit.crm.imports.refused(run.id, actor=visit.actor, limit=SHOWN_REFUSED)
    return await visit.page(
        "settings_import.html",
        status=status,
        area="settings",
        run=run,
        **_state(visit, run),
        **_kind(visit, run.record_type),
        form=form if startable else None,
        settings=settings,
        columns=_columns(run, form, settings, preview),
        preview=_preview(visit, preview, fields) if preview else None,
        refused=[(row.row, _reasons(visit, row, fields)) for row in refused],
        skipped=[
            (row.row, row.record_id, _reasons(visit, row, fields))
            for row in await visit.crm.imports.skipped(run.id, actor=visit.actor, limit=SHOWN_REFUSED)
        ]
        if run.skipped
        else [],
        kept=[
            (row.row, row.record_id, row.sentence(visit.language))
            for row in await visit.crm.imports.kept(run.id, actor=visit.actor, limit=SHOWN_REFUSED)
        ]
        if run.kept
        else [],
        record_address="/contacts/{}" if run.record_type == "contact" else "",
        trouble=trouble,
        changeable=_may(visit.actor, run),
    )


def _columns(
    run: Import, form: ImportForm, settings: ImportSettings, preview: Preview | None
) -> list[dict[str, Any]]:
    """Return the columns with where they go: as it was understood, or as it was sent when that cannot be."""
    if preview is not None:
        return [{"name": one.column, "field": one.field, "samples": one.samples} for one in preview.columns]
    targets = form.targets(settings)
    return [
        {"name": name, "field": field, "samples": []} for name, field in zip(run.header, targets, strict=True)
    ]


def _preview(visit: Visit, preview: Preview, fields: Mapping[str, str]) -> dict[str, Any]:
    names = list(dict.fromkeys(column.field for column in preview.columns if column.field))
    rows = []
    for row in preview.rows:
        word, tone = OUTCOMES[row.outcome]
        reasons = [_named(problem["path"], problem["message"], fields) for problem in row.problems]
        rows.append(
            {
                "row": row.row,
                "word": visit.texts.gettext(word),
                "tone": tone,
                "cells": cells_of(row.document, names),
                "problems": list(dict.fromkeys(reasons)),
            }
        )
    return {
        "names": [fields.get(name, name) for name in names],
        "rows": rows,
        "remembered": preview.remembered,
        "facts": [value for value in preview.facts.values() if value.strip()],
        "total": preview.total,
        "refused": sum(1 for row in preview.rows if row.outcome == "refused"),
    }


def _reasons(visit: Visit, row: RefusedRow, fields: Mapping[str, str]) -> list[str]:
    said = [_named(problem.path, problem.sentence(visit.language), fields) for problem in row.problems]
    return list(dict.fromkeys(said))


def _named(path: str, message: str, fields: Mapping[str, str]) -> str:
    """Return ``message`` behind the label of the field that it is about."""
    parts = path.strip("/").split("/")
    name = ".".join(parts[:2]) if parts[0] == "custom" else parts[0]
    return f"{fields[name]}: {message}" if name in fields else message


def _state(visit: Visit, run: Import) -> dict[str, Any]:
    word, tone = STATES[run.state]
    still = run.state in AT_WORK and visit.crm.clock() - run.updated_at > STILL
    total = max(run.total, run.done)
    if run.state in ("undoing", "undone"):
        done, total = run.undone + run.kept, max(run.created + run.updated, run.undone + run.kept)
    else:
        done = run.done
    return {
        "word": visit.texts.gettext(word),
        "tone": tone,
        "at_work": run.state in AT_WORK,
        "still": still,
        "progress": (done, total),
    }


def _kind(visit: Visit, key: str) -> dict[str, str]:
    return {"kind_label": visit.say(visit.crm.records.record_type(key).label_plural)}


def _kinds(visit: Visit) -> list[tuple[str, str]]:
    """Return the record types that the visitor may make from a file."""
    return [
        (key, visit.say(kind.label_plural))
        for key, kind in visit.crm.records.types.items()
        if kind.creatable
        and not kind.within
        and visit.actor.may(f"{key}.write")
        and key not in ("user", "team")
    ]


def _may(actor: Actor, run: Import) -> bool:
    return actor.may(WRITE) and actor.may(f"{run.record_type}.write")


async def _run(visit: Visit) -> Import:
    return await visit.crm.imports.get(_id(visit), actor=visit.actor)


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


ROUTES = (
    Route("GET", HERE, show, permission=READ),
    Route("POST", HERE, upload, permission=WRITE),
    Route("GET", ONE, show_one, permission=READ),
    Route("POST", ONE, send, permission=WRITE),
    Route("POST", f"{ONE}/cancel", cancel, permission=WRITE),
    Route("POST", f"{ONE}/resume", resume, permission=WRITE),
    Route("POST", f"{ONE}/undo", undo, permission=WRITE),
    Route("POST", f"{ONE}/forget", forget, permission=WRITE),
    Route("GET", f"{ONE}/errors", errors, permission=READ),
)
