"""One action of a plugin for the records marked in a list: asked about once, run for each."""

import time
from uuid import UUID

from litestar.response.base import ASGIResponse

from crmcore.contracts.actions import Action
from crmcore.contributions.actions import Place
from crmcore.errors import CrmError, Invalid, NotFound
from crmcore.plugins.registry import Registered
from crmcore.records.scope import demand
from crmcore.web.buttons import new_token
from crmcore.web.form import Form
from crmcore.web.lists.places import place_of
from crmcore.web.pages.plugin_actions import form_of
from crmcore.web.route import Route
from crmcore.web.visit import Visit

HERE = "/ui/bulk-actions/{type:str}/{plugin:str}/{action:str}"
MOST = 50
# The press waits for all of them: what is not begun after this is named, to be marked again.
PATIENCE_S = 60.0


async def press(visit: Visit) -> ASGIResponse:
    """Ask what to do with the marked records; with the form's token, do it for one after the other."""
    names = visit.request.path_params
    kind = str(names["type"])
    owned = visit.crm.contributions.actions.get(f"{names['plugin']}.{names['action']}", visit.actor)
    if kind not in visit.crm.records.types or kind not in owned.item.on or not owned.item.bulk:
        raise NotFound
    demand(visit.actor, f"{kind}.read")
    sent = await visit.form()
    ids = _ids(sent)
    if not ids or len(ids) > MOST or sent.get("everything"):
        return await _page(visit, kind, owned, ids[:MOST], wrong=True, status=422)
    if not sent.get("token"):
        return await _page(visit, kind, owned, ids)
    form = form_of(visit, owned.item)
    values, token = form.sent(sent), sent.get("token")
    done: list[UUID] = []
    refused: list[tuple[UUID, str]] = []
    left: list[UUID] = []
    ends = time.monotonic() + PATIENCE_S
    for id in ids:
        if time.monotonic() > ends:
            left.append(id)
            continue
        place = Place(record_type=kind, id=id)
        try:
            outcome = await visit.crm.contributions.actions.run(
                owned,
                place,
                values,
                token=f"{token[:24]}:{id.hex}",
                actor=visit.actor,
                language=visit.language,
            )
        except Invalid as invalid:
            form.show(values)
            form.complain(invalid.problems)
            return await _page(visit, kind, owned, ids, form_values=sent, status=422, problems=invalid)
        except CrmError as error:
            refused.append((id, error.sentence(visit.language)))
            continue
        if outcome.state == "done":
            done.append(id)
        else:
            reasons = [problem.sentence(visit.language) for problem in outcome.problems]
            refused.append((id, " ".join(reasons) or visit.say(outcome.message)))
    titles = await visit.crm.records.titles(kind, ids, actor=visit.actor)
    place_there = _place(visit, kind)
    return await visit.page(
        "plugin_bulk_done.html",
        area="",
        heading=visit.say(owned.item.label),
        back=place_there,
        total=len(ids),
        done=len(done),
        refused=[(id, titles.get(id, str(id)), reason) for id, reason in refused],
        left=[(id, titles.get(id, str(id))) for id in left],
        place=place_there,
    )


def _place(visit: Visit, kind: str) -> str:
    """Return where the list of such records is."""
    return "/inbox" if kind == "conversation" else place_of(visit.crm.records.record_type(kind))


def _ids(sent: Form) -> list[UUID]:
    found: dict[UUID, None] = {}
    for text in sent.all("id")[: MOST + 1]:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return list(found)


async def _page(
    visit: Visit,
    kind: str,
    owned: Registered[Action],
    ids: list[UUID],
    *,
    wrong: bool = False,
    form_values: Form | None = None,
    problems: Invalid | None = None,
    status: int = 200,
) -> ASGIResponse:
    action = owned.item
    form = form_of(visit, action)
    form.show(form.sent(form_values) if form_values is not None else {})
    if problems is not None:
        form.complain(problems.problems)
    titles = await visit.crm.records.titles(kind, ids[:5], actor=visit.actor)
    return await visit.page(
        "plugin_bulk.html",
        status=status,
        area="",
        heading=visit.say(action.label),
        icon=action.icon,
        danger=action.tone == "danger",
        confirm=visit.say(action.confirm),
        address=f"/ui/bulk-actions/{kind}/{owned.plugin}/{action.key}",
        ids=ids,
        titles=list(titles.values()),
        token=new_token()[:24],
        form=form,
        wrong=wrong,
        most=MOST,
        back=_place(visit, kind),
    )


ROUTES = (Route("POST", HERE, press),)
