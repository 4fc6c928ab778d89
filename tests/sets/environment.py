"""A fresh environment with wheels of the core and of plugins written for the test; the rest is ours."""

import shutil
import subprocess
import sys
import sysconfig
import textwrap
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def wheel_of(place: Path, into: Path) -> Path:
    """Build the wheel of a project and return its path."""
    before = set(into.glob("*.whl")) if into.exists() else set()
    command = [*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(into)]
    subprocess.run([*command, str(place)], check=True, timeout=120)
    [made] = set(into.glob("*.whl")) - before
    return made


def project(folder: Path, version: str, body: str, *, needs: str = "crmcore>=0.1") -> Path:
    """Write a plugin ``loyalty`` and return its folder."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        textwrap.dedent(
            f"""
            [build-system]
            requires = ["hatchling"]
            build-backend = "hatchling.build"
            [project]
            name = "crm-loyalty"
            version = "{version}"
            dependencies = ["{needs}"]
            [project.entry-points.crmcore]
            loyalty = "crm_loyalty"
            """
        )
    )
    (folder / "crm_loyalty.py").write_text(textwrap.dedent(body))
    return folder


class Environment:
    """A virtual environment; what it lacks it takes from the one that runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        self.site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        (self.site / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def install(self, *wheels: Path) -> None:
        """Lay out wheels, as every installer does with those that have nothing but libraries."""
        for wheel in wheels:
            package = wheel.name.partition("-")[0]
            for old in self.site.glob(f"{package}-*.dist-info"):
                shutil.rmtree(old)
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(self.site)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run ``crmcore`` of this environment with the plugin loyalty alone, in the folder above it."""
        return subprocess.run(
            [str(self.python), "-m", "crmcore.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=self.folder.parent,
            env={"PATH": "/usr/bin:/bin", "CRMCORE_DATA": "data", "CRMCORE_PLUGINS": "loyalty"},
        )

    def ok(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stdout + done.stderr
