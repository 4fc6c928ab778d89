"""What an archive says of itself: at its beginning what it is, at its end what is in it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

FORMAT = 1
HEADER = "crmcore-backup.json"
MANIFEST = "manifest.json"
SECRET_KEY = "secret.key"  # noqa: S105 - the name of a file
# Made from the rest, and anew after a restore: the search index.
DERIVED = frozenset({"search_entry", "search_gram", "search_progress"})
FOLDERS = ("imports", "exports", "personal")
"""Folders of the data folder that are kept beside the uploads."""

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=0)]


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """A column's name and kind."""

    name: Name
    kind: Name


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table; its rows are arrays of values in the order of ``columns``."""

    name: Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
    columns: tuple[Column, ...]


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first member: which workspace this is. ``migrations`` are (app, name), ``plugins`` versions by name."""

    format: Annotated[int, Meta(ge=1)] = FORMAT
    version: Name
    engine: Literal["sqlite", "postgres"]
    created_at: datetime
    plugins: dict[str, str]
    migrations: list[tuple[str, str]]
    tables: list[Table]


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of one table in a member of the archive."""

    name: Name
    rows: Count
    sha256: Name


class Manifest(Struct, kw_only=True, forbid_unknown_fields=True):
    """The last member. Uploads are named by the SHA-256 of what they hold, so they are counted only.

    ``missing`` are uploads that the database names and the storage did not have.
    """

    header_sha256: Name
    parts: dict[str, list[Part]] = {}
    others: dict[str, str] = {}
    files: Count = 0
    file_bytes: Count = 0
    missing: list[str] = []
    with_key: bool = False

    def rows(self, table: str) -> int:
        """Return how many rows of ``table`` there are."""
        return sum(part.rows for part in self.parts.get(table, ()))
