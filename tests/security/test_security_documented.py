"""Every test that docs/security.md names is there, and nothing is claimed without one."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+[^|]*) \|[^|]*\|([^|]*)\|$", re.MULTILINE)


def test_every_claim_names_a_test_that_exists() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) > 35
    for claim, shown in rows:
        names = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", shown)
        assert names, claim
        for file, name in names:
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            tests = {
                node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert (name in tests) if name else tests, f"{claim}: {file}::{name}"


def test_what_is_claimed_is_not_disclaimed() -> None:
    claimed = set(re.findall(r"\d+\.\d+\.\d+", " ".join(claim for claim, _ in ROW.findall(PAGE))))
    refused = {
        number
        for line in PAGE.partition("**Not claimed**")[2].splitlines()
        for number in re.findall(r"\b\d+\.\d+\.\d+\b", line.partition(":")[0].partition(" at level")[0])
    }
    assert not claimed & refused - {"3.4.3"} and len(refused) > 10


def test_the_report_has_a_way_and_no_address() -> None:
    report = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "Report a vulnerability" in report and "@" not in report
    assert "docs/security.md" in (ROOT / "README.md").read_text(encoding="utf-8")
