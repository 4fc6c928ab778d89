"""Days of the calendar, written in the order a country is used to."""

import re
from datetime import date

from crm_validators.format_options import format_options, option
from crm_validators.typed import typed_line
from crmcore import InvalidValue, Label, Options, Validator

ORDERS: dict[str, Label] = {
    "ymd": {"en": "Year, month, day", "ru": "Год, месяц, день"},
    "dmy": {"en": "Day, month, year", "ru": "День, месяц, год"},
    "mdy": {"en": "Month, day, year", "ru": "Месяц, день, год"},
}

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/])([0-9]{2})\2([0-9]{2})")
_DAY_FIRST = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")


def check_date(value: str, options: Options) -> str:
    """Return the day as ``YYYY-MM-DD`` (ISO 8601), known to exist.

    Understood are ``YYYY-MM-DD``, ``YYYY/MM/DD`` and ``DD-MM-YYYY``. The option ``order`` says what a year at
    the end means: ``dmy`` and ``mdy`` also take ``1.2.2026`` and ``1/2/2026``, ``ymd`` takes no such date.
    Without it only dashes are day first; ``01/02/2026`` is refused, because it would be a guess. Raises
    :class:`~crmcore.InvalidValue`.
    """
    line = typed_line(value, 20)
    parts = _year_month_day(line, options.get("order"))
    if parts is not None:
        try:
            return date(*parts).isoformat()
        except ValueError:
            pass
    form = str(options.get("order"))
    raise InvalidValue(
        _WRONG_FORM if parts is None else _NO_SUCH_DAY,
        code="wrong_form" if parts is None else "not_a_date",
        example={"dmy": "31-01-2026", "mdy": "01/31/2026"}.get(form, "2026-01-31"),
        form=_FORMS.get(form, _FORMS["ymd"]),
    )


def _year_month_day(line: str, order: object) -> tuple[int, int, int] | None:
    """Return the year, month and day that stand in ``line``, None when it is written in another way."""
    if match := _YEAR_FIRST.fullmatch(line):
        return int(match[1]), int(match[3]), int(match[4])
    if order in ("dmy", "mdy"):
        if match := _YEAR_LAST.fullmatch(line):
            first, second = int(match[1]), int(match[3])
            day, month = (first, second) if order == "dmy" else (second, first)
            return int(match[4]), month, day
    elif order != "ymd" and (match := _DAY_FIRST.fullmatch(line)):
        return int(match[3]), int(match[2]), int(match[1])
    return None


_NO_SUCH_DAY: Label = {
    "en": "This is not a day of the calendar. Write it like {example}.",
    "ru": "Такого дня в календаре нет. Запишите так: {example}.",
}
_WRONG_FORM: Label = {
    "en": "This date is not written as {form}, like {example}.",
    "ru": "Дата записана не так, как нужно: {form}, например {example}.",
}
_FORMS: dict[str, dict[str, str]] = {
    "ymd": {"en": "YYYY-MM-DD", "ru": "ГГГГ-ММ-ДД"},
    "dmy": {"en": "DD-MM-YYYY", "ru": "ДД-ММ-ГГГГ"},
    "mdy": {"en": "MM/DD/YYYY", "ru": "ММ/ДД/ГГГГ"},
}

CALENDAR_DATE = Validator(
    # Not "date": that JSON Schema format is RFC 3339's alone.
    key="calendar-date",
    label={"en": "Date", "ru": "Дата"},
    description={
        "en": "YYYY-MM-DD, YYYY/MM/DD or DD-MM-YYYY, stored as YYYY-MM-DD. "
        "The option says in which order a date with the year last is written.",
        "ru": "ГГГГ-ММ-ДД, ГГГГ/ММ/ДД или ДД-ММ-ГГГГ, хранится как ГГГГ-ММ-ДД. "
        "Параметр задаёт порядок для дат с годом в конце.",
    },
    check=check_date,
    examples=("2026-01-31", "2024/02/29", "31-01-2026"),
    counter_examples=(
        "2026-02-29",
        "01/02/2026",
        "31.01.2026",
        "2026-1-31",
        "20260131",
        "2026-01/31",
        "12-31-2026",
        "yesterday",
    ),
    options_schema=format_options(
        order=option("Order of a date with the year last", "Порядок в дате с годом в конце", choices=ORDERS)
    ),
)
