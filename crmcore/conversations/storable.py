"""Text that both databases can keep."""

import hashlib
from typing import Any


def storable(value: Any) -> Any:
    """Return ``value`` with every NUL and lone surrogate in its texts replaced by U+FFFD, at any depth."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(storable(item) for item in value)
    return value


def storable_text(text: str) -> str:
    """Return ``text`` with every NUL and lone surrogate replaced by U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def bounded_key(key: str, length: int = 255) -> str:
    """Return ``key``, or its SHA-256 in hex when it is too long or has characters that cannot be stored."""
    if len(key) <= length and storable_text(key) == key:
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
