"""Look at every screen in a browser, and print every budget with its figure: what ``make ui`` runs.

Parts, each a run of pytest: the screens; in the full form the browser tests of other rooms, and what measures times,
which has the machine to itself. A part that fails does not keep the others from running.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "ui"))

from figures import FULL, gathered, lines  # noqa: E402 - found by the line above

REPORTS = Path(os.environ.get("REPORTS", ROOT / "build"))


def main(places: list[str]) -> int:
    """Run all parts, of ``places`` alone when some are named; return 1 when one of them fails."""
    others = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/*/test_*browser.py"))
    together, again = ["-n", "3"], ["--reruns", "1"]
    parts = {"ui": [*together, *again, "-m", "not quiet", *(places or ["tests/ui"])]}
    if FULL:
        # They have an event loop of their own, which the browser of the first part would be in the way of.
        parts |= {} if places else {"ui-browser": [*together, *again, *others]}
        parts["ui-times"] = ["-m", "quiet", *(places or ["tests/ui"])]
    codes, took = [], []
    for name, arguments in parts.items():
        began = time.monotonic()
        report = REPORTS / f"{name}.xml"
        report.unlink(missing_ok=True)
        load = os.getloadavg()[0]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", f"--junitxml={report}"]
        told_later = os.environ | {"CRMCORE_UI_TOLD": "later"}
        done = subprocess.run(  # noqa: S603 - our own tests
            [*command, *arguments], cwd=ROOT, env=told_later, check=False
        )
        # A part of what was named may have nothing to measure.
        codes.append(0 if places and done.returncode == 5 else done.returncode)
        took.append(
            f"{name} {time.monotonic() - began:.0f} s at a load of {load:.1f} to {os.getloadavg()[0]:.1f}"
        )
    print("\n".join(lines(*gathered(_told(parts)))))
    print(f"Parts: {', '.join(took)}; {'failed' if any(codes) else 'all passed'}")
    return 1 if any(codes) else 0


def _told(parts: dict[str, list[str]]) -> Iterator[tuple[str, object]]:
    for name in parts:
        report = REPORTS / f"{name}.xml"
        if report.exists():
            # Our own reports, from the run a moment ago: nobody's untrusted XML.
            for told in ElementTree.parse(report).getroot().iter("property"):  # noqa: S314
                yield told.get("name", ""), told.get("value", "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
