"""Which list a conversation was opened from: kept in every address of the inbox."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msgspec import Struct

from crmcore.records.query import ListQuery
from crmcore.web.texts import N_
from crmcore.web.views import DEFAULT_VIEW, VIEWS, view_filter

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
    """A view of the inbox, narrowed to words and a tag, from ``cursor`` on."""

    view: str = DEFAULT_VIEW
    title: str = ""
    q: str = ""
    tag: str = ""
    cursor: str = ""
    sort: str = ""
    sorts: tuple[tuple[str, str], ...] = ()

    @property
    def narrowed(self) -> bool:
        """Whether only a part of the view is listed."""
        return bool(self.q or self.tag)

    @property
    def address(self) -> str:
        """The scope as a query string."""
        return self.with_cursor(self.cursor)

    def with_cursor(self, cursor: str) -> str:
        """Return the scope's query string for the page at ``cursor``."""
        return self._address(cursor, self.sort)

    def with_sort(self, sort: str) -> str:
        """Return the scope's query string for the first page in another order."""
        return self._address("", sort)

    def _address(self, cursor: str, sort: str) -> str:
        values = {"view": self.view, "q": self.q, "tag": self.tag, "sort": sort, "cursor": cursor}
        return urlencode({name: value for name, value in values.items() if value})

    def query(self, visit: "Visit") -> ListQuery:
        """Return what to ask the register for."""
        return ListQuery(
            q=self.q[:200],
            filter=view_filter(self.view, visit.actor, self.tag),
            sort=SORTS[self.sort][0],
            limit=PAGE_SIZE,
            cursor=self.cursor,
        )


def scope_from(visit: "Visit") -> Scope:
    """Return the scope in the visit's address; ``#tag`` in the search box means the tag."""
    query: Mapping[str, str] = visit.query
    view = query.get("view", DEFAULT_VIEW)
    if view not in VIEWS:
        view = DEFAULT_VIEW
    words = query.get("q", "").split()
    tags = [word[1:] for word in words if word.startswith("#") and len(word) > 1 and not word[1:].isdigit()]
    return Scope(
        view=view,
        title=visit.texts.gettext(VIEWS[view]),
        q=" ".join(word for word in words if word[1:] not in tags or not word.startswith("#"))[:200],
        tag=(query.get("tag") or (tags[0] if tags else ""))[:60],
        cursor=query.get("cursor", "")[:500],
        sort=sort if (sort := query.get("sort", "")) in SORTS else "",
        sorts=tuple((value, visit.texts.gettext(label)) for value, (_, label) in SORTS.items()),
    )
