"""Installing exactly what a lock says, with pip."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from crmcore.sets.lockfile import Lock, LockRefused, Package

TIMEOUT_S = 1800


def requirements(lock: Lock, *, beside: bool = False) -> str:
    """Return the set as pip's requirements, with hashes where the lock has them.

    ``beside``: archives that were installed from a file of this machine lie where pip looks; versions name them.
    """
    lines = []
    for package in lock.packages:
        pin = f"{package.name}=={package.version}"
        if package.directory is not None:
            lines.append(f"# {pin} was built from {package.directory.path}")
            continue
        archives = [*package.wheels, *([package.sdist] if package.sdist else [])]
        if package.tool.crmcore.direct and archives and not (beside and archives[0].url.startswith("file:")):
            pin = f"{package.name} @ {archives[0].url}"
        lines.append(" ".join([pin, *hashes_of(package)]))
    return "\n".join(lines) + "\n"


def hashes_of(package: Package) -> list[str]:
    """Return the hashes of the archives that may be installed, as options of pip."""
    return [f"--hash={each}" for each in package.hashes]


def install_lock(lock: Lock, *, python: str = sys.executable, told: Callable[[str], None]) -> None:
    """Install the packages of ``lock`` into the environment of ``python``, those of an index by their hashes.

    A package of an index without a hash is refused: nobody could tell what was installed. Raises
    :class:`LockRefused` with pip's last sentence. What is installed besides stays; ``verify`` names further plugins.
    """
    bare = [one.name for one in lock.packages if one.directory is None and not one.hashes]
    if bare:
        raise LockRefused(
            f"The lock has no hashes for {', '.join(bare[:5])}: it was made with --no-index. Make it again without."
        )
    indexed = [one for one in lock.packages if one.directory is None]
    folders = [one.directory.path for one in lock.packages if one.directory is not None]
    if indexed:
        told(f"{len(indexed)} packages by their hashes")
        with tempfile.TemporaryDirectory(prefix="crmcore-lock-") as folder:
            file = Path(folder) / "requirements.txt"
            file.write_text(requirements(lock), encoding="utf-8")
            _install(python, "--require-hashes", "-r", str(file))
    for path in folders:
        told(path)
        # The same version may stand for other files: what is there is replaced.
        _install(python, "--force-reinstall", path)


def _install(python: str, *arguments: str) -> None:
    pip(python, "install", "--no-deps", *arguments)


def pip(python: str, *arguments: str) -> None:
    """Run pip of the environment of ``python``. Raises :class:`LockRefused` with its last sentence."""
    done = subprocess.run(  # noqa: S603 - the interpreter that was named, a file that we wrote
        [python, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [
            done.stderr.strip()
        ]
        raise LockRefused(f"pip refuses: {' '.join(lines)[:500]}")
