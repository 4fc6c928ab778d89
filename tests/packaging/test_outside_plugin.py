"""A plugin that is made outside of this repository runs by its own recipe against a wheel of the core."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from crmcore.scaffold.distribution import NewPlugin
from crmcore.scaffold.parts import PARTS

ROOT = Path(__file__).parents[2]
KEYS = [part.key for part in PARTS]


def ran(*command: str, folder: Path, **variables: str) -> str:
    """Run a program without the settings of the tests' own environment, and return what it says."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CRMCORE_", "PIP_", "PYTHON", "TOX"))
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, **variables},
        text=True,
        capture_output=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.timeout(300)
def test_its_recipe_and_its_example_for_ci_try_it_against_a_wheel_of_the_core(tmp_path: Path) -> None:
    pytest.importorskip("tox", reason="the environment of the docs has it")
    # What crmcore needs is lent by the environment of the tests instead of being fetched from an index; what is lent
    # does not count as installed, or pip would leave the wheel where that environment has the same version.
    lent = {
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_IGNORE_INSTALLED": "1",
    }
    ran(sys.executable, "-m", "pip", "wheel", "-q", "-w", "core", str(ROOT), folder=tmp_path, **lent)
    [wheel] = (tmp_path / "core").glob("*.whl")
    plugin = NewPlugin("loyalty", ["panel"]).write(tmp_path)
    ci = yaml.safe_load((plugin / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    steps = [step["run"] for step in ci["jobs"]["test"]["steps"] if "run" in step]
    assert steps == ["pip install tox", "tox -e py"]
    assert set(ci["jobs"]["test"]["env"]) == {"CRMCORE", "CRMCORE_TEST_POSTGRES", "ENGINE"}

    tox = (sys.executable, "-m", *steps[1].split(), "--override", "testenv.pass_env+=PIP_*")
    named = {"CRMCORE": f"{wheel}[postgres]", "ENGINE": "sqlite", **lent}
    # The environment is made first, so that there is a place to lend to.
    ran(*tox, "--notest", "--skip-env-install", folder=plugin, **named)
    [site] = (plugin / ".tox" / "py").glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    said = ran(*tox, folder=plugin, **named)

    assert " passed" in said and "loyalty: gold" in said and "congratulations" in said
    there = ran(
        str(plugin / ".tox" / "py" / "bin" / "python"),
        "-c",
        "import crmcore; print(crmcore.__file__)",
        folder=tmp_path,
    )
    assert there.startswith(str(site))


@pytest.mark.timeout(300)
def test_whatever_it_begins_with_is_typed_and_in_form(tmp_path: Path) -> None:
    for key in KEYS:
        NewPlugin(f"only_{key.replace('-', '_')}", [key]).write(tmp_path)
    NewPlugin("everything", KEYS).write(tmp_path)
    sources = [str(folder / "src") for folder in sorted(tmp_path.glob("crm-*"))]

    ran(sys.executable, "-m", "ruff", "check", ".", folder=tmp_path)
    ran(sys.executable, "-m", "ruff", "format", "--check", ".", folder=tmp_path)
    ran(sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, *sources, folder=tmp_path)
    for folder in tmp_path.glob("crm-*"):
        readme = (folder / "README.md").read_text(encoding="utf-8")
        assert readme.count("\n- ") >= 2 and "What leaves the company" in readme and folder.name in readme
