"""Values that arrive with a message: what the gate refuses is taken out and told, the rest goes on."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from crmcore.contracts.problems import Problem
from crmcore.records.leaving import CHANGED

_SHOWN = 200


class Refused(Struct, frozen=True, kw_only=True):
    """One value that was not accepted, and why, in words."""

    field: str
    value: str
    reason: str


class Offer:
    """A document that a message offers for a record, without what has been refused so far."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: dict[str, Any] = dict(document)
        if isinstance(self.document.get("custom"), Mapping):
            self.document["custom"] = dict(self.document["custom"])
        self.refused: list[Refused] = []

    def strike(self, problems: Sequence[Problem], language: str) -> bool:
        """Take out what ``problems`` point at; tell whether anything could be taken out."""
        struck = False
        # Later list items first, so that earlier indexes stay right.
        for problem in sorted(problems, key=lambda problem: _order(problem.path), reverse=True):
            parts = [part.replace("~1", "/").replace("~0", "~") for part in problem.path.split("/")[1:]]
            value = self._take(parts)
            if value is _NOTHING and CHANGED in problem.params:
                # Missing is what nobody sent: what cannot change without it is taken out.
                parts = problem.params[CHANGED].split("/")[1:]
                value = self._take(parts)
            if value is not _NOTHING:
                struck = True
                name = ".".join(part for part in parts if not part.isdigit())
                self.refuse(name, value, problem.sentence(language))
        return struck

    def refuse(self, field: str, value: Any, reason: str) -> None:
        """Note that ``value`` was not accepted."""
        shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        self.refused.append(Refused(field=field, value=shown[:_SHOWN], reason=reason))

    def _take(self, parts: list[str]) -> Any:
        place: Any = self.document
        for depth, part in enumerate(parts):
            last = depth == len(parts) - 1
            if isinstance(place, dict) and part in place:
                # A value inside a custom value cannot be taken out alone: the whole value is wrong.
                if last or (depth == 1 and parts[0] == "custom"):
                    return place.pop(part)
                if not isinstance(place[part], dict | list):
                    return place.pop(part)
                place = place[part]
            elif isinstance(place, list) and part.isdigit() and int(part) < len(place):
                return place.pop(int(part))
            else:
                return _NOTHING
        return _NOTHING


_NOTHING = object()


def _order(path: str) -> list[tuple[bool, int, str]]:
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in path.split("/")]
