"""Databases for the examples of state machines."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest


class SqliteCopies:
    """Copies of a migrated file; one costs about a millisecond."""

    kind = "sqlite"

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder

    def take(self) -> str:
        file = self._folder / f"{uuid4().hex[:12]}.sqlite"
        shutil.copy(self._template, file)
        return f"sqlite:///{file}"

    def give_back(self, url: str) -> None:
        for file in self._folder.glob(f"{Path(url).name}*"):
            file.unlink()


class PostgresCopies:
    """Databases that are emptied after each example, in about ten milliseconds."""

    kind = "postgres"

    def __init__(self, server: Any, databases: Any) -> None:
        self._server = server
        self._databases = databases

    def take(self) -> str:
        return str(self._server.url_of(self._databases.take()))

    def give_back(self, url: str) -> None:
        self._databases.give_back(url.rsplit("/", 1)[1].partition("?")[0])


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> SqliteCopies | PostgresCopies:
    """Fresh databases of each kind, one for each example; under the name that tells what needs PostgreSQL."""
    if request.param == "sqlite":
        return SqliteCopies(request.getfixturevalue("migrated_sqlite"), tmp_path)
    return PostgresCopies(
        request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_databases")
    )
