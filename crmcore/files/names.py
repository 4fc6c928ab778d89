"""File names as they are kept: what a sender made up never leads anywhere and never deceives."""

import re
import unicodedata

MAX_CHARACTERS = 150
# The limit of every file system in use, and of our column.
MAX_BYTES = 255

# Cc: controls; Cf: bidi marks, zero-width signs and tags ("annexe\u202egnp.exe"); Cs, Co, Cn: not characters.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Windows opens a device for these, whatever follows the first point.
_RESERVED = re.compile(
    r"(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE
)


def clean_name(name: str) -> str:
    """Return ``name`` without its path and without what no name should have; ``file`` when nothing is left.

    At most 150 characters and 255 bytes; what is too long is cut before the extension.
    """
    # A form's name that no browser sends is cut first, so that nothing below works on megabytes.
    name = re.split(r"[/\\]", name[-2000:])[-1]
    name = unicodedata.normalize("NFC", name)
    name = "".join(sign for sign in name if unicodedata.category(sign) not in _REFUSED)
    name = _FORBIDDEN.sub("_", " ".join(name.split())).strip(". ")
    if not name:
        return "file"
    if _RESERVED.fullmatch(name.partition(".")[0].strip()):
        name = f"_{name}"
    return _cut(name)


def own_name_of(name: str) -> str:
    """Return ``name`` as its owner knows it, to be shown alone: without its path and what cannot be seen."""
    name = re.split(r"[/\\]", name[-2000:])[-1]
    name = "".join(sign for sign in name if unicodedata.category(sign) not in _REFUSED)
    return name.strip()[:MAX_CHARACTERS] or "file"


def extension_of(name: str) -> str:
    """Return the extension of a clean name in small letters, without its point; empty when there is none."""
    stem, point, extension = name.rpartition(".")
    return extension.lower() if point and stem and len(extension) <= 20 else ""


def _cut(name: str) -> str:
    extension = extension_of(name)
    tail = name[-len(extension) - 1 :] if extension else ""
    stem = name[: len(name) - len(tail)]
    while len(stem) + len(tail) > MAX_CHARACTERS or len((stem + tail).encode()) > MAX_BYTES:
        stem = stem[:-1]
    return (stem.rstrip(". ") or "file") + tail
