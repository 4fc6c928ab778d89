"""``make load`` in its short form: restarts, a lost database, a kill and a hung plugin lose and repeat nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmcore.testing.postgres import find_programs

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter on Windows")


def outcomes(kind: str) -> list[dict[str, Any]]:
    """Run the smallest load there is on one kind of database and return what came of each part."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.field_bar", "--smoke", "--json", "--only", kind],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
        capture_output=True,
        timeout=280,
        check=False,
    )
    assert done.stdout, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "kind",
    [
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.skipif(find_programs() is None, reason="no PostgreSQL")),
    ],
)
def test_nothing_is_lost_and_nothing_is_there_twice(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    stage, storm = outcomes(kind)

    for part in (stage, storm):
        record_property(
            "counted",
            f"{part['title']}: {part['sent']} sent, {part['tries']} tries, {part['read']} read back",
        )
        assert (part["failed"], part["lost"], part["duplicated"], part["misplaced"]) == (0, 0, 0, 0), part
    # It was noticed that something happened, and what was sent is there to be read back.
    assert stage["tries"] > stage["sent"] > 100 and stage["read"] > 10
    assert storm["sent"] == 60 and storm["read"] == 40
