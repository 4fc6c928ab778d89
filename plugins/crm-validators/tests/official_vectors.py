"""Vectors that nobody here invented, and the type of the fixture that tries them."""

import json
import os
import tarfile
from pathlib import Path
from typing import Any, Protocol

import pytest

REPOSITORY = Path(__file__).parents[3]


class Stored(Protocol):
    """Returns the stored form of ``value`` under the validator ``key``, or None when it is refused."""

    def __call__(self, key: str, value: str, **options: Any) -> str | None: ...


def vector_text(name: str) -> str:
    """Return a file of the numbers that these tests bring along."""
    return (Path(__file__).parent / "vectors" / name).read_text(encoding="utf-8")


def vectors(name: str) -> list[str]:
    """Return the words of such a file."""
    return vector_text(name).split()


def oracles_folder() -> Path:
    """Return the folder of official vectors, or skip the test with a visible reason."""
    folder = Path(os.environ.get("CRMCORE_ORACLES", REPOSITORY / ".." / "shared" / "oracles"))
    if not (folder / "validators").is_dir():
        pytest.skip(f"no official vectors at {folder}: set CRMCORE_ORACLES")
    return folder


def suite(name: str) -> list[tuple[str, bool]]:
    """Return the texts of one optional format of the JSON Schema suite and whether they are valid."""
    with tarfile.open(oracles_folder() / "validators" / "json-schema-test-suite-2020-12.tar.gz") as archive:
        file = archive.extractfile(f"tests/draft2020-12/optional/format/{name}.json")
        assert file is not None
        groups = json.load(file)
    return [
        (case["data"], case["valid"])
        for group in groups
        for case in group["tests"]
        if isinstance(case["data"], str)
    ]
