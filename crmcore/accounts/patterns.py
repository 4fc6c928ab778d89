"""Permission patterns: ``contact.read``, ``contact.*``, ``*.read``, ``*``."""

from collections.abc import Iterable


def both(one: Iterable[str], other: Iterable[str]) -> frozenset[str]:
    """Return the patterns for what is named by ``one`` and by ``other``."""
    others = [_parts(pattern) for pattern in other]
    shared = set()
    for subject, action in map(_parts, one):
        for other_subject, other_action in others:
            common = _narrower(subject, other_subject), _narrower(action, other_action)
            if None not in common:
                shared.add("*" if common == ("*", "*") else f"{common[0]}.{common[1]}")
    return frozenset(shared)


def _parts(pattern: str) -> tuple[str, str]:
    if pattern == "*":
        return "*", "*"
    subject, _, action = pattern.rpartition(".")
    return subject, action


def _narrower(one: str, other: str) -> str | None:
    if one == "*":
        return other
    return one if other in ("*", one) else None
