"""Small marks made from data that others wrote: initials, tones, icon names, links."""

import unicodedata
import zlib
from collections.abc import Set
from urllib.parse import urlsplit

AVATAR_TONES = ("violet", "accent", "teal", "pink", "ok", "warn")
LINK_SCHEMES = frozenset({"https", "mailto", "tel"})


def initials(name: str) -> str:
    """Return up to two capital letters for an avatar, ``#`` for a name without letters, like a phone number."""
    words = [letters for word in name.split() if (letters := [sign for sign in word if sign.isalpha()])]
    if not words:
        return "#"
    chosen = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return unicodedata.normalize("NFC", chosen.upper())[:2]


def tone_of(name: str) -> str:
    """Return the tone that always goes with ``name``; neutral for a name without letters."""
    if not any(sign.isalpha() for sign in name):
        return "neutral"
    return AVATAR_TONES[zlib.crc32(name.casefold().encode("utf-8", "replace")) % len(AVATAR_TONES)]


def icon_name(name: str, known: Set[str]) -> str:
    """Return ``name`` when the sprite has such an icon, else the puzzle piece."""
    return name if name in known else "puzzle"


def safe_href(address: str) -> str:
    """Return ``address`` when it is a page of ours or an https, mailto or tel link, else nothing: shown as text."""
    if address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable():
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in LINK_SCHEMES or (parts.scheme == "https" and not parts.netloc):
        return ""
    return address
