"""The one name a plugin has everywhere."""

import re
from difflib import get_close_matches

CORE = "core"
"""The name under which the core's own contributions are registered; no plugin may take it."""

RESERVED = frozenset({CORE, "crmcore", "webhooks", "long"})
"""Names that are the core's: its plugin, its tables' app, its lanes for webhooks and long work."""

_PLUGIN_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")


def is_plugin_name(name: str) -> bool:
    """Tell whether ``name`` can be a plugin's name: 2 to 31 small letters, digits and underscores."""
    return _PLUGIN_NAME.fullmatch(name) is not None


def is_key(key: str) -> bool:
    """Tell whether ``key`` can name a contribution: at most 60 of small letters, digits, ``_`` and ``-``."""
    return _KEY.fullmatch(key) is not None


def nearest(word: str, words: list[str]) -> str:
    """Return the one of ``words`` that ``word`` was probably meant to be, or an empty text."""
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    return close[0] if close else ""
