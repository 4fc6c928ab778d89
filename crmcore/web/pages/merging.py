"""Two contacts or companies side by side: whose value stays, field by field; and taking a merge back."""

from typing import Any
from uuid import UUID

from litestar.response.base import ASGIResponse
from msgspec import Struct

from crmcore.contacts.merged_fields import COMPANY_FIELDS, FIELDS
from crmcore.contracts.records import Record, RecordType
from crmcore.errors import Invalid, NotFound
from crmcore.records.scope import demand
from crmcore.web.facts import custom_text, label_of
from crmcore.web.form import Form
from crmcore.web.lists.places import OWN, kind_in, place_of
from crmcore.web.pages.record_list import area_of
from crmcore.web.record_lookup import exactly, records_called
from crmcore.web.route import Route
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

MERGED = {"contact": "merged", "company": "companies_merged"}
UNMERGED = {"contact": "unmerged", "company": "companies_unmerged"}
NOBODY = N_("Nothing is called so, or several are.")


class Side(Struct, frozen=True, kw_only=True):
    """One field with both values; ``stays`` is whose is taken unless somebody chooses: kept or merged."""

    name: str
    label: str
    kept: str
    merged: str
    stays: str


async def ask(visit: Visit) -> ASGIResponse:
    """Show both records with a choice per field; without another one, ask which it is."""
    return await _page(visit)


async def merge(visit: Visit) -> ASGIResponse:
    """Make the other record a part of this one, by the choices; the page then offers to take that back."""
    kind, kept = _kind(visit), _id(visit)
    form = await visit.form()
    other = _other(form.get("other"))
    if other is None:
        found = exactly(await records_called(visit, kind.key, form.get("called")), form.get("called"))
        found = [one for one in found if one[0] != str(kept)]
        if len(found) != 1:
            return await _page(visit, trouble=visit.texts.gettext(NOBODY), status=422)
        return visit.redirect(f"{place_of(kind)}/{kept}/merge", other=found[0][0])
    choices = {
        name.removeprefix("choice "): form.get(name)
        for name in form.names()
        if name.startswith("choice ") and form.get(name) in ("kept", "merged")
    }
    work = visit.crm.contacts.merge if kind.key == "contact" else visit.crm.contacts.merge_companies
    try:
        done = await work(kept, other, actor=visit.actor, choices=choices)
    except Invalid as invalid:
        trouble = " ".join(problem.sentence(visit.language) for problem in invalid.problems)
        return await _page(visit, form, trouble=trouble or invalid.sentence(visit.language), status=422)
    return visit.redirect(f"{place_of(kind)}/{kept}", done=MERGED[kind.key], undo=str(done))


async def undo(visit: Visit) -> ASGIResponse:
    """Take a merge back."""
    kind = _kind(visit)
    await visit.crm.contacts.undo_merge(visit.request.path_params["merge"], actor=visit.actor)
    return visit.redirect(f"{place_of(kind)}/{_id(visit)}", done=UNMERGED[kind.key])


async def _page(
    visit: Visit, form: Form | None = None, *, trouble: str = "", status: int = 200
) -> ASGIResponse:
    kind = _kind(visit)
    mine = await visit.crm.records.get(kind.key, _id(visit), actor=visit.actor)
    other = _other(form.get("other") if form else visit.query.get("other", ""))
    theirs = await visit.crm.records.get(kind.key, other, actor=visit.actor) if other else None
    if theirs is not None and theirs.id == mine.id:
        raise NotFound
    return await visit.page(
        "record_merge.html",
        status=status,
        area=area_of(kind.key, kind.plural),
        place=place_of(kind),
        kind=kind,
        mine=mine,
        theirs=theirs,
        titles=_titles(kind, mine, theirs),
        sides=await _sides(visit, kind, mine, theirs) if theirs else [],
        chosen={name: form.get(name) for name in form.names()} if form else {},
        trouble=trouble,
    )


def _titles(kind: RecordType, mine: Record, theirs: Record | None) -> list[str]:
    """Return what the two are called; what tells them apart stands beside names that are the same."""
    both = [one.document if one else {} for one in (mine, theirs)]
    titles = [kind.title(document) if document else "" for document in both]
    if titles[0].casefold() != titles[1].casefold():
        return titles
    known = [
        next((str(document[name][0]) for name in ("emails", "phones", "domains") if document.get(name)), "")
        for document in both
    ]
    return [f"{title} ({mark})" if mark else title for title, mark in zip(titles, known, strict=True)]


async def _sides(visit: Visit, kind: RecordType, mine: Record, theirs: Record) -> list[Side]:
    """Return the fields in which the two differ and for which the visitor may choose."""
    untouchable = await visit.crm.records.untouchable(kind.key, actor=visit.actor)
    sides = []
    for name in FIELDS if kind.key == "contact" else COMPANY_FIELDS:
        if name in untouchable:
            continue
        texts = [_text(record.document, name) for record in (mine, theirs)]
        blank = not texts[0]
        if name in ("first_name", "last_name"):
            blank = not (mine.document["first_name"] or mine.document["last_name"])
        if texts[0] != texts[1]:
            label = label_of(visit, name, kind.properties[name])
            stays = "merged" if blank and texts[1] else "kept"
            sides.append(Side(name=name, label=label, kept=texts[0], merged=texts[1], stays=stays))
    for item in await visit.crm.fields.catalog.of(kind.key):
        if f"custom.{item.key}" in untouchable or not item.writable:
            continue
        values = [record.document["custom"].get(item.key) for record in (mine, theirs)]
        if values[0] != values[1]:
            texts = [await custom_text(visit, item, value) for value in values]
            stays = "merged" if values[0] in (None, "", []) else "kept"
            sides.append(
                Side(
                    name=f"custom.{item.key}",
                    label=visit.say(item.label),
                    kept=texts[0],
                    merged=texts[1],
                    stays=stays,
                )
            )
    return sides


def _text(document: dict[str, Any], name: str) -> str:
    """Return a value in words: what a record is called in place of its id."""
    if name.endswith("_id"):
        named = document.get(name.removesuffix("_id"))
        return str(named.get("name", "")) if isinstance(named, dict) else str(named or "")
    return str(document.get(name) or "")


def _kind(visit: Visit) -> RecordType:
    kind = kind_in(visit)
    demand(visit.actor, f"{kind.key}.write")
    return kind


def _id(visit: Visit) -> UUID:
    id: UUID = visit.request.path_params["id"]
    return id


def _other(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES = tuple(
    route
    for key, place in OWN.items()
    for route in (
        Route("GET", f"{place}/{{id:uuid}}/merge", ask),
        Route("POST", f"{place}/{{id:uuid}}/merge", merge, permission=f"{key}.write"),
        Route("POST", f"{place}/{{id:uuid}}/merges/{{merge:uuid}}/undo", undo, permission=f"{key}.write"),
    )
)
