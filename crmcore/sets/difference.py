"""What is different between two sets."""

from typing import Literal

from msgspec import Struct
from packaging.version import InvalidVersion, Version

from crmcore.sets.lockfile import Lock

Kind = Literal["added", "removed", "newer", "older", "other files"]


class Difference(Struct, frozen=True, kw_only=True):
    """One package that is not the same. ``plugins`` are those that it brings."""

    package: str
    kind: Kind
    before: str
    after: str
    plugins: tuple[str, ...] = ()


def differences(before: Lock, after: Lock) -> list[Difference]:
    """Return what ``after`` has otherwise than ``before``, plugins first."""
    names = {package.name for package in (*before.packages, *after.packages)}
    found = []
    for name in sorted(names):
        old, new = before.package(name), after.package(name)
        kind: Kind
        if old is None:
            kind = "added"
        elif new is None:
            kind = "removed"
        elif old.version != new.version:
            kind = "newer" if _newer(new.version, old.version) else "older"
        elif old.tool.crmcore.files != new.tool.crmcore.files:
            kind = "other files"
        else:
            continue
        there = new or old
        found.append(
            Difference(
                package=name,
                kind=kind,
                before=old.version if old else "",
                after=new.version if new else "",
                plugins=there.tool.crmcore.plugins if there else (),
            )
        )
    return sorted(found, key=lambda one: (one.package != "crmcore", not one.plugins, one.package))


def _newer(one: str, other: str) -> bool:
    try:
        return Version(one) > Version(other)
    except InvalidVersion:
        return one > other
