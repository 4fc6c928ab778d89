"""Event lines: what people did with a conversation, in one short sentence each."""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime

from crmcore.accounts.tables import Team, User
from crmcore.contracts.labels import text_of
from crmcore.contracts.records import Draft
from crmcore.contracts.sayings import Saying
from crmcore.records.tags import tag_key, tags_of

LINES: dict[str, dict[str, str]] = {
    "closed": {"en": "Closed the conversation", "ru": "Закрыто"},
    "reopened": {"en": "Reopened the conversation", "ru": "Открыто снова"},
    "snoozed": {"en": "Snoozed until {until}", "ru": "Отложено до {until}"},
    "woken": {"en": "Back from snooze", "ru": "Вернулось из отложенных"},
    "assigned": {"en": "Assigned to {name}", "ru": "Назначено: {name}"},
    "unassigned": {"en": "Assigned to nobody", "ru": "Снято назначение"},
    "team": {"en": "Given to the team {name}", "ru": "Передано команде {name}"},
    "no_team": {"en": "Taken from the team", "ru": "Снято с команды"},
    "priority": {"en": "Priority: {value}", "ru": "Приоритет: {value}"},
    "tagged": {"en": "Tags added: {tags}", "ru": "Добавлены метки: {tags}"},
    "untagged": {"en": "Tags removed: {tags}", "ru": "Убраны метки: {tags}"},
    "subject": {"en": "Subject: {value}", "ru": "Тема: {value}"},
    "was_erased": {
        "en": "The data of somebody with this address was erased before; this is a new contact",
        "ru": "Данные человека с этим адресом раньше стёрли; это новый контакт",
    },
}
_PRIORITIES = {
    "low": {"en": "low", "ru": "низкий"},
    "normal": {"en": "normal", "ru": "обычный"},
    "high": {"en": "high", "ru": "высокий"},
    "urgent": {"en": "urgent", "ru": "срочный"},
}


class Local(NamedTuple):
    """A moment, and the zone of who spoke of it: that of the stored text. Readers get it in their own."""

    at: datetime
    zone: str


async def event_lines(draft: Draft, language: str) -> list[str]:
    """Return the lines for an update. That an answer makes a conversation wait is no event of its own."""
    before = draft.before or {}
    lines: list[str] = [_status_line(draft, before, language)]
    if _changed(draft, before, "priority"):
        value = Saying.labelled(_PRIORITIES[draft.values["priority"]], language)
        lines.append(_line("priority", language, value=value))
    if _changed(draft, before, "subject"):
        lines.append(_line("subject", language, value=draft.values["subject"]))
    if _changed(draft, before, "assignee"):
        id = draft.values["assignee"]
        rows = await User.select(User.name).where(User.id == id) if id else []
        lines.append(
            _line("assigned", language, name=rows[0]["name"]) if rows else _line("unassigned", language)
        )
    if _changed(draft, before, "team"):
        id = draft.values["team"]
        rows = await Team.select(Team.name).where(Team.id == id) if id else []
        lines.append(_line("team", language, name=rows[0]["name"]) if rows else _line("no_team", language))
    if draft.notes.get("tags") is not None:
        lines += await _tag_lines(draft, language)
    return [line for line in lines if line]


def _status_line(draft: Draft, before: dict[str, Any], language: str) -> str:
    old, new = before.get("status"), draft.values.get("status")
    if new == "snoozed" and (_changed(draft, before, "status") or _changed(draft, before, "snoozed_until")):
        until = draft.now("snoozed_until")
        if isinstance(until, datetime):
            return _line("snoozed", language, until=Local(until, draft.actor.time_zone))
    if not _changed(draft, before, "status"):
        return ""
    if new == "closed":
        return _line("closed", language)
    if old == "closed":
        return _line("reopened", language)
    if old == "snoozed":
        return _line("woken", language)
    return ""


async def _tag_lines(draft: Draft, language: str) -> list[str]:
    had = (await tags_of(draft.record_type.key, [draft.id])).get(draft.id, [])
    wanted = {tag_key(name): name.strip() for name in draft.notes["tags"] if name.strip()}
    known = {tag_key(name): name for name in had}
    lines: list[str] = []
    if added := [name for key, name in wanted.items() if key not in known]:
        lines.append(_line("tagged", language, tags=", ".join(added)))
    if removed := [name for key, name in known.items() if key not in wanted]:
        lines.append(_line("untagged", language, tags=", ".join(removed)))
    return lines


def _changed(draft: Draft, before: dict[str, Any], name: str) -> bool:
    return name in draft.values and draft.values[name] != before.get(name)


def moment_text(moment: datetime, time_zone: str, language: str) -> str:
    """Return ``moment`` in words, in ``time_zone``, in UTC when there is none of that name."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    try:
        return str(format_datetime(moment, "d MMM y, HH:mm", tzinfo=zone, locale=language))
    except (LookupError, ValueError):
        return moment.isoformat(timespec="minutes")


def event_line(line: str, language: str) -> Saying:
    """Return an event line that has no parameters."""
    return _line(line, language)


def _line(line: str, language: str, **params: Any) -> Saying:
    texts = {
        name: moment_text(value.at, value.zone, language) if isinstance(value, Local) else value
        for name, value in params.items()
    }
    stored = {
        name: {"moment": value.at.isoformat()} if isinstance(value, Local) else value
        for name, value in params.items()
    }
    return Saying.coded(text_of(LINES[line], language, **texts), f"event.{line}", stored)
