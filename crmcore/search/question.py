"""What somebody asks for, from the words they typed to a condition of each engine."""

import re
from collections.abc import Collection, Mapping

from msgspec import Struct

from crmcore.search.words import (
    INITIAL,
    NUMBER,
    Stems,
    address_token,
    digits_of,
    fold,
    phone_token,
    title_token,
    words_of,
)

MAX_WORDS = 10
# A beginning of one letter would gather half the index; names have a token of their own for it.
MIN_BEGINNING = 2
MIN_TAIL = 4
_PHONE_SIGNS = "+()-. /\u00a00123456789"


class Term(Struct, frozen=True):
    """A token that an entry must have; with ``begins``, one that begins so."""

    token: str
    begins: bool = False


Group = tuple[Term, ...]
"""Any of these terms."""
Branch = tuple[Group, ...]
"""Every one of these groups."""


class Question(Struct, frozen=True):
    """Any of ``branches``. ``words`` are those typed, folded; a question without branches finds nothing."""

    branches: tuple[Branch, ...] = ()
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.branches)

    def among(self, *tokens: str) -> "Question":
        """Return the same question of entries that have any of ``tokens``."""
        group = tuple(Term(token) for token in tokens)
        return Question(tuple((*branch, group) for branch in self.branches), self.words)

    def meaning(self, meant: Mapping[str, list[str]]) -> "Question":
        """Return the same question where each word may also be what it is taken to have ``meant``."""
        branches = []
        for branch in self.branches:
            groups = []
            for group in branch:
                others = [other for term in group for other in meant.get(term.token, ())]
                groups.append((*group, *(Term(other) for other in dict.fromkeys(others))))
            branches.append(tuple(groups))
        return Question(tuple(branches), self.words)

    def without_beginnings(self) -> "Question":
        """Return the question by its whole words; an empty one when it has no beginnings, or nothing besides."""
        branches = tuple(
            tuple(group for group in branch if not any(term.begins for term in group))
            for branch in self.branches
        )
        return Question(branches, self.words) if all(branches) and branches != self.branches else Question()

    def whole_title(self) -> "Question":
        """Return the question for records whose whole title is these words; an empty one when there are none."""
        token = title_token(self.words)
        return Question((((Term(token),),),), self.words) if token else Question()

    def is_in(self, tokens: Collection[str]) -> bool:
        """Tell whether an entry with these ``tokens`` is what is asked for."""
        return any(
            all(any(_has(term, tokens) for term in group) for group in branch) for branch in self.branches
        )

    def for_sqlite(self) -> str:
        """Return the question as FTS5 reads it. Tokens are letters, digits and marks, and quoted all the same."""
        return " OR ".join(
            "(" + " AND ".join("(" + " OR ".join(map(_fts5, group)) + ")" for group in branch) + ")"
            for branch in self.branches
        )

    def for_postgres(self) -> str:
        """Return the question as a tsquery."""
        return " | ".join(
            "(" + " & ".join("(" + " | ".join(map(_tsquery, group)) + ")" for group in branch) + ")"
            for branch in self.branches
        )

    def patterns(self) -> tuple[str, list[str]]:
        """Return the question as a condition on SQLite's text of one entry's tokens, for when rows are at hand."""
        values: list[str] = []
        branches = []
        for branch in self.branches:
            groups = []
            for group in branch:
                groups.append("(" + " OR ".join(["' ' || words || ' ' LIKE {}"] * len(group)) + ")")
                values += [f"% {term.token}{'' if term.begins else ' '}%" for term in group]
            branches.append("(" + " AND ".join(groups) + ")")
        return "(" + " OR ".join(branches) + ")", values


def question_of(typed: str, stems: Stems) -> Question:
    """Return what ``typed`` asks for: every word, of the last one its beginning, phone numbers by their tail."""
    folded = fold(typed.replace("\x00", " "))
    pieces: list[tuple[Group, str]] = []
    chunks = folded.split()
    for position, chunk in enumerate(chunks):
        last = position == len(chunks) - 1
        if number := re.fullmatch(r"#([0-9]{1,18})", chunk):
            pieces.append(((Term(f"{NUMBER}{int(number[1])}"),), ""))
        elif re.fullmatch(r"[^@]+@[^@]*", chunk) and words_of(chunk):
            pieces.append(((Term(address_token(chunk), begins=last),), ""))
        else:
            found = words_of(chunk)
            pieces += [
                (_word(word, last and at == len(found) - 1, stems), word) for at, word in enumerate(found)
            ]
    pieces = list(dict(pieces).items())[:MAX_WORDS]
    branches: list[Branch] = [tuple(group for group, _ in pieces)] if pieces else []
    digits = digits_of(folded)
    if MIN_TAIL <= len(digits) <= 32 and not folded.strip(_PHONE_SIGNS):
        branches.append((_tail(digits),))
    return Question(tuple(dict.fromkeys(branches)), tuple(word for _, word in pieces if word))


def _word(word: str, begins: bool, stems: Stems) -> Group:
    terms = [Term(word), Term(stems.of(word))]
    if begins and len(word) >= MIN_BEGINNING:
        terms.append(Term(word, begins=True))
    elif begins:
        terms.append(Term(INITIAL + word))
    if word.isascii() and word.isdigit() and MIN_TAIL <= len(word) <= 32:
        terms += _tail(word)
    if Term(word, begins=True) in terms:
        terms.remove(Term(word))
    return tuple(dict.fromkeys(terms))


def _tail(digits: str) -> Group:
    """Return the terms of a number's last digits; what stands for "abroad" or "another town" may be in front."""
    forms = [digits]
    if digits.startswith("0"):
        forms.append(digits.lstrip("0"))
    if digits.startswith("8") and len(digits) == 11:
        forms.append(digits[1:])
    return tuple(Term(phone_token(form), begins=True) for form in forms if len(form) >= MIN_TAIL)


def _has(term: Term, tokens: Collection[str]) -> bool:
    if term.begins:
        return any(token.startswith(term.token) for token in tokens)
    return term.token in tokens


def _fts5(term: Term) -> str:
    quoted = '"' + term.token.replace('"', '""') + '"'
    return quoted + " *" if term.begins else quoted


def _tsquery(term: Term) -> str:
    quoted = "'" + term.token.replace("\\", "\\\\").replace("'", "''") + "'"
    return quoted + ":*" if term.begins else quoted
