"""The wheels: what they contain, what they need, what they offer."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {
    ".": ROOT / "crmcore",
    **{
        f"plugins/{folder.name}": folder / "src" / folder.name.replace("-", "_")
        for folder in sorted((ROOT / "plugins").iterdir())
        if (folder / "pyproject.toml").exists()
    },
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, zipfile.ZipFile]:
    """Build a wheel of the core and of every plugin."""
    wheels: dict[str, zipfile.ZipFile] = {}
    for place in SOURCES:
        folder = tmp_path_factory.mktemp("wheel")
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT / place)], check=True, timeout=120)
        [wheel] = folder.glob("*.whl")
        wheels[place] = zipfile.ZipFile(wheel)
    return wheels


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    [path] = [path for path in wheel.namelist() if path.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode()


@pytest.mark.parametrize("place", SOURCES)
def test_everything_the_package_has_is_in_the_wheel(place: str, built: dict[str, zipfile.ZipFile]) -> None:
    package = SOURCES[place]
    wanted = {
        str(file.relative_to(package.parent))
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    }

    assert len(wanted) > 3
    assert wanted <= set(built[place].namelist())


def test_the_core_brings_pages_texts_migrations_and_the_demos_data(built: dict[str, zipfile.ZipFile]) -> None:
    names = built["."].namelist()

    for beginning, ending in (
        ("crmcore/web/templates/", ".html"),
        ("crmcore/web/static/", ".css"),
        ("crmcore/web/locale/ru/", ".po"),
        ("crmcore/database/migrations/", ".py"),
        ("crmcore/demo/data/", ".csv"),
        ("crmcore/demo/data/", "LICENSES.md"),
        ("crmcore/", "py.typed"),
    ):
        assert any(name.startswith(beginning) and name.endswith(ending) for name in names), (
            beginning,
            ending,
        )
    assert not [name for name in names if name.startswith(("tests", "plugins", "docs", "benchmarks"))]
    assert "Apache License" in metadata(built["."], "licenses/LICENSE")
    assert "crmcore = crmcore.cli:main" in metadata(built["."], "entry_points.txt")


@pytest.mark.parametrize("place", [place for place in SOURCES if place != "."])
def test_a_plugin_says_which_core_it_works_with_and_what_it_is_called(
    place: str, built: dict[str, zipfile.ZipFile]
) -> None:
    requirements = Parser().parsestr(metadata(built[place], "METADATA")).get_all("Requires-Dist") or []
    name = place.removeprefix("plugins/crm-")

    assert any(line.startswith("crmcore") and "<1" in line and ">=0.1" in line for line in requirements)
    assert f"[crmcore]\n{name} = " in metadata(built[place], "entry_points.txt")


@pytest.mark.parametrize("place", SOURCES)
def test_nothing_of_the_tests_is_needed_to_run(place: str, built: dict[str, zipfile.ZipFile]) -> None:
    head = Parser().parsestr(metadata(built[place], "METADATA"))
    needed = [line for line in head.get_all("Requires-Dist") or [] if "extra ==" not in line]

    assert head["Requires-Python"] == ">=3.11"
    assert head["License-Expression"] == "Apache-2.0"
    assert not [
        line for line in needed if line.startswith(("pytest", "tox", "ruff", "mypy", "hypothesis", "faker"))
    ]
