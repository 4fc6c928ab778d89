"""Try one plugin alone with the core, as a company installs it: ``python scripts/alone.py shopify``.

What it needs and does not say fails here. The core is that of this folder, or another:

- ``CRMCORE_CORE`` names it: a wheel, a folder, a version (``0.2.1``), or ``git+https://…@main``.
- With ``oldest`` behind the plugin's name it is the oldest that the plugin's range allows: the first tag ``vN.N.N``
  of this repository within it, built into a wheel. ``CRMCORE_OLDEST`` names a tag or commit instead.

Run it in an environment of its own; tox does (``make matrix``).
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORES = ROOT / "build" / "cores"
EXTRAS = "[fast,postgres,test]"
PIP = (sys.executable, "-m", "pip")


def main() -> int:
    """Install both, run the plugin's tests, return pytest's exit code."""
    name, oldest = sys.argv[1], sys.argv[2:] == ["oldest"]
    plugin = ROOT / "plugins" / f"crm-{name}"
    core = os.environ.get("CRMCORE_CORE", "") or str(ROOT)
    if oldest:
        revision = os.environ.get("CRMCORE_OLDEST", "") or oldest_tag(plugin)
        if not revision:
            print(
                f"No core within {wanted_by(plugin)} was tagged before this one: it is tried by alone-{name}."
            )
            return 0
        core = str(wheel_of(revision))
    print(f"crm-{name} with the core of {core}", flush=True)
    run(*PIP, "install", "--quiet", "--no-build-isolation", requirement(core), f"{plugin}[test]")
    run(*PIP, "check")
    reports = Path(os.environ.get("REPORTS", ROOT / "build"))
    told = f"--junitxml={reports}/{'oldest' if oldest else 'alone'}-{name}.xml"
    tests = (sys.executable, "-m", "pytest", "-q", told, str(plugin / "tests"))
    return subprocess.run(tests, check=False).returncode  # noqa: S603 - our own interpreter on our own folders


def wanted_by(plugin: Path) -> str:
    """Return the range of cores that the plugin in this folder names: ``>=0.1,<1``."""
    project = tomllib.loads((plugin / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = [line for line in project["dependencies"] if re.match(r"crmcore\b(?!-)", line)]
    if ">=" not in wanted:
        raise SystemExit(f"{plugin.name} names no oldest core: {wanted}. Write crmcore>=N.N,<M.")
    return str(wanted.removeprefix("crmcore"))


def oldest_tag(plugin: Path) -> str:
    """Return the oldest tag of a version that the plugin allows; empty when there is none."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    tags = git("tag", "--list", "v[0-9]*").decode().split()
    allowed = SpecifierSet(wanted_by(plugin))
    found = [tag for tag in sorted(tags, key=lambda tag: Version(tag[1:])) if allowed.contains(tag[1:])]
    return found[0] if found else ""


def wheel_of(revision: str) -> Path:
    """Return a wheel of the core as it was at ``revision``; it is built once."""
    commit = git("rev-parse", "--short=12", f"{revision}^{{commit}}").decode().strip()
    place = CORES / commit
    if not list(place.glob("*.whl")):
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(fileobj=BytesIO(git("archive", commit))) as archive:
                archive.extractall(folder, filter="data")
            run(*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(place), folder)
    return next(place.glob("*.whl"))


def requirement(core: str) -> str:
    """Return what pip is asked for, with the extras that tests need."""
    if core.startswith(("git+", "https://")):
        return f"crmcore{EXTRAS} @ {core}"
    if re.fullmatch(r"[0-9][0-9a-z.]*", core):
        return f"crmcore{EXTRAS}=={core}"
    return f"{Path(core).resolve()}{EXTRAS}"


def git(*arguments: str) -> bytes:
    """Return what git answers in this repository."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)  # noqa: S603, S607 - as above
    return done.stdout


def run(*command: str) -> None:
    """Run a command to its end; a failure of it is ours."""
    subprocess.run(command, check=True)  # noqa: S603 - our own interpreter on our own folders


if __name__ == "__main__":
    sys.exit(main())
