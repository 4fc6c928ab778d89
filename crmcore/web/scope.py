"""Which list a conversation was opened from: kept in every address of the inbox."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.errors import CrmError, NotFound
from crmcore.records.query import ListQuery
from crmcore.views.service import View
from crmcore.web.lists.state import encoded, filter_in, parameters
from crmcore.web.texts import N_
from crmcore.web.views import DEFAULT_VIEW, VIEWS, view_parts

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

PAGE_SIZE = 50
SORTS = {
    "": ("-last_activity_at", N_("Newest first")),
    "waiting": ("waiting_since", N_("Longest waiting first")),
    "due": ("next_due_at", N_("Tasks due first")),
}
"""The orders of the list: what an address calls them, what the register sorts by, what people read."""


class Scope(Struct, frozen=True, kw_only=True):
    """A view of the inbox, narrowed to words, a tag and a filter, from ``cursor`` on.

    ``view`` is one of :data:`VIEWS` or the id of a saved one, which is ``saved`` once the scope was opened;
    ``trouble`` says that not everything in the address was possible.
    """

    view: str = DEFAULT_VIEW
    title: str = ""
    q: str = ""
    tag: str = ""
    filter: dict[str, Any] | None = None
    own_filter: bool = False
    cursor: str = ""
    sort: str = ""
    sorts: tuple[tuple[str, str], ...] = ()
    saved: View | None = None
    trouble: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether only a part of the view is listed."""
        return bool(self.q or self.tag or (self.filter and self.own_filter))

    @property
    def newest_first(self) -> bool:
        """Whether the list is in the usual order, in which a program can put a row to its place."""
        return self._order() == SORTS[""][0]

    @property
    def address(self) -> str:
        """The scope as a query string."""
        return self.with_cursor(self.cursor)

    def with_cursor(self, cursor: str) -> str:
        """Return the scope's query string for the page at ``cursor``."""
        return self._address(cursor=cursor)

    def with_sort(self, sort: str) -> str:
        """Return the scope's query string for the first page in another order."""
        return self._address(cursor="", sort=sort)

    def without(self, name: str) -> str:
        """Return the scope's query string without its words or its tag."""
        return self._address(cursor="", **{name: ""})

    def with_filter(self, filter: dict[str, Any] | None) -> str:
        """Return the scope's query string for the first page under another filter."""
        return self._address(cursor="", filter=encoded(filter) or ("{}" if self.saved else ""))

    def pairs(self) -> dict[str, str]:
        """Return the parts of the scope that a form sends along, all but the cursor."""
        return {name: value for name, value in self._values().items() if value and name != "cursor"}

    def _values(self) -> dict[str, str]:
        return {
            "view": self.view,
            "q": self.q,
            "tag": self.tag,
            "filter": (encoded(self.filter) or "{}") if self.own_filter else "",
            "sort": self.sort,
            "cursor": self.cursor,
        }

    def _address(self, **other: str) -> str:
        return urlencode({name: value for name, value in (self._values() | other).items() if value})

    def query(self, visit: "Visit") -> ListQuery:
        """Return what to ask the register for."""
        return ListQuery(
            q=self.q[:200],
            filter=self.whole_filter(visit),
            sort=self._order(),
            limit=PAGE_SIZE,
            cursor=self.cursor,
        )

    def whole_filter(self, visit: "Visit") -> dict[str, Any] | None:
        """Return the view's conditions together with those of the address."""
        parts: list[dict[str, Any]] = []
        if self.view in VIEWS:
            parts += view_parts(self.view, visit.actor, any_status="status" in _fields(self.filter))
        if self.filter:
            parts += self.filter["all"] if list(self.filter) == ["all"] else [self.filter]
        if self.tag:
            parts.append({"field": "tags", "op": "eq", "value": self.tag})
        return {"all": parts} if parts else None

    def _order(self) -> str:
        if self.sort in SORTS and (self.sort or self.saved is None):
            return SORTS[self.sort][0]
        return (self.saved.query.sort if self.saved else "") or SORTS[""][0]


def scope_from(visit: "Visit") -> Scope:
    """Return the scope in the visit's address; ``#tag`` in the search box means the tag."""
    query = parameters(visit)
    asked = query.get("view", DEFAULT_VIEW)
    view = asked if asked in VIEWS or _is_id(asked) else DEFAULT_VIEW
    words = query.get("q", "").split()
    tags = [word[1:] for word in words if word.startswith("#") and len(word) > 1 and not word[1:].isdigit()]
    filter, trouble = filter_in(query.get("filter", ""))
    return Scope(
        view=view,
        title=visit.texts.gettext(VIEWS[view]) if view in VIEWS else "",
        q=" ".join(word for word in words if word[1:] not in tags or not word.startswith("#"))[:200],
        tag=(query.get("tag") or (tags[0] if tags else ""))[:60],
        filter=filter or None,
        own_filter=bool(query.get("filter")) and not trouble,
        cursor=query.get("cursor", "")[:500],
        sort=sort if (sort := query.get("sort", "")) in SORTS else "",
        sorts=tuple((value, visit.texts.gettext(label)) for value, (_, label) in SORTS.items()),
        trouble=trouble,
    )


async def opened_scope(visit: "Visit") -> Scope:
    """Return the scope with its saved view, and without what makes no sense: an old address still shows a list."""
    scope = scope_from(visit)
    if scope.view not in VIEWS:
        try:
            saved = await visit.crm.views.get(UUID(scope.view), actor=visit.actor)
        except (NotFound, CrmError):
            saved = None
        if saved is None or saved.record_type != "conversation":
            title = visit.texts.gettext(VIEWS[DEFAULT_VIEW])
            scope = msgspec.structs.replace(scope, view=DEFAULT_VIEW, title=title, trouble=True)
        else:
            scope = msgspec.structs.replace(
                scope,
                saved=saved,
                title=saved.name,
                q=scope.q or saved.query.q,
                filter=scope.filter if scope.own_filter else saved.query.filter,
            )
    if scope.filter is not None:
        try:
            asked = msgspec.structs.replace(scope.query(visit), cursor="")
            await visit.crm.records.check("conversation", asked, actor=visit.actor)
        except CrmError as error:
            if error.status == 403:
                raise
            scope = msgspec.structs.replace(scope, filter=None, own_filter=False, trouble=True)
    return scope


def _fields(filter: Any) -> set[str]:
    """Return the names of the fields that a filter asks about."""
    if isinstance(filter, dict):
        own = {str(filter["field"])} if "field" in filter else set()
        return own.union(*(_fields(part) for part in filter.values()))
    return set().union(*(_fields(part) for part in filter)) if isinstance(filter, list) else set()


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
