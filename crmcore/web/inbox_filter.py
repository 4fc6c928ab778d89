"""What the inbox can be narrowed by, and the filter of its list in words."""

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from crmcore.conversations.account_names import account_names
from crmcore.records.query import ListQuery
from crmcore.web.conversations_view import PRIORITY, STATUS
from crmcore.web.lists.conditions import Conditions, conditions_of
from crmcore.web.lists.filter_fields import FilterField, filter_fields
from crmcore.web.lists.filter_form import Chip, LineView, chips, shown_lines
from crmcore.web.people import active_people
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.scope import Scope
    from crmcore.web.visit import Visit

CHOSEN = ("eq", "ne", "in")
OR_NONE = (*CHOSEN, "empty", "filled")
FIRST = ("status", "assignee_id", "team_id", "account_id", "tags", "priority", "waiting_since", "mentioned")
"""What is asked for most stands in front."""
MENTIONED = N_("Mentioned")


class InboxFilter(Struct, frozen=True, kw_only=True):
    """The form over a list's filter, and its conditions in words."""

    conditions: Conditions
    lines: list[LineView]
    chips: list[Chip]
    fields: list[FilterField]


async def inbox_filter(visit: "Visit", scope: "Scope", conditions: Conditions | None = None) -> InboxFilter:
    """Return the filter of ``scope``, or ``conditions`` of a form that is not ready yet."""
    fields = await inbox_fields(visit)
    known = conditions_of(scope.filter, fields, visit.formats.zone)
    shown = conditions or known
    return InboxFilter(
        conditions=shown,
        lines=await shown_lines(visit, shown),
        chips=[] if known.beyond else await chips(visit, known),
        fields=list(fields.values()),
    )


async def inbox_fields(visit: "Visit") -> dict[str, FilterField]:
    """Return the fields by their names: people, teams and channels are chosen from lists, not looked up."""
    crm, actor = visit.crm, visit.actor
    kind = crm.records.record_type("conversation")
    definitions = [
        item for item in await crm.fields.catalog.of(kind.key) if actor.sees_custom(kind.key, item.id)
    ]
    found = filter_fields(visit, kind, definitions, await crm.records.hidden(kind.key, actor=actor))
    people = tuple(await active_people(visit))
    told = {
        "status": [(value, visit.texts.gettext(label)) for value, (label, _) in STATUS.items()],
        "priority": [(value, visit.texts.gettext(label)) for value, (label, _) in PRIORITY.items()],
        "assignee_id": people,
        "mentioned": people,
        "team_id": await teams_of(visit),
        "account_id": [
            (str(id), name) for id, name in await account_names(crm.host.registry.channels, actor=actor)
        ],
    }
    for name, choices in told.items():
        if name in found:
            comparisons = CHOSEN if name in ("status", "priority") else OR_NONE
            label = visit.texts.gettext(MENTIONED) if name == "mentioned" else found[name].label
            found[name] = msgspec.structs.replace(
                found[name],
                kind="choice",
                label=label,
                choices=tuple(choices),
                target="",
                comparisons=comparisons,
            )
    # A contact's conversations are on the contact's page.
    first = [name for name in FIRST if name in found]
    return {name: found[name] for name in (*first, *found) if name != "contact_id"}


async def teams_of(visit: "Visit") -> list[tuple[str, str]]:
    """Return the teams to which a conversation can be given."""
    if not visit.actor.may("team.read"):
        return []
    page = await visit.crm.records.list("team", ListQuery(sort="name", limit=100), actor=visit.actor)
    return [(str(team.id), team.document["name"]) for team in page.items]
