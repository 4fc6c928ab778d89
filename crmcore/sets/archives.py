"""Asking pip which archives an index has for what is installed."""

import subprocess
import sys
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from crmcore.sets.lockfile import LockRefused, Wheel

TIMEOUT_S = 300


class _Info(Struct):
    url: str
    archive_info: dict[str, object] | None = None


class _Metadata(Struct):
    name: str


class _Install(Struct):
    metadata: _Metadata
    download_info: _Info


class _Report(Struct):
    install: list[_Install]


def archives_of(pins: Sequence[str]) -> dict[str, Wheel]:
    """Return for each ``name==version`` the archive that pip would install here, by name as the archive spells it.

    Nothing is installed. Raises :class:`LockRefused` when an index does not have one of them.
    """
    if not pins:
        return {}
    done = subprocess.run(  # noqa: S603 - our own interpreter, names from installed metadata
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"),
            *("--quiet", "--disable-pip-version-check", "--report", "-", *pins),
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
        raise LockRefused(f"pip does not find the archives: {last}. With --no-index the lock has none.")
    report = msgspec.json.decode(done.stdout, type=_Report)
    found = {}
    for install in report.install:
        hashes = (install.download_info.archive_info or {}).get("hashes", {})
        url = install.download_info.url
        found[install.metadata.name] = Wheel(
            name=url.rpartition("/")[2].partition("#")[0],
            url=url,
            hashes=msgspec.convert(hashes, dict[str, str]),
        )
    return found
