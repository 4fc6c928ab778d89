"""Whether what is installed is what a lock says."""

from importlib.metadata import PackageNotFoundError, distribution

from msgspec import Struct
from packaging.utils import canonicalize_name

from crmcore.plugins.discovery import find_candidates
from crmcore.sets.hashing import files_state
from crmcore.sets.lockfile import Lock
from crmcore.sets.packages import this_python


class Finding(Struct, frozen=True, kw_only=True):
    """Something that is not as the lock says. ``kind``: missing, version, altered, files, editable, extra, python."""

    kind: str
    package: str
    sentence: str


def verify(lock: Lock) -> list[Finding]:
    """Read every file of every locked package and return what is not as ``lock`` says; nothing when all is."""
    findings = []
    for package in lock.packages:
        try:
            one = distribution(package.name)
        except PackageNotFoundError:
            findings.append(_finding("missing", package.name, f"{package.version} is not installed"))
            continue
        if one.version != package.version:
            findings.append(
                _finding(
                    "version", package.name, f"{one.version} is installed, the lock has {package.version}"
                )
            )
            continue
        state = files_state(one)
        changed = [*state.altered, *state.missing]
        if changed:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            findings.append(
                _finding(
                    "altered", package.name, f"changed since it was installed: {', '.join(changed[:3])}{more}"
                )
            )
        elif state.digest != package.tool.crmcore.files:
            findings.append(
                _finding(
                    "files", package.name, f"{package.version} is installed, but other files than were locked"
                )
            )
    locked = {package.name for package in lock.packages}
    for candidate in find_candidates():
        name = canonicalize_name(candidate.distribution_name)
        if name not in locked:
            findings.append(
                _finding("extra", name, f"brings the plugin {candidate.name}, which is not in the lock")
            )
    if lock.tool.crmcore.python != this_python():
        sentence = f"this is Python {this_python()}, the lock was made on {lock.tool.crmcore.python}"
        findings.append(_finding("python", "python", sentence))
    return findings


def _finding(kind: str, package: str, sentence: str) -> Finding:
    return Finding(kind=kind, package=package, sentence=f"{package}: {sentence}.")
