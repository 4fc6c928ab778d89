"""The list of faults names tests that are there, and `make faults` runs them all."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = (ROOT / "docs" / "faults.md").read_text("utf-8")
NAMED = frozenset(re.findall(r"tests/[\w/]+\.py", LIST))


def test_every_test_of_the_list_is_there() -> None:
    assert len(NAMED) > 15
    assert [name for name in sorted(NAMED) if not (ROOT / name).is_file()] == []


def test_the_command_runs_the_whole_list() -> None:
    tox = (ROOT / "tox.ini").read_text("utf-8")
    section = tox[tox.index("[testenv:faults]") : tox.index("[testenv:docs]")]
    run = set(re.findall(r"tests/[\w/.]+", section))
    missing = {name for name in NAMED if not any(name == each or name.startswith(f"{each}/") for each in run)}
    assert missing == {"tests/http/test_http_hostile.py"}  # a part of `make security`
    assert "CRMCORE_FAULTS=full" in (ROOT / "Makefile").read_text("utf-8")


def test_no_row_of_the_list_is_without_a_test() -> None:
    rows = [line for line in LIST.splitlines() if line.startswith("| ") and not line.startswith("| fault")]
    assert len(rows) >= 16
    for row in rows:
        assert "tests/" in row, row


def test_no_module_of_the_list_needs_its_own_conftest() -> None:
    # Where several folders are named, "conftest" is whichever came last.
    assert [name for name in NAMED if "from conftest import" in (ROOT / name).read_text("utf-8")] == []
