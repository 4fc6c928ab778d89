"""Words as they are indexed and asked for: folded, cut at what is no letter or digit, stemmed."""

import re
import unicodedata
from collections.abc import Iterable

import Stemmer

MAX_WORD = 64
MAX_TITLE_WORDS = 8
# NFKC turns full-width signs into plain ones and this sign into "no", so no text from outside becomes a marker.
TYPE, PHONE, NUMBER, INITIAL = "§", "№", "＃", "¶"

_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+")
# In these alphabets (Latin, Greek, Cyrillic, Armenian) only such signs are marks.
_USUAL = re.compile("[\x00-\u0482\u048a-\u0590]*")
_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F) if not chr(code).isalnum()}


def fold(text: str) -> str:
    """Return ``text`` without differences that nobody means: case, width, accents, ё for е. й stays й."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text).replace("и\u0306", "й")
    if _USUAL.fullmatch(apart):
        return _MARKS.sub("", apart)
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def words_of(folded: str) -> list[str]:
    """Return the words of a folded text in their order."""
    return [word[:MAX_WORD] for word in _WORD.findall(folded)]


def addresses_of(folded: str) -> list[str]:
    """Return the mail addresses that a folded text mentions."""
    return [found.rstrip(".!?'") for found in _ADDRESS.findall(folded)]


def address_token(folded: str) -> str:
    """Return a whole address as one token: its signs become full-width, which no tokeniser takes for an end."""
    return folded.translate(_FULL_WIDTH)[:320]


def title_token(words: Iterable[str]) -> str:
    """Return the token of a whole title with these ``words``, in whatever order; empty for one that is too long."""
    ordered = sorted(set(words))
    return INITIAL * 2 + INITIAL.join(ordered) if 0 < len(ordered) <= MAX_TITLE_WORDS else ""


def digits_of(text: str) -> str:
    """Return the digits in ``text``."""
    return "".join(sign for sign in text if sign.isascii() and sign.isdigit())


def phone_token(digits: str) -> str:
    """Return the token of a phone number: its digits from the end, so that a tail is a beginning."""
    return PHONE + digits[::-1]


class Stems:
    """Brings a folded word to its stem, Russian or English by its letters."""

    def __init__(self) -> None:
        self._english = Stemmer.Stemmer("english")
        self._russian = Stemmer.Stemmer("russian")

    def of(self, word: str) -> str:
        """Return the stem of ``word``; digits and other alphabets stay as they are."""
        if "\u0400" <= word[0] <= "\u04ff":
            return str(self._russian.stemWord(word))
        if "a" <= word[0] <= "z":
            return str(self._english.stemWord(word))
        return word
