"""From nothing to a tested plugin in five commands, without a question asked."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

from crmcore.scaffold.distribution import NewPlugin, ScaffoldRefused
from crmcore.scaffold.parts import PARTS

ROOT = Path(__file__).parents[2]


def run(folder: Path, command: Sequence[str], **variables: str) -> str:
    """Run a command that nobody answers questions of, and return what it prints."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CRMCORE_", "PIP_", "PYTHON"))
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, **variables},
        stdin=subprocess.DEVNULL,
        text=True,
        capture_output=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.timeout(300)
def test_five_commands_in_an_empty_folder_lead_to_a_tested_plugin(tmp_path: Path) -> None:
    python = str(tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    # What crmcore needs is lent by the environment of the tests instead of being fetched from an index.
    lent = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_QUIET": "1"}

    run(tmp_path, [sys.executable, "-m", "venv", "--without-pip", "venv"])
    paths = run(tmp_path, [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    (Path(paths) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    run(tmp_path, [python, "-m", "pip", "install", str(ROOT)], **lent)
    made = run(tmp_path, [python, "-m", "crmcore.cli", "new-plugin", "loyalty"])
    run(tmp_path, [python, "-m", "pip", "install", "-e", "crm-loyalty[test]"], **lent)
    tested = run(tmp_path, [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "crm-loyalty"])

    assert made.startswith("crm-loyalty: panel\n")
    assert " passed" in tested and "skipped" not in tested
    checked = run(tmp_path, [python, "-m", "crmcore.cli", "plugins", "check", "loyalty", "--level", "gold"])
    assert "loyalty: gold" in checked


@pytest.mark.parametrize(
    ("name", "parts", "said"),
    [
        ("Loyalty", [], "must begin with a small letter"),
        ("x", [], "2 to 31"),
        ("core", [], "belongs to the core"),
        ("json", [], "belongs to the core"),
        ("validators", [], "is the name of an installed plugin"),
        ("loyalty", ["pannel"], "Did you mean “panel”?"),
        ("loyalty", ["moon"], "There are panel, channel"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(name: str, parts: list[str], said: str) -> None:
    with pytest.raises(ScaffoldRefused, match=said.replace("?", r"\?")):
        NewPlugin(name, parts)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    NewPlugin("loyalty").write(tmp_path)
    mine = tmp_path / "crm-loyalty" / "README.md"
    mine.write_text("mine", encoding="utf-8")

    with pytest.raises(ScaffoldRefused, match="nothing is overwritten"):
        NewPlugin("loyalty").write(tmp_path)
    with pytest.raises(ScaffoldRefused, match="There is no folder"):
        NewPlugin("loyalty").write(tmp_path / "nowhere")
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("part", [part.key for part in PARTS])
def test_every_part_is_complete_python_by_itself(part: str) -> None:
    files = dict(NewPlugin("gift_cards", [part]).files())

    assert (
        "src/crm_gift_cards/plugin.py" in files
        and 'gift_cards = "crm_gift_cards.plugin"' in files["pyproject.toml"]
    )
    for path, text in files.items():
        assert not {"PACKAGE", "PLUGIN", 'TITLE"', "CLASS", "SAMPLE_"} & set(text.split()), path
        if path.endswith(".py"):
            compile(text, path, "exec")
