"""Times of day without a zone: opening hours, a preferred time to call."""

import re

from crm_validators.typed import typed_line
from crmcore import InvalidValue, Options, Validator

_WRITTEN = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def check_time(value: str, options: Options) -> str:
    """Return the time as ``HH:MM`` from 00:00 to 23:59: ``9:05`` becomes ``09:05``.

    ``9.05`` is refused: to half the world it is the ninth of May. Raises :class:`~crmcore.InvalidValue`.
    """
    match = _WRITTEN.fullmatch(typed_line(value, 10))
    if match is None:
        raise InvalidValue(
            {"en": "Write a time from 00:00 to 23:59.", "ru": "Укажите время от 00:00 до 23:59."},
            code="not_a_time",
        )
    return f"{int(match[1]):02}:{match[2]}"


CLOCK_TIME = Validator(
    # Not "time": that JSON Schema format is RFC 3339's, with seconds and a zone.
    key="clock-time",
    label={"en": "Time (HH:MM)", "ru": "Время (ЧЧ:ММ)"},
    description={
        "en": "A time of day from 00:00 to 23:59, without a time zone.",
        "ru": "Время суток от 00:00 до 23:59, без часового пояса.",
    },
    check=check_time,
    examples=("09:05", "23:59", "9:05"),
    counter_examples=("24:00", "12:60", "noon", "12", "12:30:00", "1:5", "9.05"),
)
