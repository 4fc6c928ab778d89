"""What is installed: the core, the plugins and everything they need."""

import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

import msgspec
from msgspec import Struct
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

CORE = "crmcore"
EXTRAS = ("fast", "otel", "postgres", "s3")
"""Of the core, for running it; the others are for working on it."""


class Direct(Struct, frozen=True):
    """Where a package came from that no index has: PEP 610."""

    url: str
    dir_info: dict[str, Any] | None = None
    archive_info: dict[str, Any] | None = None
    vcs_info: dict[str, Any] | None = None

    @property
    def editable(self) -> bool:
        """Whether its files are the sources themselves and change without being installed."""
        return bool((self.dir_info or {}).get("editable"))


class Installed(Struct, frozen=True, kw_only=True):
    """One installed package. ``wanted_by`` are those that need it, with what they ask for."""

    name: str
    version: str
    distribution: Any
    direct: Direct | None = None
    wanted_by: tuple[tuple[str, str], ...] = ()


class Conflict(Struct, frozen=True, kw_only=True):
    """A package that is missing, or whose version somebody does not accept."""

    package: str
    version: str
    wanted_by: str
    wants: str

    def sentence(self) -> str:
        """Say it."""
        there = f"{self.version} is installed" if self.version else "it is not installed"
        return f"{self.wanted_by} needs {self.package}{self.wants}, and {there}."


def installed_set(roots: Iterable[str]) -> tuple[dict[str, Installed], list[Conflict]]:
    """Return the packages ``roots`` and all they need, by name, and what does not go together.

    Optional extras count where a package or a root asks for them: ``piccolo[sqlite]`` takes aiosqlite along.
    """
    found: dict[str, Distribution] = {}
    asked: dict[str, dict[str, str]] = {}
    conflicts: list[Conflict] = []
    wanted = [Requirement(root) for root in roots]
    todo = [(canonicalize_name(one.name), frozenset(one.extras), "") for one in wanted]
    done: set[tuple[str, frozenset[str]]] = set()
    while todo:
        name, extras, wanted_by = todo.pop()
        if (name, extras) in done:
            continue
        done.add((name, extras))
        try:
            one = found.setdefault(name, distribution(name))
        except PackageNotFoundError:
            wants = asked.get(name, {}).get(wanted_by, "")
            conflicts.append(Conflict(package=name, version="", wanted_by=wanted_by or CORE, wants=wants))
            continue
        for requirement in _requirements(one, extras):
            needed = canonicalize_name(requirement.name)
            wants = str(requirement.specifier)
            asked.setdefault(needed, {})[name] = wants
            todo.append((needed, frozenset(requirement.extras), name))
            version = _version(needed)
            if version and not requirement.specifier.contains(version, prereleases=True):
                conflicts.append(Conflict(package=needed, version=version, wanted_by=name, wants=wants))
    packages = {
        name: Installed(
            name=name,
            version=one.version,
            distribution=one,
            direct=_direct(one),
            wanted_by=tuple(sorted(asked.get(name, {}).items())),
        )
        for name, one in sorted(found.items())
    }
    unique = {msgspec.json.encode(conflict): conflict for conflict in conflicts}
    return packages, sorted(unique.values(), key=lambda one: (one.package, one.wanted_by))


def installed_extras() -> list[str]:
    """Return the core's extras for running of which everything is installed: a database's driver, say."""
    return [
        extra
        for extra in EXTRAS
        if all(conflict.version for conflict in installed_set([f"{CORE}[{extra}]"])[1])
    ]


def this_python() -> str:
    """Return the running Python as ``3.13``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _requirements(one: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    for text in one.requires or []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        environments = [{"extra": extra} for extra in extras] or [{"extra": ""}]
        if requirement.marker is None or any(requirement.marker.evaluate(each) for each in environments):
            yield requirement


def _version(name: str) -> str:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return ""


def _direct(one: Distribution) -> Direct | None:
    text = one.read_text("direct_url.json")
    try:
        return msgspec.json.decode(text, type=Direct) if text else None
    except msgspec.MsgspecError:
        return None
