"""The folder from which a container of a lock is built."""

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from crmcore.sets.containerfile import REQUIREMENTS, WHEELS, containerfile
from crmcore.sets.installing import pip, requirements
from crmcore.sets.lockfile import LockRefused, Package, read_lock


def write_build(
    lock_file: Path, into: Path, *, base: str = "", index: bool = True, told: Callable[[str], None]
) -> list[Path]:
    """Write what a container of ``lock_file`` is built from into ``into``, and return the files.

    Archives that were installed from a file of this machine are copied beside it; without ``index`` all others are
    fetched there too. Raises :class:`LockRefused` for packages of a folder, for archives that are no longer there or
    have other bytes, and for what no index has.
    """
    lock = read_lock(lock_file)
    local = [one.name for one in lock.packages if one.directory is not None]
    if local:
        raise LockRefused(
            f"{', '.join(local)} came from a folder of this machine. Build wheels (pip wheel --no-deps), install "
            "those, and lock again."
        )
    bare = [one.name for one in lock.packages if not one.hashes]
    if bare:
        raise LockRefused(
            f"The lock has no hashes for {', '.join(bare[:5])}: it was made with --no-index. Make it again without."
        )
    into.mkdir(parents=True, exist_ok=True)
    wheels = into / WHEELS
    beside = [(one, file) for one in lock.packages if (file := _file_of(one)) is not None]
    if with_wheels := bool(beside) or not index:
        wheels.mkdir(exist_ok=True)
    for package, file in beside:
        _copy(package, file, wheels)
    listed = into / REQUIREMENTS
    listed.write_text(requirements(lock, beside=True), encoding="utf-8")
    if not index:
        told(f"{len(lock.packages) - len(beside)} packages by their hashes")
        pip(
            sys.executable,
            *("download", "--no-deps", "--require-hashes", "--find-links", str(wheels)),
            *("--dest", str(wheels), "-r", str(listed)),
        )
    if not (beside_lock := into / lock_file.name).exists() or not beside_lock.samefile(lock_file):
        shutil.copyfile(lock_file, beside_lock)
    written = into / "Containerfile"
    text = containerfile(lock, lock_file.name, base=base, wheels=with_wheels, index=index)
    written.write_text(text, encoding="utf-8")
    return [written, listed, beside_lock, *([wheels] if with_wheels else [])]


def _file_of(package: Package) -> Path | None:
    archives = [*package.wheels, *([package.sdist] if package.sdist else [])]
    parts = urlsplit(archives[0].url) if archives and package.tool.crmcore.direct else None
    return Path(unquote(parts.path)) if parts is not None and parts.scheme == "file" else None


def _copy(package: Package, file: Path, wheels: Path) -> None:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise LockRefused(
            f"{package.name} was installed from {file}, which cannot be read: {error.strerror}. Put it back, or "
            "install it anew and lock again."
        ) from error
    if f"sha256:{hashlib.sha256(content).hexdigest()}" not in package.hashes:
        raise LockRefused(f"{file} is not the file that {package.name} was installed from.")
    (wheels / file.name).write_bytes(content)
