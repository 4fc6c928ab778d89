"""Run the tests of every plugin, two at a time, each in a process of its own as its author runs them.

What one says is printed when it ends. ``REPORTS`` is the folder of the reports, the argument their beginning.
"""

import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
AT_ONCE = 2


def main(name: str) -> int:
    """Return 1 when a test failed. ``PLUGIN_PART`` says which part is run: options of pytest, or ``none``."""
    if os.environ.get("PLUGIN_PART") == "none":
        return 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(lambda place: _run(place, name), sorted(ROOT.glob("plugins/*/tests"))))
    return 1 if any(codes) else 0


def _run(tests: Path, name: str) -> int:
    plugin = tests.parent.name
    report = Path(os.environ["REPORTS"]) / f"{name}-{plugin.removeprefix('crm-')}.xml"
    part = shlex.split(os.environ.get("PLUGIN_PART", ""))
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own folders
        [sys.executable, "-m", "pytest", "-q", "--reruns", "1", *part, f"--junitxml={report}", str(tests)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    print(f"{plugin}\n{done.stdout}", flush=True)
    # 5: nothing of it belongs to this part.
    return 0 if done.returncode == 5 else done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
