"""Days of the calendar, written in the order a country is used to."""

import re
from datetime import date

from crm_validators.typed import typed_line
from crmcore import InvalidValue, Options, Validator

ORDERS = ("ymd", "dmy", "mdy")

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/])([0-9]{2})\2([0-9]{2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")


def check_date(value: str, options: Options) -> str:
    """Return the day as ``YYYY-MM-DD`` (ISO 8601), known to exist.

    Year first is always understood (``2026-11-22``, ``2026/11/22``). Option ``order`` ``dmy`` or ``mdy`` says
    how ``01-02-2026`` is meant; without it such a date is refused, because it would be a guess. Raises
    :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, 20)
    order = options.get("order")
    try:
        if match := _YEAR_FIRST.fullmatch(line):
            return date(int(match[1]), int(match[3]), int(match[4])).isoformat()
        if order in ("dmy", "mdy") and (match := _YEAR_LAST.fullmatch(line)):
            first, second = int(match[1]), int(match[3])
            day, month = (first, second) if order == "dmy" else (second, first)
            return date(int(match[4]), month, day).isoformat()
    except ValueError:
        pass
    raise InvalidValue(
        {
            "en": "This is not a day of the calendar. Write it like {example}.",
            "ru": "Такого дня в календаре нет. Запишите так: {example}.",
        },
        code="not_a_date",
        example={"dmy": "31-01-2026", "mdy": "01/31/2026"}.get(str(order), "2026-01-31"),
    )


CALENDAR_DATE = Validator(
    key="calendar-date",
    label={"en": "Date", "ru": "Дата"},
    description={
        "en": "Stored as YYYY-MM-DD. Choose an order to accept dates with the year last.",
        "ru": "Хранится как ГГГГ-ММ-ДД. Выберите порядок, чтобы принимать даты с годом в конце.",
    },
    check=check_date,
    examples=("2026-01-31", "2024/02/29"),
    counter_examples=("2026-02-29", "31-01-2026", "2026-1-31", "20260131", "2026-01/31", "yesterday"),
    options_schema={
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "order": {"enum": list(ORDERS), "default": "ymd", "title": "Order of day, month, year"}
        },
    },
)
