"""Tasks by days: a month or a week, with what repeats shown ahead."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.records.query import ListQuery
from crmcore.tasks.occurrences import occurrences, zone_or_utc
from crmcore.tasks.recurrence import BadRule, read_rule
from crmcore.web.tasks_view import TaskView, task_view

if TYPE_CHECKING:
    from crmcore.web.visit import Visit

MOST = 200
"""So many tasks a page shows; a note says when there are more."""
MOST_AHEAD = 62


class Day(Struct, frozen=True, kw_only=True):
    """One day with its tasks. ``ahead`` are those that will be made: ``(time, title, id of the task there is)``."""

    date: date
    inside: bool
    today: bool
    tasks: tuple[TaskView, ...]
    ahead: tuple[tuple[str, str, str], ...]


class Calendar(Struct, frozen=True, kw_only=True):
    """``weeks`` of seven days; ``before`` and ``after`` are the dates of the pages on either side."""

    mode: str
    title: str
    weeks: tuple[tuple[Day, ...], ...]
    first: date
    before: date
    after: date
    more: bool


async def calendar_of(visit: "Visit", mode: str, on: date, owner: str) -> Calendar:
    """Return the month or week of ``on`` as the visitor's clock has it."""
    first, begins, days = _span(mode, on)
    zone = visit.formats.zone
    start = datetime.combine(begins, time(), tzinfo=zone)
    end = datetime.combine(begins + timedelta(days=days), time(), tzinfo=zone)
    mine = [{"field": "assignee_id", "op": "eq", "value": visit.actor.id}] if owner == "me" else []
    within = [
        {"field": "due_at", "op": "gte", "value": start.isoformat()},
        {"field": "due_at", "op": "lt", "value": end.isoformat()},
    ]
    page = await visit.crm.records.list(
        "task", ListQuery(filter={"all": [*within, *mine]}, sort="due_at", limit=MOST), actor=visit.actor
    )
    by_day: dict[date, list[TaskView]] = defaultdict(list)
    for record in page.items:
        by_day[visit.formats.local(record.document["due_at"]).date()].append(task_view(visit, record))
    ahead = await _ahead(visit, mine, start, end)
    today = visit.formats.now.date()
    cells = [
        Day(
            date=day,
            inside=mode == "week" or day.month == first.month,
            today=day == today,
            tasks=tuple(by_day.get(day, ())),
            ahead=tuple(ahead.get(day, ())),
        )
        for day in (begins + timedelta(days=number) for number in range(days))
    ]
    return Calendar(
        mode=mode,
        title=visit.formats.month(first) if mode == "month" else visit.formats.span_of_days(begins, 7),
        weeks=tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7)),
        first=first,
        before=(first - timedelta(days=1)).replace(day=1) if mode == "month" else first - timedelta(days=7),
        after=(first + timedelta(days=32)).replace(day=1) if mode == "month" else first + timedelta(days=7),
        more=page.next is not None,
    )


def _span(mode: str, on: date) -> tuple[date, date, int]:
    """Return the first day, the Monday that the page begins with, and how many days it has."""
    if mode == "week":
        monday = on - timedelta(days=on.weekday())
        return monday, monday, 7
    first = on.replace(day=1)
    begins = first - timedelta(days=first.weekday())
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first, begins, ((last - begins).days // 7 + 1) * 7


async def _ahead(
    visit: "Visit", mine: list[dict[str, Any]], start: datetime, end: datetime
) -> dict[date, list[tuple[str, str, str]]]:
    repeating = [
        {"field": "status", "op": "eq", "value": "open"},
        {"field": "recurrence", "op": "ne", "value": ""},
        {"field": "due_at", "op": "lt", "value": end.isoformat()},
    ]
    page = await visit.crm.records.list(
        "task", ListQuery(filter={"all": [*repeating, *mine]}, sort="due_at", limit=MOST), actor=visit.actor
    )
    found: dict[date, list[tuple[str, str, str]]] = defaultdict(list)
    now = visit.formats.now
    for record in page.items:
        document = record.document
        due: datetime = document["due_at"]
        try:
            rule = read_rule(document["recurrence"])
        except BadRule:
            continue
        zone = zone_or_utc(document["recurrence_zone"])
        # The next one is made behind both this one and the present moment.
        after = max(due, now, start - timedelta(microseconds=1))
        for number, at in enumerate(occurrences(rule, due, zone, after)):
            if at >= end or number >= MOST_AHEAD:
                break
            local = visit.formats.local(at)
            hour = "" if (local.hour, local.minute) == (23, 59) else visit.formats.time(at)
            found[local.date()].append((hour, document["title"], str(record.id)))
    return found
