"""The pages of the documentation, as blocks of code with what the comment before each says about it."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(
    r"(?:<!-- (?P<verb>[a-z-]+)(?:: (?P<detail>.+?))? -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```",
    re.DOTALL,
)
# What a block without a comment may be: shell that a person runs, and the output of the block before it.
QUIET = {"sh", "text"}


@dataclass(frozen=True)
class Block:
    """One block of code: its language, its text, and the comment before it (``file: NAME``, ``run``, ``api`` …)."""

    language: str
    text: str
    verb: str
    detail: str
    line: int


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of ``page`` in their order."""
    source = page.read_text(encoding="utf-8")
    return [
        Block(
            language=found["language"],
            text=found["text"],
            verb=found["verb"] or "",
            detail=found["detail"] or "",
            line=source[: found.start()].count("\n") + 1,
        )
        for found in _BLOCK.finditer(source)
    ]


def fits(expected: str, actual: str) -> bool:
    """Tell whether ``actual`` is what ``expected`` shows: white space counts once, ``…`` stands for anything."""
    parts = [re.escape(" ".join(part.split())) for part in expected.split("…")]
    return re.fullmatch(r"\s*.*\s*".join(parts), " ".join(actual.split()), re.DOTALL) is not None
