"""Making a lock of what is installed."""

import sysconfig
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from crmcore.plugins.discovery import find_candidates
from crmcore.sets.archives import archives_of
from crmcore.sets.hashing import files_state
from crmcore.sets.lockfile import (
    Directory,
    Lock,
    LockRefused,
    OwnOfLock,
    OwnOfPackage,
    Package,
    ToolOfLock,
    ToolOfPackage,
    Wheel,
)
from crmcore.sets.packages import CORE, EXTRAS, Installed, installed_extras, installed_set, this_python


def lock_of(
    plugins: Sequence[str] | None, *, extras: Sequence[str] | None = None, ask_index: bool = True
) -> Lock:
    """Return the lock of the core with ``extras`` and of ``plugins``, None for all that are installed.

    Raises :class:`LockRefused` when a plugin is not installed, when versions do not go together, when files are not
    those that were installed, or when a package is editable: its files change without anybody installing them.
    """
    chosen = installed_extras() if extras is None else sorted(set(extras))
    if unknown := [extra for extra in chosen if extra not in EXTRAS]:
        raise LockRefused(f"{unknown[0]} is no extra for running the core: {', '.join(EXTRAS)}.")
    roots, names = roots_of(plugins, chosen)
    packages, conflicts = installed_set(roots)
    if conflicts:
        raise LockRefused(" ".join(conflict.sentence() for conflict in conflicts))
    states = {name: files_state(one.distribution) for name, one in packages.items()}
    for name, one in packages.items():
        if one.direct is not None and one.direct.editable:
            raise LockRefused(
                f"{name} is installed as editable: its files are those of a folder that changes. "
                "Install it as your users do (pip install without -e), then lock."
            )
        if not states[name].digest:
            raise LockRefused(f"{name} has no record of its files; install it with pip.")
        if states[name].altered or states[name].missing:
            raise LockRefused(
                f"Files of {name} are not those that were installed: "
                f"{', '.join([*states[name].altered, *states[name].missing][:5])}. Install it anew."
            )
    pins = [f"{one.name}=={one.version}" for one in packages.values() if one.direct is None]
    archives: dict[str, Wheel] = {
        canonicalize_name(name): found for name, found in (archives_of(pins) if ask_index else {}).items()
    }
    brings = _brings()
    return Lock(
        tool=ToolOfLock(
            crmcore=OwnOfLock(
                python=this_python(),
                system=sysconfig.get_platform(),
                plugins=tuple(sorted(names)),
                extras=tuple(chosen),
            )
        ),
        packages=tuple(
            _package(one, states[name].digest, tuple(brings.get(name, ())), archives.get(name))
            for name, one in packages.items()
        ),
    )


def roots_of(plugins: Sequence[str] | None, extras: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the packages of the core and of ``plugins``, and the plugins' names. Raises :class:`LockRefused`.

    The core comes with ``extras``: without its driver no set serves PostgreSQL.
    """
    there = {candidate.name: candidate.distribution_name for candidate in find_candidates()}
    names = sorted(there) if plugins is None else list(plugins)
    if missing := [name for name in names if name not in there]:
        raise LockRefused(
            f"There is no plugin {missing[0]}; installed are {', '.join(sorted(there)) or 'none'}."
        )
    core = f"{CORE}[{','.join(extras)}]" if extras else CORE
    return [core, *(there[name] for name in names if there[name])], names


def _brings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for candidate in find_candidates():
        found.setdefault(canonicalize_name(candidate.distribution_name), []).append(candidate.name)
    return found


def _package(one: Installed, files: str, plugins: tuple[str, ...], archive: Wheel | None) -> Package:
    tool = ToolOfPackage(crmcore=OwnOfPackage(files=files, plugins=plugins, direct=one.direct is not None))
    directory, wheels, sdist = None, [], None
    if one.direct is not None:
        if one.direct.dir_info is not None:
            directory = Directory(path=unquote(urlsplit(one.direct.url).path))
        elif hashes := (one.direct.archive_info or {}).get("hashes"):
            archive = Wheel(name=one.direct.url.rpartition("/")[2], url=one.direct.url, hashes=dict(hashes))
    if archive is not None:
        if archive.name.endswith(".whl"):
            wheels.append(archive)
        else:
            sdist = archive
    return Package(
        name=one.name, version=one.version, tool=tool, wheels=tuple(wheels), sdist=sdist, directory=directory
    )
