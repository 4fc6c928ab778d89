"""Whether the files of a package are those that were installed."""

import base64
import csv
import hashlib
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

from msgspec import Struct

# Written by the installer about itself, different each time.
_OWN = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws", "RECORD.p7s"})


class FilesState(Struct, frozen=True, kw_only=True):
    """``digest`` stands for all recorded files and their contents; ``altered`` and ``missing`` are paths."""

    digest: str
    altered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def files_state(one: Distribution) -> FilesState:
    """Read every file of the package again and compare it with the hash its RECORD has (PEP 376).

    The digest is that of the recorded paths and hashes: equal wheels have equal digests in every environment. Left
    out is what differs between environments: compiled files, and scripts whose first line names the interpreter.
    """
    lines, altered, missing = [], [], []
    # Not by Distribution.files, which leaves out what is not there.
    for name, recorded, *_ in csv.reader((one.read_text("RECORD") or "").splitlines()):
        path = PurePosixPath(name)
        mode, _, value = recorded.partition("=")
        if not value or path.name in _OWN or path.suffix == ".pyc" or ".." in path.parts:
            continue
        lines.append(f"{path}={recorded}")
        content = _hashed(Path(str(one.locate_file(name))), mode)
        if content is None:
            missing.append(name)
        elif content != value:
            altered.append(name)
    digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() if lines else ""
    return FilesState(digest=digest, altered=tuple(sorted(altered)), missing=tuple(sorted(missing)))


def _hashed(file: Path, mode: str) -> str | None:
    try:
        with file.open("rb") as content:
            summed = hashlib.file_digest(content, mode)
    except OSError:
        return None
    return base64.urlsafe_b64encode(summed.digest()).decode().rstrip("=")
