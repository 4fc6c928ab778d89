"""The part of a text where the words are that somebody searched for."""

from crmcore.search.question import Question
from crmcore.search.words import Stems, fold, words_of

LENGTH = 160
_LOOKED_AT = 20_000


def excerpt(text: str, question: Question, stems: Stems) -> str:
    """Return about 160 characters of ``text`` around the first word that was asked for, on one line."""
    line = " ".join(text[:_LOOKED_AT].split())
    if len(line) <= LENGTH:
        return line
    exact = {
        term.token for branch in question.branches for group in branch for term in group if not term.begins
    }
    begins = tuple(
        term.token for branch in question.branches for group in branch for term in group if term.begins
    )
    at = 0
    for chunk in line.split(" "):
        if any(stems.of(word) in exact or word.startswith(begins) for word in words_of(fold(chunk))):
            break
        at += len(chunk) + 1
    else:
        at = 0
    start = max(0, at - LENGTH // 3)
    if start:
        start = line.find(" ", start, at) + 1 or start
    part = line[start : start + LENGTH]
    if start + LENGTH < len(line):
        part = part.rpartition(" ")[0] or part
    return ("…" if start else "") + part + ("…" if start + LENGTH < len(line) else "")
