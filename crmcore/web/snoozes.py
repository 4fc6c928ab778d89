"""Until when a conversation can be put off with one click."""

from datetime import datetime, timedelta

from crmcore.web.formats import Formats
from crmcore.web.texts import Texts

MORNING_HOUR = 9
MONDAY = 0


def snooze_choices(texts: Texts, formats: Formats) -> list[tuple[str, str, str]]:
    """Return ``(value, label, when in words)`` of each choice; the value is a moment in ISO 8601."""
    now = formats.now
    morning = now.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    monday = morning + timedelta(days=(MONDAY - now.weekday()) % 7 or 7)
    choices = [
        (texts.gettext("In an hour"), now + timedelta(hours=1)),
        (texts.gettext("In three hours"), now + timedelta(hours=3)),
        (texts.gettext("Tomorrow morning"), morning + timedelta(days=1)),
        (texts.gettext("Monday morning"), monday),
        (texts.gettext("In a week"), morning + timedelta(days=7)),
    ]
    # On a Sunday Monday morning is tomorrow, on a Monday it is in a week: each moment is offered once.
    by_moment = {at: label for label, at in reversed(choices)}
    choices = [(label, at) for label, at in choices if by_moment[at] == label]
    return [(at.isoformat(timespec="minutes"), label, _words(at, formats)) for label, at in choices]


def snooze_moment(text: str, formats: Formats) -> datetime | None:
    """Return the moment a choice or a date field names; without a zone it is meant in the visitor's."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=formats.zone)


def _words(at: datetime, formats: Formats) -> str:
    if at.date() == formats.now.date():
        return formats.time(at)
    return f"{formats.day(at)}, {formats.time(at)}"
