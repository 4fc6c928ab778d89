"""``make bench`` measures what it says."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_comparison_runs_and_has_every_figure() -> None:
    command = [sys.executable, "-m", "benchmarks", "--rounds", "5", "--json", "--only", "sqlite"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
        capture_output=True,
        timeout=110,
        check=True,
    )
    [(database, requests)] = json.loads(done.stdout).items()

    assert database == "SQLite"
    assert list(requests) == ["one contact", "list of 50", "create", "receipt"]
    for figures in requests.values():
        assert list(figures) == ["crmcore", "bare", "stock"]
        assert all(0 < kind["median_ms"] <= kind["p99_ms"] for kind in figures.values())
