"""Whether a row whose phone number is known is about the person who has it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from crmcore.contacts.points import Point


class Person(Struct, frozen=True, kw_only=True):
    """What tells people apart: contact points as ``kind normalized``, and the words of the name."""

    points: frozenset[str]
    words: frozenset[str]

    def is_another_than(self, known: "Person") -> bool:
        """Tell that of all points only phone numbers are shared, and e-mail addresses and names are different.

        An office has one number and many people. A name that has all words of the other is no different one:
        ``Ann`` may be ``Ann Lee``.
        """
        if not (self.mailboxes and known.mailboxes and self.words and known.words):
            return False
        if any(not point.startswith("phone ") for point in self.points & known.points):
            return False
        return not (self.words <= known.words or known.words <= self.words)

    @property
    def mailboxes(self) -> frozenset[str]:
        """The e-mail addresses."""
        return frozenset(point for point in self.points if point.startswith("email "))


def person_of(document: Mapping[str, Any], points: Sequence[Point]) -> Person:
    """Return whom a contact's document, or a row's, with ``points`` is about."""
    names = (document.get(name) for name in ("first_name", "last_name"))
    words = " ".join(name for name in names if isinstance(name, str)).casefold().split()
    return Person(
        points=frozenset(f"{point.kind} {point.normalized}" for point in points), words=frozenset(words)
    )
