"""Rules in words: “every second Tuesday”."""

from datetime import date

from babel.dates import format_date, get_day_names, get_month_names

from crmcore.tasks.recurrence import NthWeekday, Recurrence

_LOCALES = {"en": "en_GB", "ru": "ru"}
_ORDINAL = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "second to last"}
# By the gender of the day: he (вторник), she (среда), it (воскресенье).
_RU_NTH = {
    1: ("первый", "первую", "первое"),
    2: ("второй", "вторую", "второе"),
    3: ("третий", "третью", "третье"),
    4: ("четвёртый", "четвёртую", "четвёртое"),
    5: ("пятый", "пятую", "пятое"),
    -1: ("последний", "последнюю", "последнее"),
    -2: ("предпоследний", "предпоследнюю", "предпоследнее"),
}
_RU_EVERY = ("каждый", "каждую", "каждое")
_RU_GENDER = (0, 0, 1, 0, 1, 1, 2)
_RU_DAY = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье")
_RU_DAYS = (
    "понедельникам",
    "вторникам",
    "средам",
    "четвергам",
    "пятницам",
    "субботам",
    "воскресеньям",
)
_RU_UNITS = {
    "daily": ("день", "дня", "дней"),
    "weekly": ("неделю", "недели", "недель"),
    "monthly": ("месяц", "месяца", "месяцев"),
    "yearly": ("год", "года", "лет"),
}
_EN_UNITS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
_WORKDAYS = frozenset(range(5))


def spoken(rule: Recurrence, start: date, language: str) -> str:
    """Return the rule that begins on ``start`` as a person says it; what has no words is shown as it is written."""
    words = _russian(rule, start) if language == "ru" else _english(rule, start)
    if words is None:
        words = f"по правилу {rule.text()}" if language == "ru" else f"by the rule {rule.text()}"
        return words[:1].upper() + words[1:]
    ending = _ending(rule, language)
    return words[:1].upper() + words[1:] + ending


def _ending(rule: Recurrence, language: str) -> str:
    until = rule.until or rule.until_at
    if rule.count is not None:
        if language == "ru":
            return f", {rule.count} {_ru_form(rule.count, ('раз', 'раза', 'раз'))}"
        return f", {rule.count} times" if rule.count != 1 else ", once"
    if until is not None:
        day = format_date(until, "long", locale=_LOCALES.get(language, "en_GB"))
        return f", до {day}" if language == "ru" else f", until {day}"
    return ""


def _plain_days(rule: Recurrence) -> tuple[int, ...] | None:
    """Return the weekdays of a rule that has nothing else, the first first; None when there is more."""
    if rule.month_days or rule.months or rule.year_days or rule.positions:
        return None
    if any(weekday.nth for weekday in rule.weekdays):
        return None
    return tuple(sorted({weekday.day for weekday in rule.weekdays}))


def _one_day_of_month(rule: Recurrence, start: date) -> int | NthWeekday | None:
    """Return the one day of a month that the rule means: its number, or a weekday."""
    if rule.year_days or rule.positions:
        return None
    if not rule.weekdays and len(rule.month_days) <= 1:
        return rule.month_days[0] if rule.month_days else start.day
    if not rule.month_days and len(rule.weekdays) == 1 and rule.weekdays[0].nth in _ORDINAL:
        return rule.weekdays[0]
    return None


def _english(rule: Recurrence, start: date) -> str | None:
    unit = _EN_UNITS[rule.frequency]
    many = {1: f"every {unit}", 2: f"every second {unit}"}.get(
        rule.interval, f"every {rule.interval} {unit}s"
    )
    names = get_day_names("wide", locale="en_GB")
    if rule.frequency == "daily":
        days = _plain_days(rule)
        if days is None:
            return None
        if days and rule.interval == 1:
            return "every weekday" if frozenset(days) == _WORKDAYS else f"every {_listed_en(days, names)}"
        return None if days else many
    if rule.frequency == "weekly":
        days = _plain_days(rule)
        if days is None:
            return None
        days = days or (start.weekday(),)
        if frozenset(days) == _WORKDAYS and rule.interval == 1:
            return "every weekday"
        if rule.interval == 1:
            return f"every {_listed_en(days, names)}"
        if rule.interval == 2 and len(days) == 1:
            return f"every second {names[days[0]]}"
        return f"{many} on {_listed_en(days, names)}"
    day = _one_day_of_month(rule, start)
    if day is None:
        return None
    if rule.frequency == "monthly":
        if rule.months:
            return None
        return f"{many} on {_day_en(day, names)}"
    if len(rule.months) > 1 or (isinstance(day, NthWeekday) and not rule.months):
        return None
    month = get_month_names("wide", locale="en_GB")[rule.months[0] if rule.months else start.month]
    if isinstance(day, int):
        return f"{many} on {day} {month}" if day > 0 else f"{many} on {_day_en(day, names)} of {month}"
    return f"{many} on {_day_en(day, names)} of {month}"


def _listed_en(days: tuple[int, ...], names: object) -> str:
    words = [names[day] for day in days]  # type: ignore[index]  # Babel's mapping of numbers to names
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _day_en(day: int | NthWeekday, names: object) -> str:
    if isinstance(day, NthWeekday):
        return f"the {_ORDINAL[day.nth]} {names[day.day]}"  # type: ignore[index]  # Babel's mapping
    if day > 0:
        return f"day {day}"
    return "the last day" if day == -1 else f"the {-day}th day from the end"


def _russian(rule: Recurrence, start: date) -> str | None:
    unit = _RU_UNITS[rule.frequency]
    gender = 1 if rule.frequency == "weekly" else 0
    many = f"раз в {rule.interval} {_ru_form(rule.interval, unit)}"
    if rule.interval <= 2:
        second = f" {_RU_NTH[2][gender]}" if rule.interval == 2 else ""
        many = f"{_RU_EVERY[gender]}{second} {unit[0]}"
    if rule.frequency == "daily":
        days = _plain_days(rule)
        if days is None or (days and rule.interval != 1):
            return None
        if days:
            return "по будням" if frozenset(days) == _WORKDAYS else f"по {_listed_ru(days)}"
        return "через день" if rule.interval == 2 else many
    if rule.frequency == "weekly":
        days = _plain_days(rule)
        if days is None:
            return None
        days = days or (start.weekday(),)
        if rule.interval == 1 and frozenset(days) == _WORKDAYS:
            return "по будням"
        if len(days) == 1 and rule.interval <= 2:
            his = _RU_GENDER[days[0]]
            second = f" {_RU_NTH[2][his]}" if rule.interval == 2 else ""
            return f"{_RU_EVERY[his]}{second} {_RU_DAY[days[0]]}"
        return f"по {_listed_ru(days)}" if rule.interval == 1 else f"{many} по {_listed_ru(days)}"
    day = _one_day_of_month(rule, start)
    if day is None:
        return None
    if rule.frequency == "monthly":
        return None if rule.months else f"{many} {_day_ru(day)}"
    if len(rule.months) > 1 or (isinstance(day, NthWeekday) and not rule.months):
        return None
    number = rule.months[0] if rule.months else start.month
    if isinstance(day, int) and day > 0:
        return f"{many} {day} {get_month_names('wide', locale='ru')[number]}"
    return f"{many} {_day_ru(day)} {get_month_names('wide', locale='ru')[number]}"


def _listed_ru(days: tuple[int, ...]) -> str:
    words = [_RU_DAYS[day] for day in days]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} и {words[-1]}"


def _day_ru(day: int | NthWeekday) -> str:
    if isinstance(day, NthWeekday):
        into = "во" if day.nth == 2 else "в"
        return f"{into} {_RU_NTH[day.nth][_RU_GENDER[day.day]]} {_RU_DAY[day.day]}"
    if day > 0:
        return f"{day}-го числа"
    return "в последний день" if day == -1 else f"в {-day}-й день с конца"


def _ru_form(number: int, forms: tuple[str, str, str]) -> str:
    if number % 10 == 1 and number % 100 != 11:
        return forms[0]
    return forms[1] if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else forms[2]
