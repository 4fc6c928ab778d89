"""A list as its page shows it."""

from typing import TYPE_CHECKING, Any

import msgspec

from crmcore.contracts.records import RecordType
from crmcore.errors import NotFound
from crmcore.records.query import BadCursor, Page
from crmcore.views.choices import Choice
from crmcore.views.service import SHARE, View
from crmcore.web.lists.columns import TITLE, Column, Columns
from crmcore.web.lists.conditions import Conditions, conditions_of
from crmcore.web.lists.filter_fields import filter_fields
from crmcore.web.lists.filter_form import chips, shown_lines
from crmcore.web.lists.places import place_of
from crmcore.web.lists.state import ListState, encoded, parameters, state_from, title_sort
from crmcore.web.record_facts import facts_of
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

# Counting goes no further: how many more there are is told before anything is done to all of them.
COUNTED = 10_000
ICONS = {"contact": "users", "company": "building-2"}
EMPTY = {
    "contact": N_(
        "Contacts appear by themselves when somebody writes. They can also be imported or added by hand."
    ),
    "company": N_("Companies appear when a contact names one. They can also be imported or added by hand."),
}


class Listing:
    """The list of one record type for one visit: what was asked, and what may be asked."""

    def __init__(
        self, visit: "Visit", kind: RecordType, state: ListState, choice: Choice, views: list[View]
    ) -> None:
        self.visit = visit
        self.kind = kind
        self.state = state
        self.choice = choice
        self.views = views

    @classmethod
    async def of(cls, visit: "Visit", kind: RecordType, values: dict[str, str] | None = None) -> "Listing":
        """Return the list that the visit's address asks for, or ``values`` instead of it."""
        choice = await visit.crm.list_choices.of(kind.key, actor=visit.actor)
        views = await visit.crm.views.list(actor=visit.actor, record_type=kind.key)
        values = parameters(visit) if values is None else values
        return cls(visit, kind, await state_from(visit, kind, values, choice, views), choice, views)

    async def fields(self) -> Any:
        """Return the fields that this list can be narrowed by."""
        return filter_fields(self.visit, self.kind, await self.definitions(), await self.hidden())

    async def definitions(self) -> Any:
        """Return the custom fields that the visitor may know."""
        found = await self.visit.crm.fields.catalog.of(self.kind.key) if self.kind.custom_fields else ()
        return [item for item in found if self.visit.actor.sees_custom(self.kind.key, item.id)]

    async def hidden(self) -> frozenset[str]:
        """Return the fields that are hidden from the visitor."""
        return await self.visit.crm.records.hidden(self.kind.key, actor=self.visit.actor)

    async def values(self, *, conditions: Conditions | None = None, trouble: str = "") -> dict[str, Any]:
        """Return what the page's template shows; ``conditions`` are those of a form that is not ready yet."""
        visit, state, kind = self.visit, self.state, self.kind
        place, texts = place_of(kind), visit.texts
        columns = Columns(visit, kind, await self.definitions(), await self.hidden())
        chosen = columns.chosen(state.columns)
        page = await self._page()
        count = await visit.crm.records.count(kind.key, state.query(), actor=visit.actor, at_most=COUNTED + 1)
        fields = await self.fields()
        known = conditions_of(state.filter, fields, visit.formats.zone)
        open_form = conditions is not None
        if state.trouble and not trouble:
            trouble = texts.gettext(
                "Not everything that this address asks for is possible. The rest is shown."
            )
        shown = [column.name for column in chosen]
        return {
            "place": place,
            "kind": kind,
            "key": kind.key,
            "heading": visit.say(kind.label_plural),
            "icon": ICONS.get(kind.key, "table-properties"),
            "about_empty": texts.gettext(EMPTY[kind.key]) if kind.key in EMPTY else "",
            "state": state,
            "asked": dict(state.pairs(cursor=None, peek=None)),
            "q": state.q,
            "filter": encoded(state.filter),
            "trouble": trouble,
            "views": [(view, f"{place}?view={view.id}") for view in self.views],
            "may_change_view": state.view is not None and (state.view.mine or visit.actor.may(SHARE)),
            "opens_with": self.choice.view,
            "title_column": self._title_column(),
            "columns": chosen,
            "others": [(name, label) for name, label in columns.labels.items() if name not in shown],
            "sorts": [(name, self._sort_label(columns, name)) for name in self._sorts(columns)],
            "rows": list(
                zip(
                    page.items,
                    [kind.title(record.document) for record in page.items],
                    await columns.rows(page.items, chosen),
                    strict=True,
                )
            ),
            "following": page.next,
            "first": not state.cursor,
            "count": min(count, COUNTED),
            "more_than_counted": count > COUNTED,
            "conditions": conditions or known,
            "lines": await shown_lines(visit, conditions or known),
            "chips": [] if known.beyond else await chips(visit, known),
            "fields": list(fields.values()),
            "form_open": open_form,
            "peek": await self._peeked(),
            "may_write": visit.actor.may(f"{kind.key}.write"),
            "may_delete": kind.deletable and visit.actor.may(f"{kind.key}.delete"),
            "may_share": visit.actor.may(SHARE),
        }

    async def _page(self) -> Page:
        try:
            return await self.visit.crm.records.list(
                self.kind.key, self.state.query(), actor=self.visit.actor
            )
        except BadCursor:
            self.state = msgspec.structs.replace(self.state, cursor="")
            return await self.visit.crm.records.list(
                self.kind.key, self.state.query(), actor=self.visit.actor
            )

    async def _peeked(self) -> dict[str, Any] | None:
        if self.state.peek is None:
            return None
        try:
            record = await self.visit.crm.records.get(self.kind.key, self.state.peek, actor=self.visit.actor)
        except NotFound:
            return None
        return {
            "id": record.id,
            "title": self.kind.title(record.document),
            "tags": record.document.get("tags", ()),
            "groups": await facts_of(self.visit, record),
        }

    def _title_column(self) -> Column:
        schema = self.kind.properties.get("name", {})
        label = schema.get("x-crm", {}).get("label") or self.kind.label
        return Column(name=TITLE, label=self.visit.say(label), sort=title_sort(self.kind))

    @staticmethod
    def _sorts(columns: Columns) -> list[str]:
        return [order for name in columns.sorts for order in (name, f"-{name}")]

    def _sort_label(self, columns: Columns, order: str) -> str:
        name = order.lstrip("-")
        down = order.startswith("-")
        label = columns.labels.get(name) or self.visit.say(
            self.kind.properties.get(name, {}).get("x-crm", {}).get("label") or name
        )
        moment = name in ("created_at", "updated_at") or (
            self.kind.properties.get(name, {}).get("format") == "date-time"
        )
        if moment:
            way = (
                self.visit.texts.gettext("newest first") if down else self.visit.texts.gettext("oldest first")
            )
        else:
            way = self.visit.texts.gettext("downwards") if down else self.visit.texts.gettext("upwards")
        return f"{label}: {way}"
