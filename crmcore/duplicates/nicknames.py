"""Short forms of first names: which names Bob, Саша or Liz may stand for."""

from functools import cache

from crmcore.duplicates.letters import spelling, words_in
from crmcore.duplicates.wordlists import lines_of


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Return the names that each spelling may stand for, read once from the list beside this file."""
    found: dict[str, dict[str, None]] = {}
    for line in lines_of("nicknames"):
        forms = [spelling(word) for word in words_in(line)]
        for form in forms:
            found.setdefault(form, {})[forms[0]] = None
    return {form: tuple(names) for form, names in found.items()}


def names_behind(spelt: str) -> tuple[str, ...]:
    """Return the names that a spelling may stand for, itself when the list has nothing better."""
    return _names().get(spelt, (spelt,))


def is_first_name(spelt: str) -> bool:
    """Tell whether the list knows this spelling as somebody's first name."""
    return spelt in _names()
