"""The form in which a list's filter is put together, read and shown."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from crmcore.errors import Invalid
from crmcore.records.query import ListQuery
from crmcore.web.lists.conditions import (
    MOST,
    SPANS,
    UNITS,
    Condition,
    Conditions,
    Wrong,
    filter_of,
    part_of,
    with_error,
)
from crmcore.web.lists.filter_fields import COMPARISONS, FilterField
from crmcore.web.record_lookup import exactly, records_called, title_of
from crmcore.web.texts import N_

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

NOBODY = N_("Nothing is called so, or several are.")


class LineView(Struct, frozen=True, kw_only=True):
    """One line of the form; ``widget`` is text, date, choice, choices, flag, span, count or none."""

    number: int
    name: str
    label: str
    comparison: str
    comparisons: tuple[tuple[str, str], ...]
    widget: str
    value: str
    values: tuple[str, ...]
    unit: str
    choices: tuple[tuple[str, str], ...]
    target: str
    error: str


class Chip(Struct, frozen=True):
    """One condition in words; ``without`` is the filter without it."""

    text: str
    without: dict[str, Any] | None


def read_conditions(values: Mapping[str, str], pairs: Any, fields: Mapping[str, FilterField]) -> Conditions:
    """Return the lines that were sent: ``f0``, ``o0``, ``v0`` …; ``add`` is one more field, ``drop`` a line."""
    lines = []
    for number in range(MOST):
        field = fields.get(values.get(f"f{number}", ""))
        if field is None or values.get("drop") == str(number):
            continue
        comparison = values.get(f"o{number}", "")
        value = values.get(f"v{number}", "").strip()[:500]
        if comparison not in field.comparisons:
            comparison, value = field.comparisons[0], ""
        lines.append(
            Condition(
                field=field,
                comparison=comparison,
                value=value,
                values=tuple(text for name, text in pairs if name == f"v{number}" and text)[:200],
                unit=values.get(f"u{number}", "day"),
            )
        )
    if (new := fields.get(values.get("add", ""))) and len(lines) < MOST:
        lines.append(Condition(field=new, comparison=new.comparisons[0]))
    return Conditions(match="any" if values.get("match") == "any" else "all", lines=tuple(lines))


async def checked(
    visit: "Visit", record_type: str, conditions: Conditions
) -> tuple[Conditions, dict[str, Any] | None]:
    """Return the lines with what is wrong with each, and the filter they mean; names of records become ids."""
    zone = visit.formats.zone
    lines = []
    for line in conditions.lines:
        line = await _resolved(visit, line)
        if not line.error:
            try:
                part = part_of(line, zone)
                await visit.crm.records.check(record_type, ListQuery(filter=part), actor=visit.actor)
            except Wrong as wrong:
                line = with_error(line, visit.texts.gettext(str(wrong)))
            except Invalid as invalid:
                sentences = [problem.sentence(visit.language) for problem in invalid.problems]
                line = with_error(line, " ".join(sentences))
        lines.append(line)
    conditions = msgspec.structs.replace(conditions, lines=tuple(lines))
    if any(line.error for line in lines):
        return conditions, None
    return conditions, filter_of(conditions, zone)


async def _resolved(visit: "Visit", line: Condition) -> Condition:
    """Return a line that refers to a record by its name with the record's id."""
    if line.field.kind != "reference" or line.comparison not in ("eq", "ne") or not line.value:
        return line
    if len(line.value) == 36 and line.value.count("-") == 4:
        return line
    found = exactly(await records_called(visit, line.field.target, line.value), line.value)
    if len(found) != 1:
        return with_error(line, visit.texts.gettext(NOBODY))
    return msgspec.structs.replace(line, value=found[0][0])


async def shown_lines(visit: "Visit", conditions: Conditions) -> list[LineView]:
    """Return the lines as the form shows them."""
    return [await _shown(visit, number, line) for number, line in enumerate(conditions.lines)]


async def _shown(visit: "Visit", number: int, line: Condition) -> LineView:
    field, texts = line.field, visit.texts
    widget = _widget(line)
    value, choices = line.value, field.choices
    if widget == "span":
        choices = tuple((word, texts.gettext(text)) for word, text in SPANS.items())
    elif widget == "count":
        choices = tuple((unit, texts.gettext(text)) for unit, text in UNITS.items())
    elif field.kind == "reference" and value and not line.error:
        value = await title_of(visit, field.target, value)
    return LineView(
        number=number,
        name=field.name,
        label=field.label,
        comparison=line.comparison,
        comparisons=tuple((name, texts.gettext(COMPARISONS[name])) for name in field.comparisons),
        widget=widget,
        value=value,
        values=line.values,
        unit=line.unit,
        choices=choices,
        target=field.target,
        error=line.error,
    )


def _widget(line: Condition) -> str:
    if line.comparison in ("empty", "filled"):
        return "none"
    if line.comparison == "within":
        return "span"
    if line.comparison in ("last", "next", "older"):
        return "count"
    if line.comparison in ("before", "after"):
        return "date"
    if line.field.kind == "choice" and line.field.choices:
        return "choices" if line.comparison == "in" else "choice"
    return line.field.kind if line.field.kind == "flag" else "text"


async def chips(visit: "Visit", conditions: Conditions) -> list[Chip]:
    """Return each condition in words, with the filter that is left without it."""
    found = []
    for index, view in enumerate(await shown_lines(visit, conditions)):
        rest = conditions.lines[:index] + conditions.lines[index + 1 :]
        without = filter_of(msgspec.structs.replace(conditions, lines=rest), visit.formats.zone)
        found.append(Chip(_words(visit, view), without))
    return found


def _words(visit: "Visit", view: LineView) -> str:
    texts, names = visit.texts, dict(view.choices)
    value = view.value
    if view.widget == "none":
        value = ""
    elif view.widget == "count":
        value = f"{view.value} {names.get(view.unit, view.unit)}"
    elif view.widget == "choices":
        value = ", ".join(names.get(one, one) for one in view.values)
    elif view.widget == "flag":
        value = texts.gettext("yes") if view.value == "true" else texts.gettext("no")
    elif view.widget == "date":
        value = visit.formats.date_only(date.fromisoformat(view.value))
    else:
        value = names.get(value, value)
    return " ".join(part for part in (view.label, dict(view.comparisons)[view.comparison], value) if part)
