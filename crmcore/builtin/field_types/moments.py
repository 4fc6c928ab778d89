"""Days, times of day and moments."""

import re
from datetime import UTC, date, datetime, time
from typing import Any

from crmcore.builtin.field_types.options import ORDERED, options_schema
from crmcore.builtin.field_types.written_dates import written_date
from crmcore.contracts.fields import FieldType, Options
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

_NOT_A_TIME: Label = {
    "en": "Write a time of day from 00:00 to 23:59.",
    "ru": "Запишите время от 00:00 до 23:59.",
}
_DAY_AND_TIME = re.compile(
    r"(\S.{6,30}?),?[Tt ] ?([0-9]{1,2}:[0-9]{2})((?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r" ?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?)",
    re.ASCII,
)
_ORDER = {
    "type": "string",
    "enum": ["day_first", "month_first"],
    "x-crm": {"label": {"en": "Order in 03/04/2026", "ru": "Порядок в 03/04/2026"}},
}
_NOT_A_MOMENT: Label = {
    "en": "Write a date and time with its zone, like 2026-11-22T14:00:00Z.",
    "ru": "Укажите дату и время с часовым поясом, например 2026-11-22T14:00:00Z.",
}


def moment_types() -> list[FieldType]:
    """Return ``date``, ``time`` (of day, without a zone) and ``date_time`` (a moment, kept in UTC)."""
    return [
        FieldType(
            key="date",
            label={"en": "Date", "ru": "Дата"},
            schema=lambda options: {"type": "string", "format": "date", "maxLength": 10},
            clean=_clean_date,
            render=_render_date,
            widget="date",
            options_schema=options_schema(order=_ORDER),
            operators=ORDERED,
        ),
        FieldType(
            key="time",
            label={"en": "Time", "ru": "Время"},
            # The standard's format "time" wants a zone, which a time of day has not.
            schema=lambda options: {
                "type": "string",
                "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
                "maxLength": 5,
            },
            clean=_clean_time,
            render=_render_time,
            widget="time",
            options_schema=options_schema(),
            operators=ORDERED,
        ),
        FieldType(
            key="date_time",
            label={"en": "Date and time", "ru": "Дата и время"},
            schema=lambda options: {"type": "string", "format": "date-time", "maxLength": 20},
            clean=_clean_moment,
            render=_render_moment,
            widget="date_time",
            options_schema=options_schema(order=_ORDER),
            operators=ORDERED,
        ),
    ]


def _clean_date(value: Any, options: Options) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    return written_date(text, options.get("order", "")).isoformat()


def _clean_time(value: Any, options: Options) -> Any:
    """Accept ``9:05``, ``09:05`` and ``09:05:00``: kept to the minute."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if text[1:2] == ":":
        text = f"0{text}"
    try:
        if len(text) not in (5, 8) or not text.isascii():
            raise ValueError("length")
        moment = time.fromisoformat(text)
    except ValueError:
        raise InvalidValue(_NOT_A_TIME, code="not_a_time") from None
    if moment.second:
        raise InvalidValue(_NOT_A_TIME, code="not_a_time")
    return moment.strftime("%H:%M")


def _clean_moment(value: Any, options: Options) -> Any:
    """Return the moment in UTC to the second, so that moments sort as texts."""
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        try:
            value = datetime.fromisoformat(_iso_moment(text, options.get("order", "")))
        except InvalidValue as error:
            if error.code == "two_meanings":
                raise
            raise InvalidValue(_NOT_A_MOMENT, code="not_a_moment") from None
        except ValueError:
            raise InvalidValue(_NOT_A_MOMENT, code="not_a_moment") from None
    if not isinstance(value, datetime):
        return value
    try:
        if value.tzinfo is None:
            raise ValueError("no zone")
        return f"{value.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"
    except (OverflowError, ValueError):
        raise InvalidValue(_NOT_A_MOMENT, code="not_a_moment") from None


def _iso_moment(text: str, order: str) -> str:
    """Return ``text`` with its day in ISO's form; how the time and the zone are written stays as it is."""
    if match := _DAY_AND_TIME.fullmatch(text):
        return f"{written_date(match[1], order).isoformat()}T{match[2]:0>5}{match[3]}"
    return ""


def _render_date(value: Any, options: Options, language: str) -> str:
    from babel.dates import format_date

    try:
        return format_date(date.fromisoformat(value), format="medium", locale=language)
    except (TypeError, ValueError):
        return "" if value is None else str(value)


def _render_time(value: Any, options: Options, language: str) -> str:
    from babel.dates import format_time

    try:
        return format_time(time.fromisoformat(value), format="short", locale=language)
    except (TypeError, ValueError):
        return "" if value is None else str(value)


def _render_moment(value: Any, options: Options, language: str) -> str:
    from babel.dates import format_datetime

    try:
        return f"{format_datetime(datetime.fromisoformat(value), format='medium', locale=language)} UTC"
    except (TypeError, ValueError):
        return "" if value is None else str(value)
