"""Database URLs, as the drivers themselves take them."""

from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit


def sqlite_path(url: str) -> Path:
    """Return the file of a SQLite URL."""
    return Path(url.removeprefix("sqlite:///").partition("?")[0])


def plain_url(url: str) -> str:
    """Return a PostgreSQL URL without what only crmcore understands."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    options.pop("pool", None)
    return urlunsplit(parts._replace(query=urlencode(options, doseq=True)))


def in_schema(url: str, schema: str) -> str:
    """Return a PostgreSQL URL whose tables are those of ``schema``."""
    parts = urlsplit(url)
    options = parse_qs(parts.query) | {"search_path": [schema]}
    return urlunsplit(parts._replace(query=urlencode(options, doseq=True)))
