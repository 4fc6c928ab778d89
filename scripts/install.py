"""Install the core and every plugin into the environment that runs this, unless it has just these already.

Several parts of the tests share one environment; each begins with this.
"""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
STAMP = Path(sys.prefix) / "crmcore-installed"


def main() -> int:
    """Return pip's exit code."""
    plugins = sorted(place.parent for place in ROOT.glob("plugins/*/pyproject.toml"))
    places = [f"{ROOT}[fast,postgres,test]", *(f"{place}[test]" for place in plugins)]
    digest = _digest([ROOT / "crmcore", ROOT / "pyproject.toml", *plugins])
    if STAMP.exists() and STAMP.read_text() == digest:
        return 0
    STAMP.unlink(missing_ok=True)
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own folders
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", *places], check=False
    )
    if done.returncode == 0:
        STAMP.write_text(digest)
    return done.returncode


def _digest(places: list[Path]) -> str:
    summing = hashlib.sha256()
    for file in sorted(_files(places)):
        summing.update(f"{file}\0{file.stat().st_size}\0".encode())
        summing.update(file.read_bytes())
    return summing.hexdigest()


def _files(places: list[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_file():
            yield place
            continue
        for file in place.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts and "tests" not in file.parts:
                yield file


if __name__ == "__main__":
    sys.exit(main())
