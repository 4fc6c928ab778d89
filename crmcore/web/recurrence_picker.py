"""How often a task repeats, as a form asks it: a few fields that make most rules, and one that keeps any other."""

from datetime import date

from msgspec import Struct

from crmcore.tasks.recurrence import BadRule, NthWeekday, Recurrence, read_rule
from crmcore.web.form import Form

WORKDAYS = tuple(NthWeekday(day) for day in range(5))
KEEP = "keep"


class Picked(Struct, frozen=True, kw_only=True):
    """What the fields hold. ``repeat`` is empty, a frequency, ``workdays``, or ``keep`` for the rule as it is.

    ``by`` is how a month counts: ``day``, ``nth`` weekday or ``last`` day; ``ends`` is empty, ``until`` or ``count``.
    """

    repeat: str = ""
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    by: str = "day"
    ends: str = ""
    until: str = ""
    count: int | None = None
    rule: str = ""


def picked_in(form: Form) -> Picked:
    """Return what a form sent."""
    return Picked(
        repeat=form.get("repeat"),
        interval=form.number("interval") or 1,
        weekdays=tuple(sorted({int(day) for day in form.all("weekday") if day in tuple("0123456")})),
        by=form.get("by", "day"),
        ends=form.get("ends"),
        until=form.get("until"),
        count=form.number("count"),
        rule=form.get("rule")[:500],
    )


def rule_of(picked: Picked, due: date | None) -> str:
    """Return the rule that was picked, empty when nothing repeats. Raises BadRule."""
    if not picked.repeat:
        return ""
    if picked.repeat == KEEP:
        return read_rule(picked.rule).text()
    parts: list[str] = []
    if picked.repeat == "workdays":
        parts = ["FREQ=WEEKLY", "BYDAY=MO,TU,WE,TH,FR"]
    else:
        parts = [f"FREQ={picked.repeat.upper()}", f"INTERVAL={picked.interval}"]
    if picked.repeat == "weekly" and picked.weekdays:
        days = tuple(NthWeekday(day) for day in picked.weekdays)
        parts.append(_by_day(days))
    if picked.repeat == "monthly" and picked.by == "last":
        parts.append("BYMONTHDAY=-1")
    if picked.repeat == "monthly" and picked.by == "nth" and due is not None:
        parts.append(_by_day((nth_of(due),)))
    if picked.ends == "until":
        parts.append(f"UNTIL={picked.until.replace('-', '')}")
    if picked.ends == "count":
        parts.append(f"COUNT={picked.count}")
    return read_rule(";".join(parts)).text()


def picked_from(text: str, due: date | None) -> Picked:
    """Return the fields that make the rule ``text``; what they cannot make is kept as it is written."""
    if not text:
        return Picked()
    try:
        rule = read_rule(text)
        picked = _fields_of(rule)
        if rule_of(picked, due) == rule.text():
            return picked
    except BadRule:
        pass
    return Picked(repeat=KEEP, rule=text)


def nth_of(day: date) -> NthWeekday:
    """Return which weekday of its month ``day`` is; the fifth one is called the last."""
    nth = (day.day - 1) // 7 + 1
    return NthWeekday(day.weekday(), nth if nth < 5 else -1)


def _fields_of(rule: Recurrence) -> Picked:
    workdays = rule.frequency == "weekly" and rule.weekdays == WORKDAYS and rule.interval == 1
    by = "last" if rule.month_days == (-1,) else "nth" if rule.weekdays else "day"
    return Picked(
        repeat="workdays" if workdays else rule.frequency,
        interval=rule.interval,
        weekdays=tuple(sorted(weekday.day for weekday in rule.weekdays)),
        by=by,
        ends="count" if rule.count is not None else "until" if rule.until is not None else "",
        until=rule.until.isoformat() if rule.until else "",
        count=rule.count,
        rule=rule.text(),
    )


def _by_day(days: tuple[NthWeekday, ...]) -> str:
    return Recurrence(frequency="monthly", weekdays=days).text().partition(";")[2]
