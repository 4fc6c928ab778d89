"""Names brought to one alphabet and one spelling, so that Юлия, Yulia, Iuliia and Julia are one word."""

import re
import unicodedata
from functools import lru_cache

# Simple letters of the three alphabets that names are written in here; signs that have no sound go.
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e",
    "ю": "yu", "я": "ya", "ё": "e", "і": "i", "ї": "i", "є": "e", "ґ": "g", "ў": "u", "ј": "i", "љ": "l",
    "њ": "n", "ћ": "ch", "ђ": "d", "џ": "dzh", "ѓ": "g", "ќ": "k", "ѕ": "dz", "қ": "k", "ғ": "g", "ң": "n",
    "ә": "a", "ө": "o", "ұ": "u", "ү": "u", "һ": "h",
}  # fmt: skip
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h",
    "ŋ": "n", "ŧ": "t", "š": "sh", "č": "ch", "ž": "zh", "ŝ": "shch",
}  # fmt: skip
# GOST 7.79 and the passport write the signs and the hissing letters in ways of their own.
_PLAIN = str.maketrans({**_CYRILLIC, **_LATIN, "'": "", "’": "", "`": "", "ʹ": "", "ʺ": "", "´": ""})

# In this order: each rule sees what those before it have left.
_SPELLINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"(?<=[aeiouy])h(?=[bdgklmnrstv])", ""),
        (r"x", "ks"),
        (r"shch|sch|sh", "x"),
        (r"tch|ch(?![aeiouy]?l)", "c"),
        (r"dzh|dj", "j"),
        (r"zh", "z"),
        (r"kh|ch", "h"),
        (r"ph", "f"),
        (r"th", "t"),
        (r"ck|q", "k"),
        (r"ts|tz|cz", "c"),
        (r"wh?", "v"),
        (r"(?<=[bcdfghjklmnprstvxz])yo", "e"),
        (r"(?<=[bcdfghjklmnprstvxz])ie(?=.)", "e"),
        (r"^[yj]e|(?<=[aeiou])[yj]e", "e"),
        (r"[yj]e", "e"),
        (r"[yj]", "i"),
        (r"([aou])e(?=[bcdfghjklmnprstvxz])", r"\1"),
        (r"(.)\1+", r"\1"),
        (r"(?<=.)h$", ""),
    )
)
_WORD = re.compile(r"[a-z0-9]+")
# The same names come again and again: some 4 MB a function at most.
_REMEMBERED = 5_000
_VOWELS = re.compile(r"(?<=.)[aeiouh]")


@lru_cache(_REMEMBERED)
def plain(text: str) -> str:
    """Return ``text`` in small Latin letters without accents, letter by letter: ``Ёлкина`` is ``elkina``."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if text.isascii():
        return text
    # What has a meaning of its own with its mark (й, š) is written first; then the marks go.
    apart = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_PLAIN)


def words_in(text: str) -> list[str]:
    """Return the words of ``text`` as :func:`plain` writes them; apostrophes part nothing."""
    return _WORD.findall(plain(text).replace("'", "").replace("’", ""))


@lru_cache(_REMEMBERED)
def spelling(word: str) -> str:
    """Return the one spelling under which a plain word is compared.

    Transliterations differ in ``y``, ``i``, ``j``, in ``kh``, ``ts``, ``shch`` and in signs without a sound; what
    they write alike stays. It is no pronunciation, and nobody should read it.
    """
    for pattern, put in _SPELLINGS:
        word = pattern.sub(put, word)
    return word


@lru_cache(_REMEMBERED)
def skeleton(spelt: str) -> str:
    """Return the consonants of a spelling, with its first letter: what a slip in a vowel leaves alone."""
    bones = _VOWELS.sub("", spelt)
    return re.sub(r"(.)\1+", r"\1", bones.replace("x", "s").replace("z", "s").replace("c", "k"))
