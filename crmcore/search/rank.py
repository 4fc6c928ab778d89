"""The order of fit within a bounded set: titles that are what was asked for come first."""

from collections.abc import Mapping, Sequence
from typing import Any

from crmcore.search.question import Question
from crmcore.search.words import Stems, fold, words_of


def best_of(rows: Sequence[Mapping[str, Any]], question: Question, stems: Stems) -> list[Mapping[str, Any]]:
    """Return ``rows`` with those first whose titles have more of the words; of equals, the newest first."""
    return sorted(rows, key=lambda row: (-fit(str(row["title"]), question, stems), -row["id"]))


def fit(title: str, question: Question, stems: Stems) -> float:
    """Return how well ``title`` fits: 3 for a word that is there, 2 for its stem, 1 for its beginning.

    The sum is divided by how much else the title says, so that a short title that is all asked for wins.
    """
    there = words_of(fold(title))
    if not there:
        return 0.0
    roots: set[str] | None = None  # made when a word is not there as it was typed, which is seldom
    score = 0
    for word in question.words:
        if word in there:
            score += 3
            continue
        if roots is None:
            roots = {stems.of(other) for other in there}
        if stems.of(word) in roots:
            score += 2
        elif any(other.startswith(word) for other in there):
            score += 1
    return score / (len(there) + len(question.words))
