"""A form as it was sent."""

from collections.abc import Iterable
from typing import Any

from crmcore.contracts.problems import Problem


class Form:
    """The fields of a sent form. Line ends are one sign, as browsers show them.

    Files are ignored, unless they were kept: then they are ids, described in ``files``; ``refused`` says by input
    why one was not kept.
    """

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        self._values: dict[str, list[str]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.refused: dict[str, Problem] = {}
        for name, value in pairs:
            if isinstance(value, str):
                self._values.setdefault(name, []).append(value.replace("\r\n", "\n"))

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        """Return the names of the fields that were sent."""
        return list(self._values)

    def add_file(self, name: str, document: dict[str, Any]) -> None:
        """Add a kept file to the values of ``name``, by its id."""
        self.files[document["id"]] = document
        self._values.setdefault(name, []).append(document["id"])

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of ``name``, without space around it."""
        values = self._values.get(name)
        return values[-1].strip() if values else default

    def raw(self, name: str, default: str = "") -> str:
        """Return the last value of ``name`` exactly as it was typed: passwords, messages."""
        values = self._values.get(name)
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        """Return every value of ``name`` that is not empty."""
        return [stripped for value in self._values.get(name, []) if (stripped := value.strip())]

    def number(self, name: str) -> int | None:
        """Return ``name`` as a whole number, None when it is none."""
        text = self.get(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
