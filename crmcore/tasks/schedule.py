"""The times of a task: due, reminder, and the rule by which it comes again."""

from datetime import datetime
from typing import Any

from crmcore.contracts.labels import Label
from crmcore.contracts.records import Draft
from crmcore.tasks.occurrences import EARLIEST, LATEST, next_after, shifted, zone_named
from crmcore.tasks.recurrence import BadRule, read_rule

_NEEDS_DUE: Label = {
    "en": "A task that repeats needs a due time to count from.",
    "ru": "Повторяющейся задаче нужен срок, от которого считать.",
}
_TOO_FAR: Label = {
    "en": "A task that repeats is due between 1990 and 2200.",
    "ru": "Срок повторяющейся задачи — между 1990 и 2200 годами.",
}
_NO_ZONE: Label = {"en": "There is no such time zone.", "ru": "Такого часового пояса нет."}
_NEVER: Label = {
    "en": "By this rule the task would never come again.",
    "ru": "По этому правилу задача никогда не повторится.",
}


def schedule(draft: Draft) -> None:
    """Bring the times that follow from what was asked into step; may add problems to the draft."""
    before = draft.before or {}
    due, was_due = draft.now("due_at"), before.get("due_at")
    if "due_at" in draft.values and due != was_due:
        draft.values["overdue_told_at"] = None
        _move_reminder(draft, due, was_due)
    if "remind_at" in draft.values and draft.values["remind_at"] != before.get("remind_at"):
        draft.values["reminded_at"] = None
    if draft.now("recurrence") or "recurrence_zone" in draft.values:
        _repeat(draft, due)
    elif "recurrence" in draft.values:
        draft.values |= {"recurs_from": None, "occurs_at": None, "recurrence_zone": ""}


def next_task(row: dict[str, Any], now: datetime) -> dict[str, datetime | None] | None:
    """Return ``due_at`` and ``remind_at`` of the task that follows the done one ``row``; None when its rule ended.

    What was missed meanwhile is not made up for: the next one lies in the future.
    """
    zone = zone_named(row["recurrence_zone"] or "UTC")
    after = max(moment for moment in (row["occurs_at"], row["due_at"], now) if moment is not None)
    at = next_after(read_rule(row["recurrence"]), row["recurs_from"], zone, after)
    if at is None:
        return None
    remind, due = row["remind_at"], row["due_at"]
    return {"due_at": at, "remind_at": shifted(remind, due, at, zone) if remind and due else None}


def _move_reminder(draft: Draft, due: datetime | None, was_due: datetime | None) -> None:
    remind = (draft.before or {}).get("remind_at")
    if "remind_at" in draft.asked or not (remind and due and was_due):
        return
    try:
        draft.values["remind_at"] = remind + (due - was_due)
    except OverflowError:
        draft.values["remind_at"] = due


def _repeat(draft: Draft, due: datetime | None) -> None:
    before = draft.before or {}
    zone_name = draft.now("recurrence_zone") or draft.actor.time_zone or "UTC"
    try:
        zone = zone_named(zone_name)
    except ValueError:
        draft.problem("/recurrence_zone", "unknown_time_zone", _NO_ZONE)
        return
    if not draft.now("recurrence"):
        draft.values["recurrence_zone"] = ""
        return
    try:
        rule = read_rule(draft.now("recurrence"))
    except BadRule as bad:
        draft.problem("/recurrence", bad.code, bad.label, **bad.params)
        return
    if due is None:
        draft.problem("/due_at", "needs_due", _NEEDS_DUE)
        return
    if not EARLIEST <= due < LATEST:
        draft.problem("/due_at", "out_of_range", _TOO_FAR)
        return
    text = rule.text()
    if "recurrence" in draft.values:
        draft.values["recurrence"] = text
    if text != before.get("recurrence") or zone_name != before.get("recurrence_zone"):
        draft.values |= {"recurrence_zone": zone_name, "recurs_from": due, "occurs_at": due}
        ends = rule.count is not None or rule.until is not None or rule.until_at is not None
        if not ends and next_after(rule, due, zone, due) is None:
            draft.problem("/recurrence", "never", _NEVER)
