"""Who is mentioned in a note: ``@`` and a name, a first name that only one has, or a mail address."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

MOST = 20
"""A note mentions at most so many people: more is a pasted list, not a conversation."""
_AT = re.compile(r"(?<![\w@.])@(?=\w)")


def mentioned(text: str, people: Iterable[Mapping[str, Any]]) -> list[UUID]:
    """Return whom ``text`` mentions of ``people`` (``id``, ``name``, ``email``), the longest name that fits first."""
    known = list(people)
    firsts = Counter(name for person in known if (name := _first_name(person)))
    names: dict[str, UUID] = {}
    for person in known:
        first = _first_name(person)
        whole = " ".join(person["name"].casefold().split())
        for name in (person["email"].casefold(), person["email"].partition("@")[0].casefold(), whole):
            if name:
                names.setdefault(name, person["id"])
        if first and firsts[first] == 1:
            names.setdefault(first, person["id"])
    longest = sorted(names, key=len, reverse=True)
    folded = " ".join(text.casefold().split(" "))
    found: list[UUID] = []
    for at in _AT.finditer(folded):
        rest = folded[at.end() : at.end() + 260]
        name = next((name for name in longest if _begins_with(rest, name)), "")
        if name and names[name] not in found:
            found.append(names[name])
        if len(found) == MOST:
            break
    return found


def _first_name(person: Mapping[str, Any]) -> str:
    words = person["name"].casefold().split()
    return str(words[0]) if words else ""


def _begins_with(rest: str, name: str) -> bool:
    return rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum()
