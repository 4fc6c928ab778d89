"""Is there a workspace yet? Asked of files alone, so that asking makes none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from crmcore.settings import WorkspaceSettings


def missing(settings: WorkspaceSettings) -> str:
    """Return in a sentence what a command that only reads would have to make, nothing when all is there.

    A PostgreSQL database is not asked: its workspace is taken as there when its key is.
    """
    file = sqlite_file(settings)
    if file is not None and not file.is_file():
        return (
            f"There is no workspace in {file.resolve().parent} yet: crmcore serve or crmcore migrate makes one, "
            "--data names another."
        )
    key = key_file(settings)
    if key is not None and not key.is_file():
        return (
            f"{key.resolve()} is not there, and stored secrets cannot be read without it: put it back, or let "
            "crmcore serve make a new one."
        )
    return ""


def sqlite_file(settings: WorkspaceSettings) -> Path | None:
    """Return the file of a SQLite database, None for PostgreSQL."""
    url = settings.effective_database_url()
    return Path(url.removeprefix("sqlite:///").partition("?")[0]) if url.startswith("sqlite:///") else None


def key_file(settings: WorkspaceSettings) -> Path | None:
    """Return the file that holds the key, None when the settings hold it."""
    return None if settings.secret_key else settings.data_path / "secret.key"


def stand_ins(settings: WorkspaceSettings, folder: Path, *, database: bool = False) -> dict[str, Any]:
    """Return settings under which nothing is made: a key that is soon forgotten, an empty database in ``folder``.

    Each only where its own is missing; the database also when ``database`` says so.
    """
    from crmcore.secrets.keys import new_key

    chosen: dict[str, Any] = {}
    if (key := key_file(settings)) is not None and not key.is_file():
        chosen["secret_key"] = new_key()
    file = sqlite_file(settings)
    if database or (file is not None and not file.is_file()):
        chosen["database_url"] = f"sqlite:///{folder / 'crm.sqlite'}"
    return chosen


def database_place(settings: WorkspaceSettings) -> str:
    """Return where the database is, as people may see it: file, or host and port; never the password."""
    if file := sqlite_file(settings):
        return str(file.resolve())
    parts = urlsplit(settings.effective_database_url())
    try:
        port = parts.port or 5432
    except ValueError:  # not a number
        return parts.hostname or "its server"
    return f"{parts.hostname or 'localhost'}:{port}"
