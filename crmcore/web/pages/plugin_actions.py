"""What plugins let people do: the form or the question, the press, and what came of it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from crmcore.contracts.actions import Action
from crmcore.contracts.problems import Problem, Refusal
from crmcore.contributions.actions import MAX_ITEM, Outcome, Place
from crmcore.errors import Invalid, NotFound
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.registry import Registered
from crmcore.web.buttons import new_token
from crmcore.web.route import Route
from crmcore.web.schema_form import SchemaForm
from crmcore.web.visit import Visit, local_path

HERE = "/ui/actions/{plugin:str}/{action:str}"
STATUS = {"refused": 422, "failed": 502, "running": 409}


async def ask(visit: Visit) -> ASGIResponse:
    """Show the action's form, or its question; as a part of the page when our script asks for it."""
    owned = _owned(visit)
    place = _place(visit.query.get("ref", ""), visit.query.get("item", ""))
    form = form_of(visit, owned.item)
    problems: tuple[Problem, ...] = ()
    try:
        values = await visit.crm.contributions.actions.first_values(
            owned, place, actor=visit.actor, language=visit.language
        )
        form.show(values)
    except Refusal as refusal:
        problems = refusal.problems
        form.show({})
    except PluginFailed as failure:
        form.show({})
        form.general.append(failure.sentence(visit.language))
    form.complain(problems)
    return await _page(visit, owned, place, form, visit.query.get("back", ""))


async def press(visit: Visit) -> ASGIResponse:
    """Run the action once for this press, and lead back; what was refused is shown where it was typed."""
    owned = _owned(visit)
    sent = await visit.form()
    place = _place(sent.get("ref"), sent.get("item"))
    back = sent.get("back")
    form = form_of(visit, owned.item)
    values = form.sent(sent)
    try:
        outcome = await visit.crm.contributions.actions.run(
            owned,
            place,
            values,
            token=sent.get("token"),
            actor=visit.actor,
            language=visit.language,
        )
    except Invalid as invalid:
        return await _again(visit, owned, place, form, values, back, invalid.problems)
    if outcome.state == "refused":
        return await _again(visit, owned, place, form, values, back, outcome.problems)
    if outcome.state == "failed" and owned.item.form is not None:
        # What was typed is not lost: the form stands there again, with a new token.
        form.show(values)
        form.general.append(visit.say(outcome.message))
        return await _page(visit, owned, place, form, back, status=STATUS["failed"])
    return visit.redirect(after(outcome.open or back, outcome, owned.plugin))


def after(back: str, outcome: Outcome, plugin: str) -> str:
    """Return the address of the page to come back to, which tells what came of the press and asks the plugin anew."""
    path, mark, anchor = local_path(back or "/").partition("#")
    told = {"acted": str(outcome.id)} | ({"fresh": plugin} if outcome.refresh else {})
    return f"{path}{'&' if '?' in path else '?'}{urlencode(told)}{mark}{anchor}"


def form_of(visit: Visit, action: Action) -> SchemaForm:
    """Return the empty form of an action."""
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    if action.form is not None:
        schema = msgspec.json.schema(action.form)
    return SchemaForm(visit, schema, prefix="f.")


def _owned(visit: Visit) -> Registered[Action]:
    names = visit.request.path_params
    return visit.crm.contributions.actions.get(f"{names['plugin']}.{names['action']}", visit.actor)


def _place(ref: str, item: str) -> Place:
    kind, _, text = ref.partition(":")
    try:
        id = UUID(text) if ref else None
    except ValueError:
        raise NotFound from None
    return Place(record_type=kind[:60] if ref else "", id=id, item=item[:MAX_ITEM])


async def _again(
    visit: Visit,
    owned: Registered[Action],
    place: Place,
    form: SchemaForm,
    values: dict[str, Any],
    back: str,
    problems: tuple[Problem, ...],
) -> ASGIResponse:
    form.show(values)
    form.complain(problems)
    return await _page(visit, owned, place, form, back, status=STATUS["refused"])


async def _page(
    visit: Visit,
    owned: Registered[Action],
    place: Place,
    form: SchemaForm,
    back: str,
    *,
    status: int = 200,
) -> ASGIResponse:
    action = owned.item
    values: dict[str, Any] = {
        "heading": visit.say(action.label),
        "icon": action.icon,
        "danger": action.tone == "danger",
        "confirm": visit.say(action.confirm),
        "address": f"/ui/actions/{owned.plugin}/{action.key}",
        "kept": {
            "ref": place.ref,
            "item": place.item,
            "back": local_path(back or "/"),
            "token": new_token(),
        },
        "item": place.item,
        "form": form,
        "back": local_path(back or "/"),
        "plugin": owned.plugin,
    }
    if visit.wants_fragment:
        return visit.render("action_fragment.html", status=status, **values)
    return await visit.page("action.html", status=status, area="", **values)


ROUTES = (Route("GET", HERE, ask), Route("POST", HERE, press))
