"""Where a quote was opened that nothing closes: with it one cell swallows the rows behind it."""

import csv
from collections.abc import Iterable, Iterator


class Lines:
    """The lines of a text as a CSV reader takes them; knows those of the row that it has just returned."""

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self._lines = iter(lines)
        self._delimiter = delimiter
        self._row: list[str] = []
        self._before = 0
        self._over = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next line; a reader that asks beyond the last one is within quotes or has returned all."""
        try:
            line = next(self._lines)
        except StopIteration:
            self._over = True
            raise
        self._row.append(line)
        return line

    def open_quote(self, *, cut: bool = False) -> int:
        """Return the line, from 1, of a quote in the row that was just read which nothing closes; 0 if there is none.

        It is open where the text ends or, for a row that is ``cut``, where reading ended; or the quote that closes it
        on a later line stands within a cell, so that it was meant to open another. The row is forgotten then.
        """
        row, before = self._row, self._before
        self._row, self._before = [], before + len(row)
        if len(row) == 1 and not self._over and not cut:
            return 0
        if not (self._over or cut):
            try:
                # Most rows of several lines are quoted well, which this tells a hundred times faster.
                list(csv.reader(row, delimiter=self._delimiter, strict=True))
            except csv.Error:
                pass
            else:
                return 0
        place = _opened("".join(row), self._delimiter)
        return 0 if place is None else before + 1 + _ends("".join(row)[:place])


def _opened(text: str, delimiter: str) -> int | None:
    """Return where the quote stands that is not closed, or closed on a later line in the middle of a cell."""
    opened, begins, place = None, True, 0
    while place < len(text):
        letter = text[place]
        if opened is None:
            if begins and letter == '"':
                opened = place
            begins = letter in (delimiter, "\r", "\n")
        elif letter == '"':
            place += 1
            behind = text[place : place + 1]
            if behind != '"':
                if behind not in ("", delimiter, "\r", "\n") and _ends(text[opened:place]):
                    return opened
                opened, begins = None, False
                continue
        place += 1
    return opened


def _ends(text: str) -> int:
    """Return how many lines end in ``text``: by CR, LF, or both together."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
