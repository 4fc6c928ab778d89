"""A person's name taken apart, however filled in: ``Smith, John``, ``J. R. Smith Jr``, ``Иванов Иван Ильич``."""

import re

from msgspec import Struct

from crmcore.duplicates.letters import spelling, words_in
from crmcore.duplicates.wordlists import words_of

_SUFFIXES = frozenset(("jr", "junior", "sr", "senior", "ii", "iii", "iv"))
# Initials that take several letters in the Latin alphabet: Ж. Х. Ц. Ч. Ш. Щ. Ю. Я. Е. Ё.
_INITIALS = frozenset(("zh", "kh", "ts", "ch", "sh", "shch", "yu", "ya", "iu", "ia", "ju", "ja", "ye", "yo"))
_PATRONYMIC = re.compile(
    r".{2,}(?:[oe]vich|ievich|[oe]vna|ievna|inichna)|il[yi]?ich|(?:kuzm|luk|fom|nikit|savv|ilyin)ich(?:na)?"
)


class PersonName(Struct, frozen=True):
    """Names in one spelling. ``given`` and ``family`` are empty when unknown; ``middle`` are all others.

    ``suffix`` tells fathers from sons.
    """

    given: str = ""
    middle: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    suffix: str = ""


def person_name(first: str, last: str) -> PersonName:
    """Return the name whose fields hold ``first`` and ``last``; either may hold all of it."""
    whole = first.strip() or last.strip()
    if "," in whole and not (first.strip() and last.strip()):
        last, _, first = whole.partition(",")
        if set(words_in(first)) <= _SUFFIXES:
            first, last = last, ""
    first_words, suffix = _words(first)
    last_words, last_suffix = _words(last)
    suffix = suffix or last_suffix
    if not first_words or not last_words:
        first_words, last_words = _parted(first_words or last_words, bool(last_words))
    middle = [word for word in (*first_words[1:], *last_words) if _PATRONYMIC.fullmatch(word)]
    if len(middle) == len(last_words) and not first_words[1:]:
        middle = []  # a family name that only looks like a father's: Rabinovich
    family = [word for word in last_words if word not in middle]
    # An initial before a family name is a middle name: "John | R. Smith".
    while len(family) > 1 and len(family[0]) == 1:
        middle.append(family.pop(0))
    middle += [word for word in first_words[1:] if word not in middle]
    return PersonName(
        given=_spelt(first_words[0]) if first_words else "",
        middle=tuple(map(_spelt, middle)),
        family=tuple(map(_spelt, family)),
        suffix=suffix,
    )


def initial_of(spelt: str) -> str:
    """Return the initial of a spelling; E, J and Y are written for one another, and S for Sh and Ш."""
    return {"e": "i", "x": "s"}.get(spelt[0], spelt[0])


def _spelt(word: str) -> str:
    return spelling(word)[:1] if word in _INITIALS else spelling(word)


def _words(text: str) -> tuple[list[str], str]:
    words = words_in(text)
    while len(words) > 1 and words[0] in words_of("name_titles"):
        words = words[1:]
    if len(words) > 1 and words[-1] in _SUFFIXES:
        return words[:-1], words[-1][:2]
    return words, ""


def _parted(words: list[str], is_last: bool) -> tuple[list[str], list[str]]:
    """Return given and family names of a name that stands in one field."""
    if len(words) < 2:
        return ([], words) if is_last else (words, [])
    for place, word in enumerate(words):
        if place and len(words) > 2 and _PATRONYMIC.fullmatch(word):
            # Иванов Иван Ильич, or Иван Ильич Иванов.
            if place == len(words) - 1:
                return words[1:], words[:1]
            return words[: place + 1], words[place + 1 :]
    return words[:-1], words[-1:]
