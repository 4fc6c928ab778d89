"""What a person typed or pasted, before anybody looks for a meaning in it."""

import unicodedata

from crmcore import InvalidValue

# Marks that steer the direction of writing or have no width. Address books put them around pasted numbers;
# inside a value they only deceive the reader.
INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def typed_line(value: str, longest: int) -> str:
    """Return ``value`` without spaces and invisible marks around it, known to be one plain line.

    Raises :class:`~crmcore.InvalidValue` for what is not text, is empty, longer than ``longest`` characters,
    or has control characters (a line break at the end is one), lone surrogates or invisible marks inside.
    Costs one pass over the text, and none over a text that is far too long.
    """
    if not isinstance(value, str):
        raise InvalidValue({"en": "This must be text.", "ru": "Здесь должен быть текст."}, code="not_text")
    if len(value) > longest + 200:
        raise too_long(longest)
    line = _trimmed(value)
    if not line:
        raise InvalidValue({"en": "This is empty.", "ru": "Здесь пусто."}, code="empty")
    if len(line) > longest:
        raise too_long(longest)
    if any(char in INVISIBLE or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in line):
        raise InvalidValue(
            {
                "en": "There is an invisible or control character in it. Type it anew instead of pasting it.",
                "ru": "Внутри есть невидимый или управляющий символ. Наберите заново, не вставляя.",
            },
            code="control_character",
        )
    return line


def too_long(longest: int) -> InvalidValue:
    """Return the refusal of a text with more than ``longest`` characters."""
    return InvalidValue(
        {"en": "This is longer than {longest} characters.", "ru": "Это длиннее {longest} символов."},
        code="too_long",
        longest=longest,
    )


def _trimmed(value: str) -> str:
    first, last = 0, len(value)
    while first < last and _surrounds(value[first]):
        first += 1
    while last > first and _surrounds(value[last - 1]):
        last -= 1
    return value[first:last]


def _surrounds(char: str) -> bool:
    return char in INVISIBLE or unicodedata.category(char) == "Zs"


def without_separators(line: str, separators: str = " -") -> str:
    """Return ``line`` without the spaces and dashes that people group digits with.

    Spaces of any width and dashes of any length count as ``" "`` and ``"-"``. Only those named in
    ``separators`` go, and only from inside: a dash in front or behind stays, because it is no grouping.
    """
    kept = []
    for place, char in enumerate(line):
        plain = _PLAIN.get(unicodedata.category(char), char)
        if plain not in separators or place in (0, len(line) - 1):
            kept.append(char)
    return "".join(kept)


_PLAIN = {"Zs": " ", "Pd": "-"}
