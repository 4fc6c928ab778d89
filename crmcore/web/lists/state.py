"""What a list is asked, as it stands in its address: view, words, filter, order, columns, page."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.records import RecordType
from crmcore.errors import CrmError
from crmcore.records.query import ListQuery
from crmcore.views.choices import Choice
from crmcore.views.service import View

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

PAGE_SIZE = 50
# A filter of fifty comparisons in an address.
MAX_TEXT = 8000
ALL = "all"


class ListState(Struct, frozen=True, kw_only=True):
    """A list as it was asked for. ``own`` are the parts in which the address differs from the view.

    ``columns`` are empty for the usual ones. ``trouble`` says what of the address could not be read.
    """

    kind: RecordType
    view: View | None = None
    q: str = ""
    filter: dict[str, Any] | None = None
    sort: str = ""
    columns: tuple[str, ...] = ()
    cursor: str = ""
    peek: UUID | None = None
    own: frozenset[str] = frozenset()
    trouble: bool = False

    @property
    def changed(self) -> bool:
        """Whether the list is asked something else than its view."""
        return self.view is not None and bool(self.own & {"q", "filter", "sort"})

    def query(self) -> ListQuery:
        """Return the question of one page."""
        return ListQuery(q=self.q, filter=self.filter, sort=self.sort, limit=PAGE_SIZE, cursor=self.cursor)

    def pairs(self, **other: Any) -> list[tuple[str, str]]:
        """Return the parts of the address, with ``other`` in their place; None leaves a part out, {} is no filter.

        A change of what is asked begins at the first page again.
        """
        values: dict[str, Any] = {"view": str(self.view.id) if self.view else ALL}
        for name in ("q", "sort"):
            if name in self.own:
                values[name] = getattr(self, name)
        if "filter" in self.own:
            values["filter"] = encoded(self.filter)
        if self.cursor and not other.keys() & {"q", "sort", "filter", "view"}:
            values["cursor"] = self.cursor
        for name, value in other.items():
            values[name] = encoded(value) if isinstance(value, dict) else value
        return [(name, str(value)) for name, value in values.items() if value is not None]

    def address(self, place: str, **other: Any) -> str:
        """Return the address of the list with ``other`` in place of its parts."""
        return f"{place}?{urlencode(self.pairs(**other))}"


def encoded(filter: dict[str, Any] | None) -> str:
    """Return a filter as it stands in an address; empty for none."""
    return msgspec.json.encode(filter).decode() if filter else ""


def parameters(visit: "Visit") -> dict[str, str]:
    """Return the address's parameters, of which filters may be long; the last of each name counts."""
    text = visit.request.scope["query_string"].decode("ascii", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=300)
    except ValueError:
        return {}
    return {name: value for name, value in pairs if len(value) <= MAX_TEXT and "\0" not in value}


def form_pairs(visit: "Visit") -> list[tuple[str, str]]:
    """Return the address's parameters in their order, as a form sent them: one name may come several times."""
    text = visit.request.scope["query_string"].decode("ascii", "replace")
    try:
        return parse_qsl(text, errors="replace", max_num_fields=300)
    except ValueError:
        return []


async def state_from(
    visit: "Visit", kind: RecordType, values: dict[str, str], choice: Choice, views: list[View]
) -> ListState:
    """Return what ``values`` ask for; a list that is asked nothing opens with the chosen view."""
    asked = values.get("view", "")
    wanted = asked or ("" if values.keys() & {"q", "filter", "sort", "cursor"} else str(choice.view or ""))
    view = next((view for view in views if str(view.id) == wanted), None)
    base = view.query if view else ListQuery(sort=choice.sort)
    filter, trouble = base.filter, False
    if "filter" in values:
        filter, trouble = filter_in(values["filter"])
    q = values.get("q", base.q).strip()[:200]
    usual = base.sort or usual_sort(kind)
    sort = values.get("sort", "")[:80] or usual
    differs = {"q": q != base.q, "filter": filter != base.filter, "sort": sort != usual}
    columns = (view.query.fields if view else choice.columns) or ()
    state = ListState(
        kind=kind,
        view=view,
        q=q,
        filter=filter,
        sort=sort,
        columns=tuple(columns),
        cursor=values.get("cursor", "")[:500],
        peek=_id(values.get("peek", "")),
        own=frozenset(name for name, other in differs.items() if other),
        trouble=trouble or bool(asked and asked != ALL and view is None),
    )
    return await _sound(visit, state)


def usual_sort(kind: RecordType) -> str:
    """Return the order of a list when nothing else was chosen: by name where that is possible."""
    return title_sort(kind) or kind.default_sort


def title_sort(kind: RecordType) -> str:
    """Return the order by what records are called; empty when there is none."""
    if "name" in kind.sorts:
        return "name"
    return next((name for name in reversed(kind.made_of.get("name", ())) if name in kind.sorts), "")


async def _sound(visit: "Visit", state: ListState) -> ListState:
    """Return ``state`` without what makes no sense: somebody's old address still shows a list."""
    records, key = visit.crm.records, state.kind.key
    for reset in ({}, {"sort": usual_sort(state.kind)}, {"filter": None}):
        tried = msgspec.structs.replace(state, **reset)
        try:
            await records.check(key, msgspec.structs.replace(tried.query(), cursor=""), actor=visit.actor)
        except CrmError as error:
            if error.status == 403:
                raise
            continue
        return msgspec.structs.replace(tried, trouble=state.trouble or bool(reset))
    return ListState(
        kind=state.kind, view=state.view, sort=state.kind.default_sort, columns=state.columns, trouble=True
    )


def filter_in(text: str) -> tuple[dict[str, Any] | None, bool]:
    """Return the filter that stands in an address, and whether it could not be read."""
    if not text.strip():
        return None, False
    try:
        return msgspec.json.decode(text, type=dict[str, Any]), False
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None, True


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
