"""The documentation's site is built strictly: every page in the navigation, every link to somewhere."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_site_is_built_and_has_every_page() -> None:
    pytest.importorskip("zensical", reason="make site installs it")
    built = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "site.py")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    site = ROOT / "build" / "site"
    pages = {page.relative_to(ROOT / "docs").with_suffix("") for page in (ROOT / "docs").rglob("*.md")}
    assert len(pages) > 30
    missing = [str(page) for page in pages if not (site / page / "index.html").exists()]
    assert missing == []
    assert "crmcore" in (site / "index.html").read_text(encoding="utf-8")
