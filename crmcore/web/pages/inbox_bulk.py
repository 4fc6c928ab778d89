"""One change to many conversations of a list, and taking it back."""

from typing import Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.bulk.run import MAX_IDS, Selection, Work
from crmcore.contracts.labels import Label
from crmcore.errors import CrmError, Invalid
from crmcore.web.form import Form
from crmcore.web.pages.inbox import inbox_page
from crmcore.web.pages.record_bulk import STATES, TONES, tags_in
from crmcore.web.route import Route
from crmcore.web.scope import Scope, opened_scope, scope_from
from crmcore.web.snoozes import snooze_moment
from crmcore.web.visit import Visit

KIND = "conversation"
PLACE = "/inbox"
_NOBODY: Label = {"en": "Choose conversations first.", "ru": "Сначала выберите обращения."}
_MOMENT: Label = {"en": "Say until when.", "ru": "Укажите, до какого времени."}
_NOTHING: Label = {"en": "Say what to change.", "ru": "Укажите, что изменить."}


async def change(visit: Visit) -> ASGIResponse:
    """Begin what the button says with the chosen conversations; few are done when the page comes."""
    form = await visit.form()
    scope = await opened_scope(visit)
    try:
        selection, work = _selection(visit, scope, form), _work(visit, form)
        run = await visit.crm.bulk.begin(KIND, selection, work, actor=visit.actor)
    except CrmError as error:
        if error.status >= 500:
            raise
        sentences = [problem.sentence(visit.language) for problem in error.problems]
        trouble = " ".join(sentences) or error.sentence(visit.language)
        return await inbox_page(visit, scope, status=error.status, trouble=trouble)
    if run.is_open:
        return visit.redirect(f"{PLACE}/bulk/{run.id}?{scope.address}")
    return visit.redirect(f"{PLACE}?{scope.address}", done="many", run=str(run.id))


async def watch(visit: Visit) -> ASGIResponse:
    """Show how far a change is, what was refused and why."""
    kind = visit.crm.records.record_type(KIND)
    run = await visit.crm.bulk.get(visit.request.path_params["id"], actor=visit.actor)
    reasons = await visit.crm.bulk.refusals(run.id, actor=visit.actor)
    first = [id for reason in reasons for id in reason.records]
    titles = await visit.crm.records.titles(KIND, first, actor=visit.actor)
    return await visit.page(
        "record_bulk_run.html",
        area="",
        place=PLACE,
        heading=visit.say(kind.label_plural),
        run=run,
        state=visit.texts.gettext(STATES[run.state]),
        tone=TONES.get(run.state, "accent"),
        reasons=[(reason, [(id, titles[id]) for id in reason.records if id in titles]) for reason in reasons],
        may_undo=run.state == "done" and run.changed and visit.actor.may(f"{KIND}.write"),
    )


async def undo(visit: Visit) -> ASGIResponse:
    """Take a change back, every value that is still its own."""
    run = await visit.crm.bulk.undo(visit.request.path_params["id"], actor=visit.actor)
    if run.is_open:
        return visit.redirect(f"{PLACE}/bulk/{run.id}")
    done = "not_undone" if run.kept else "undone"
    return visit.redirect(f"{PLACE}?{scope_from(visit).address}", done=done)


def _selection(visit: Visit, scope: Scope, form: Form) -> Selection:
    if form.get("everything"):
        return Selection(query=msgspec.structs.replace(scope.query(visit), cursor=""))
    ids = []
    for text in form.all("id")[:MAX_IDS]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    if not ids:
        raise Invalid(_NOBODY)
    return Selection(ids=tuple(dict.fromkeys(ids)))


def _work(visit: Visit, form: Form) -> Work:
    do = form.get("do")
    changes: dict[str, Any] = {}
    if do in ("close", "reopen"):
        changes = {"status": "closed" if do == "close" else "open"}
    elif "assignee" in form:
        asked = visit.actor.id if form.get("assignee") == "me" else form.get("assignee")
        changes = {"assignee_id": asked or None}
    elif "team" in form:
        changes = {"team_id": form.get("team") or None}
    elif form.get("priority"):
        changes = {"priority": form.get("priority")}
    elif form.get("until") or do == "snooze":
        until = snooze_moment(form.get("until") or form.get("at"), visit.formats)
        if until is None:
            raise Invalid(_MOMENT)
        changes = {"status": "snoozed", "snoozed_until": until.isoformat()}
    if changes:
        # What else stands in the form was meant for another button.
        return Work(changes=changes)
    work = Work(add_tags=tags_in(form, "add_tags"), remove_tags=tags_in(form, "remove_tags"))
    if work.is_nothing:
        raise Invalid(_NOTHING)
    return work


ROUTES = (
    Route("POST", f"{PLACE}/bulk", change, permission="conversation.write"),
    Route("GET", f"{PLACE}/bulk/{{id:uuid}}", watch, permission="conversation.read"),
    Route("POST", f"{PLACE}/bulk/{{id:uuid}}/undo", undo, permission="conversation.write"),
)
