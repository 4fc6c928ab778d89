"""Every scope that a token may have is on the page about running crmcore, with its exact actions."""

import re
from pathlib import Path

import pytest

from crmcore.accounts.scopes import ACTIONS, ALIASES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rows() -> dict[str, set[str]]:
    """Return the code words of the second cell by each code word of the first, of the section about tokens."""
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    section = page.partition("## What a token may do\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (.+) \| (.+) \|$", section, re.MULTILINE)
    return {
        word: set(re.findall(r"`([^`]+)`", second))
        for first, second in cells
        for word in re.findall(r"`([^`]+)`", first)
    }


@pytest.mark.parametrize("subject", ACTIONS)
def test_a_permission_is_documented_with_its_actions(subject: str, rows: dict[str, set[str]]) -> None:
    assert rows[subject] == set(ACTIONS[subject])


@pytest.mark.parametrize("word", ALIASES)
def test_a_word_is_documented_with_what_it_stands_for(word: str, rows: dict[str, set[str]]) -> None:
    assert rows[word] == (set(ALIASES[word]) if ALIASES[word] != ("*",) else set())
