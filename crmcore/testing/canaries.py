"""Canaries: the secrets of one test, and a cage that notes where one of them was seen."""

import re
from collections.abc import Iterable

SHORTEST = 8
"""Shorter values also stand where they are no secret."""
_PATTERNS = (re.compile(rb"crm_[A-Za-z0-9_-]{43}"), re.compile(rb"whsec_[A-Za-z0-9+/]{43}="))
"""What the core's own tokens and signing secrets look like, also when another process made them."""


class Canaries:
    """Secrets by what they are. ``lasting`` ones stay when a test ends: a whole module uses them."""

    def __init__(self) -> None:
        self._flying: dict[bytes, str] = {}
        self._lasting: dict[bytes, str] = {}
        self.lasts = False
        self._texts: list[tuple[str, bytes, bytes]] = []

    def fly(self, what: str, secret: str, *, spoken: bool = False) -> None:
        """Let ``secret`` fly; a ``spoken`` one is also looked for as a search index keeps it."""
        if len(secret) < SHORTEST:
            return
        forms = {secret}
        if spoken:
            bare = "".join(sign for sign in secret if sign.isalnum())
            forms |= {form for form in (bare, bare.lower()) if len(form) >= SHORTEST}
        target = self._lasting if self.lasts else self._flying
        target.update((form.encode("utf-8", "replace"), what) for form in forms)

    def hear(self, place: str, text: str | bytes, *, asked: str | bytes = b"") -> None:
        """Keep ``text`` until the test's end. What stands in ``asked``, the request itself, is no news."""
        self._texts.append((place, _bytes(text), _bytes(asked)))

    def settle(self, more: Iterable[tuple[str, bytes]] = ()) -> list[str]:
        """Look through what was heard and ``more``, forget the test, and return a line for every leak.

        The lines name the secret and the place, and repeat no secret.
        """
        marks = self._flying | self._lasting
        heard, self._texts, self._flying = self._texts, [], {}
        leaks: dict[str, None] = {}
        for place, text, asked in (*heard, *((place, text, b"") for place, text in more)):
            for mark, what in marks.items():
                if mark in text and mark not in asked:
                    leaks[f"{what} in {place}"] = None
            for pattern in _PATTERNS:
                if (found := pattern.search(text)) and found.group() not in asked:
                    leaks[f"{found.group()[:6].decode()}… in {place}"] = None
        return list(leaks)


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "replace") if isinstance(text, str) else text
