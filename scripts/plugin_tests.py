"""Run the tests of every plugin, two at a time, each in a process of its own as its author runs them.

What one says is printed when it ends. ``REPORTS`` is the folder of the reports, the argument their beginning.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
AT_ONCE = 2


def main(name: str) -> int:
    """Return 1 when a test failed."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(lambda place: _run(place, name), sorted(ROOT.glob("plugins/*/tests"))))
    return 1 if any(codes) else 0


def _run(tests: Path, name: str) -> int:
    plugin = tests.parent.name
    report = Path(os.environ["REPORTS"]) / f"{name}-{plugin.removeprefix('crm-')}.xml"
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own folders
        [sys.executable, "-m", "pytest", "-q", "--reruns", "1", f"--junitxml={report}", str(tests)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    print(f"{plugin}\n{done.stdout}", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
