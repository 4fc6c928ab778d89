"""Find the plugins that are installed, without importing any of them."""

from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, EntryPoint, distributions

from msgspec import Struct

GROUP = "crmcore"


class Candidate(Struct, frozen=True, kw_only=True):
    """An entry point of the group ``crmcore``, and the distribution that brings it."""

    name: str
    entry_point: EntryPoint
    distribution: Distribution | None
    distribution_name: str = ""
    version: str = ""


def find_candidates(entry_points: Iterable[EntryPoint] | None = None) -> list[Candidate]:
    """Return the installed plugins by name, then by distribution.

    ``entry_points`` stands in for what is installed. A distribution whose metadata cannot be read is passed
    over: it cannot say that it brings a plugin.
    """
    found = installed_entry_points() if entry_points is None else entry_points
    candidates = [_candidate(point) for point in found]
    return sorted(candidates, key=lambda one: (one.name, one.distribution_name, one.entry_point.value))


def installed_entry_points() -> Iterator[EntryPoint]:
    """Return the entry points of all installed plugins, each distribution's once."""
    seen = set()
    for distribution in distributions():
        try:
            name = distribution.metadata["Name"]
            points = [point for point in distribution.entry_points if point.group == GROUP]
        except Exception:  # noqa: S112 - one broken package in the environment is not the host's business
            continue
        # The first of two copies on the path is the one that Python imports.
        if points and name not in seen:
            seen.add(name)
            yield from points


def _candidate(point: EntryPoint) -> Candidate:
    distribution = point.dist
    return Candidate(
        name=point.name,
        entry_point=point,
        distribution=distribution,
        distribution_name=distribution.metadata["Name"] if distribution else "",
        version=distribution.version if distribution else "",
    )
