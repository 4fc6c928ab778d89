"""What fingers do to a number: the two slips that check digits are made against."""

from collections.abc import Iterator


def single_errors(number: str, places: range | None = None) -> Iterator[str]:
    """Return ``number`` with each of its digits replaced by each other digit."""
    for place in places or range(len(number)):
        if number[place].isdigit():
            for digit in "0123456789":
                if digit != number[place]:
                    yield number[:place] + digit + number[place + 1 :]


def transpositions(number: str, places: range | None = None) -> Iterator[str]:
    """Return ``number`` with each two neighbouring digits swapped, where that changes it."""
    for place in places or range(len(number) - 1):
        first, second = number[place], number[place + 1]
        if first != second and first.isdigit() and second.isdigit():
            yield number[:place] + second + first + number[place + 2 :]
