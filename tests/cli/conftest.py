"""The command as people run it: a process of its own, in an empty folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from crmcore_shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Return a shell in an empty folder."""
    made = Shell(tmp_path)
    yield made
    made.end_all()
