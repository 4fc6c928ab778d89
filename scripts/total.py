"""Add up the JUnit reports of a folder and print one closing line."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def main(folder: str) -> int:
    """Print the sum of all reports in ``folder``; return 1 when a test failed."""
    tests = failed = skipped = 0
    seconds = 0.0
    reports = sorted(Path(folder).glob("*.xml"))
    for report in reports:
        # Our own reports, from the run a moment ago: nobody's untrusted XML.
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314
            tests += int(suite.get("tests", 0))
            failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped += int(suite.get("skipped", 0))
            seconds += float(suite.get("time", 0))
    again = Path(folder) / "again.txt"
    if again.exists():
        print("Passed or failed only when told once more; look at them:")
        print("".join(sorted(set(again.read_text(encoding="utf-8").splitlines(keepends=True)))), end="")
    print(
        f"{tests - failed - skipped} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s of tests"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
