"""Lengths of time as people say them."""

import math


class Duration(float):
    """A number of seconds that a text shows as ``{name:en}`` or ``{name:ru}``."""

    def __format__(self, spec: str) -> str:
        """Return the words in the language ``spec``; without one, the number of seconds."""
        return duration(self, spec) if spec in ("en", "ru") else format(float(self), spec or "g")


def duration(seconds: float, language: str) -> str:
    """Return ``seconds`` in words, "10 minutes": seconds up to a minute, then minutes, hours and days, rounded up.

    In Russian it is the accusative, as after "через" and "за".
    """
    if seconds < 60:
        return f"{seconds:g} {'с' if language == 'ru' else 's'}"
    for length_s, least, en, ru in (
        (86_400, 2 * 86_400, "day", ("день", "дня", "дней")),
        (3_600, 7_200, "hour", ("час", "часа", "часов")),
        (60, 0, "minute", ("минуту", "минуты", "минут")),
    ):
        if seconds > least - 1:
            count = math.ceil(round(seconds / length_s, 6))
            if language == "ru":
                return f"{count} {_russian(count, ru)}"
            return f"{count} {en}{'' if count == 1 else 's'}"
    raise AssertionError(seconds)


def _russian(count: int, forms: tuple[str, str, str]) -> str:
    if count % 10 == 1 and count % 100 != 11:
        return forms[0]
    return forms[1] if 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14 else forms[2]
