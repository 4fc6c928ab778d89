"""The rule that lets nothing but the guarded client speak to the outside finds what it should."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUFF = shutil.which("ruff", path=f"{Path(sys.executable).parent}") or shutil.which("ruff")


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed here; the lint run has it")
@pytest.mark.parametrize(
    "line",
    [
        "import httpx2",
        "from urllib.request import urlopen",
        "import requests",
        "import aiohttp",
        "import http.client",
        "import smtplib",
        "from asyncio import open_connection",
    ],
)
def test_another_way_out_is_found(line: str) -> None:
    assert RUFF is not None
    for place in ("crmcore/contacts/made_up.py", "plugins/crm-shopify/src/crm_shopify/made_up.py"):
        done = subprocess.run(
            [RUFF, "check", "--select", "TID251", "--no-cache", "--stdin-filename", str(ROOT / place), "-"],
            input=f"{line}\n",
            text=True,
            capture_output=True,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 1 and "TID251" in done.stdout, (place, done.stdout, done.stderr)
