"""The lists of words beside this file, read once."""

from functools import cache
from importlib.resources import files


@cache
def lines_of(name: str) -> tuple[str, ...]:
    """Return the lines of a list without comments."""
    text = files("crmcore.duplicates").joinpath(f"data/{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def words_of(name: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(word for line in lines_of(name) for word in line.split())
