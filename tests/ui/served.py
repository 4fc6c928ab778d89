"""Starts the served workspace in a process of its own, and ends it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def served(folder: Path, *more: str) -> Iterator[dict[str, str]]:
    """Yield what the workspace in ``folder`` has told: its address, and what there is."""
    command = [sys.executable, str(Path(__file__).with_name("serving.py")), str(folder), *more]
    with (folder / "serving.log").open("wb") as log:
        serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    try:
        assert serving.stdout is not None
        said = serving.stdout.readline()
        assert said, (folder / "serving.log").read_text(encoding="utf-8")[-4000:]
        yield json.loads(said)
    finally:
        serving.terminate()
        try:
            serving.wait(20)
        except subprocess.TimeoutExpired:
            serving.kill()
            serving.wait()
        if serving.stdout is not None:
            serving.stdout.close()
