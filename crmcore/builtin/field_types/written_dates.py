"""Days as people and tables write them, in every form that can mean but one day."""

import re
from datetime import date

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

PIVOT = 69
"""Two digits up to 68 are of this century, from 69 of the last one, as POSIX has it for ``%y``."""

_NOT_A_DATE: Label = {
    "en": "Write a date as year, month and day, like 2026-11-22, or as 22.11.2026.",
    "ru": "Запишите дату как год, месяц и день, например 2026-11-22, или так: 22.11.2026.",
}
_TWO_MEANINGS: Label = {
    "en": "This may be two different days. Write it as year, month and day, like {first} or {second}.",
    "ru": "Это могут быть два разных дня. Запишите год, месяц и день, например {first} или {second}.",
}
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-./])([0-9]{1,2})\2([0-9]{4}|(?<!-)[0-9]{2})")
_DAY_NAMED = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th)?[ -]([^\W\d_]{3,9})\.?,?[ -]([0-9]{4})(?: ?(?:г\.?|года))?"
)
_NAMED_DAY = re.compile(r"([^\W\d_]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})")
_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(:00(\.0+)?)?$")
# The beginnings that tell months apart; "мая" and "май" are the same one.
_MONTHS = """
january february march april may june july august september october november december
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
"""


def written_date(text: str, order: str = "") -> date:
    """Return the day that ``text`` means; a time of midnight behind it, as tables export it, is left out.

    Dots and dashes with the year last are day first; behind dashes it has four digits (``26-11-22``?). With
    slashes ``order`` (``day_first``, ``month_first``) says which; without it the day must be above 12 or equal
    to the month. Raises :class:`~crmcore.InvalidValue`.
    """
    line = _MIDNIGHT.sub("", " ".join(text.split())).casefold()
    try:
        if match := _ISO.fullmatch(line):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _YEAR_FIRST.fullmatch(line):
            return date(int(match[1]), int(match[3]), int(match[4]))
        if match := _DAY_NAMED.fullmatch(line):
            return date(int(match[3]), _month(match[2]), int(match[1]))
        if match := _NAMED_DAY.fullmatch(line):
            return date(int(match[3]), _month(match[1]), int(match[2]))
        if match := _YEAR_LAST.fullmatch(line):
            return _year_last(int(match[1]), int(match[3]), match[4], match[2] == "/", order)
    except InvalidValue:
        raise
    except ValueError:
        pass
    raise InvalidValue(_NOT_A_DATE, code="not_a_date")


def _year_last(first: int, second: int, year: str, slashes: bool, order: str) -> date:
    whole = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= PIVOT else 2000)
    if not slashes or order == "day_first":
        return date(whole, second, first)
    if order == "month_first" or second > 12:
        return date(whole, first, second)
    if first > 12 or first == second:
        return date(whole, second, first)
    days = date(whole, second, first), date(whole, first, second)
    raise InvalidValue(
        _TWO_MEANINGS, code="two_meanings", first=days[0].isoformat(), second=days[1].isoformat()
    )


def _month(word: str) -> int:
    """Return the number of the month ``word``, whole or its first three letters or more; raises ``ValueError``."""
    for index, name in enumerate(_MONTHS.split()):
        if name.startswith(word):
            return index % 12 + 1
    raise ValueError(word)
