"""``make bench`` measures what it says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(330)
def test_the_comparison_runs_and_has_every_figure() -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--quick",
        "--seconds",
        "0.2",
        "--json",
        "--only",
        "sqlite",
    ]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
        capture_output=True,
        timeout=300,
        check=True,
    )
    [(title, compared)] = json.loads(done.stdout).items()

    assert title == "SQLite, 1,000 contacts, 5,000 messages"
    assert compared["memory_mb"] > 0
    assert {line["name"] for line in compared["lines"]} >= {
        "one contact",
        "list of 50",
        "search",
        "create",
        "update",
    }
    for line in compared["lines"]:
        assert line["aim"] > 0
        assert list(line["figures"]) == ["crmcore", "bare"]
        for figures in line["figures"].values():
            assert figures["per_second"] > 0 and 0 < figures["p50_ms"] <= figures["p99_ms"]
