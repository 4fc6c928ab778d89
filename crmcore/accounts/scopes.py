"""What a token's scopes mean."""

import re
from collections.abc import Collection, Iterable

ALIASES: dict[str, tuple[str, ...]] = {
    "read": ("*.read",),
    "write": ("*.read", "*.write", "*.delete", "*.post"),
    "admin": ("*",),
    "all": ("*",),
    "full": ("*",),
    "api": ("*",),
    "*": ("*",),
}
"""Words for the usual sets. A token never may more than its user's role."""

ACTIONS: dict[str, tuple[str, ...]] = {
    "contact": ("read", "write", "delete"),
    "company": ("read", "write", "delete"),
    "conversation": ("read", "write", "delete"),
    "message": ("read", "write", "delete"),
    "task": ("read", "write", "delete"),
    "tag": ("read", "write", "delete"),
    "team": ("read", "write", "delete"),
    "user": ("read", "write"),
    "field": ("read", "write"),
    "plugin": ("read", "write"),
    "channel": ("read", "write"),
    "inbound": ("read", "write", "post"),
    "webhook": ("read", "write"),
    "token": ("write",),
    "role": ("read", "write"),
    "settings": ("read", "write"),
    "schema": ("read",),
    "event": ("read",),
    "job": ("read", "write"),
    "view": ("write",),
    "canned": ("write",),
    "import": ("read", "write", "any"),
    "export": ("read",),
    "audit": ("read",),
    "privacy": ("export", "erase"),
    "sensitive": ("read",),
    "metrics": ("read",),
}
"""The actions of everything the core has; records of plugins have read, write and delete."""

_ON_RECORDS = ("read", "write", "delete")
_ANY = ("read", "write", "delete", "post")
_PATTERN = re.compile(r"(\*|[a-z][a-z0-9_]*)\.(\*|[a-z][a-z0-9_-]*)")


class UnknownScope(ValueError):
    """A scope that means nothing; the sentence lists those that do."""


def check_scopes(
    scopes: Iterable[str], record_types: Collection[str] = (), permissions: Collection[str] = ()
) -> None:
    """Raise :class:`UnknownScope` for the first scope that means nothing.

    A scope is a word of :data:`ALIASES` or a permission pattern such as ``contact.read``, ``task.*``,
    ``*.read``. ``record_types`` and ``permissions`` are those of plugins.
    """
    for scope in scopes:
        if scope not in ALIASES and not means_something(scope, record_types, permissions):
            raise UnknownScope(_sentence(scope, record_types, permissions))


def patterns_in(scopes: Iterable[str]) -> frozenset[str]:
    """Return the permission patterns that stored ``scopes`` stand for."""
    return frozenset(pattern for scope in scopes for pattern in ALIASES.get(scope, (scope,)))


def means_something(scope: str, record_types: Collection[str], permissions: Collection[str] = ()) -> bool:
    """Tell whether ``scope`` is a permission pattern that names something there is.

    ``record_types`` and ``permissions`` (``PLUGIN.NAME``) are those of plugins.
    """
    if scope in permissions:
        return True
    match = _PATTERN.fullmatch(scope)
    if match is None:
        return False
    subject, action = match.groups()
    if subject == "*":
        return action in ("*", *_ANY)
    actions = ACTIONS.get(subject, _ON_RECORDS if subject in record_types else ())
    if action == "*":
        return bool(actions) or any(name.startswith(f"{subject}.") for name in permissions)
    return action in actions


def _sentence(scope: str, record_types: Collection[str], permissions: Collection[str]) -> str:
    subjects = [
        *(f"{subject}.{'|'.join(actions)}" for subject, actions in ACTIONS.items()),
        *(f"{subject}.{'|'.join(_ON_RECORDS)}" for subject in sorted(record_types) if subject not in ACTIONS),
        *sorted(permissions),
    ]
    return (
        f"“{scope}” is not a scope. Valid are {', '.join(ALIASES)}; or a permission: {', '.join(subjects)}."
    )
