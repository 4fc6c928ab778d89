"""The lock: a ``pylock.toml`` (PEP 751) that any installer can read, and what only we know under ``tool.crmcore``."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import tomli_w
from msgspec import Struct, field

FILE = "pylock.crmcore.toml"


class LockRefused(Exception):
    """A lock that cannot be made, read or followed; the sentence says why."""


class Wheel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of an index or of the disk, with its hash."""

    hashes: dict[str, str]
    name: str = ""
    url: str = ""


class Directory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A package that was built from a folder."""

    path: str


class OwnOfPackage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``files`` is the digest of the installed files, ``plugins`` the names under which it brings plugins.

    ``direct`` says that it was installed from its address and not from an index.
    """

    files: str
    plugins: tuple[str, ...] = ()
    direct: bool = False


class ToolOfPackage(Struct, frozen=True, kw_only=True):
    """Ours in the table of a package."""

    crmcore: OwnOfPackage


class Package(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One package of the set. ``wheels`` is empty for what was built from a folder or of which no index was asked."""

    name: str
    version: str
    tool: ToolOfPackage
    wheels: tuple[Wheel, ...] = ()
    sdist: Wheel | None = None
    directory: Directory | None = None

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hashes of the archives that may be installed, as pip writes them."""
        archives = [*self.wheels, *([self.sdist] if self.sdist else [])]
        return tuple(f"{kind}:{value}" for one in archives for kind, value in sorted(one.hashes.items()))


class OwnOfLock(Struct, frozen=True, kw_only=True):
    """For which Python and system the set was made, and which plugins and extras of the core it is of."""

    python: str
    system: str
    plugins: tuple[str, ...]
    extras: tuple[str, ...] = ()


class ToolOfLock(Struct, frozen=True, kw_only=True):
    """Ours in the file."""

    crmcore: OwnOfLock


class Lock(
    Struct, frozen=True, kw_only=True, rename={"lock_version": "lock-version", "created_by": "created-by"}
):
    """A whole set."""

    tool: ToolOfLock
    packages: tuple[Package, ...]
    lock_version: str = "1.0"
    created_by: str = field(default="crmcore")

    def package(self, name: str) -> Package | None:
        """Return the package ``name``."""
        return next((one for one in self.packages if one.name == name), None)


def write_lock(lock: Lock, file: Path) -> None:
    """Write ``lock`` into ``file``, whole or not at all."""
    document: dict[str, Any] = msgspec.to_builtins(lock)
    # What stands first is read first: TOML's own order would put the tables of packages in front.
    ordered = {key: document[key] for key in ("lock-version", "created-by", "tool", "packages")}
    aside = file.with_name(file.name + ".part")
    aside.write_text(tomli_w.dumps(ordered), encoding="utf-8")
    aside.replace(file)


def read_lock(file: Path) -> Lock:
    """Return the lock in ``file``. Raises :class:`LockRefused`."""
    try:
        return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Lock)
    except OSError as error:
        raise LockRefused(
            f"{file} cannot be read: {error.strerror}. Make it with crmcore plugins lock."
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LockRefused(f"{file} is no lock of crmcore: {error}.") from error
