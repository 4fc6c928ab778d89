"""Every change has a fragment, and every fragment can be collected."""

import re
from pathlib import Path

FRAGMENTS = Path(__file__).parents[2] / "changelog.d"


def test_fragments_are_named_for_what_they_tell() -> None:
    names = [file.name for file in FRAGMENTS.iterdir() if file.name != "README.md"]

    assert names
    for name in names:
        assert re.fullmatch(r"\+?[a-z0-9-]+\.(added|changed|fixed|removed|security)\.md", name), name


def test_fragments_are_written_for_people() -> None:
    for file in FRAGMENTS.glob("*.*.md"):
        text = file.read_text(encoding="utf-8").strip()
        assert text.endswith(".") and text[0].isupper() and len(text) > 40, file.name
