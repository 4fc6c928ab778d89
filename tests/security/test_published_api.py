"""The published OpenAPI document against the running server, by a tester that knows nothing but the document."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_server import HostileServer

TESTER = shutil.which("schemathesis", path=f"{Path(sys.executable).parent}")
FULL = os.environ.get("CRMCORE_SECURITY") == "full"
CHECKS = (
    "not_a_server_error",
    "content_type_conformance",
    "response_schema_conformance",
    "status_code_conformance",
)
# These end the tester's own session or token, switch off what it talks to, wait for somebody outside, or never end.
LEFT_OUT = ("revoke_token", "update_user", "change_password", "verify_audit", "listen")


@pytest.mark.skipif(TESTER is None, reason="schemathesis is not installed here; `make security` has it")
@pytest.mark.timeout(1800)
def test_every_answer_is_one_that_the_document_promises(
    fresh_database: Callable[[], str], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    assert TESTER is not None
    url = fresh_database()
    report = tmp_path / "report.json"
    with HostileServer(url, tmp_path / "data").running() as server:
        done = subprocess.run(
            [
                *(TESTER, "run", f"http://127.0.0.1:{server.port}/api/openapi.json"),
                *("--header", f"Authorization: Bearer {server.token}"),
                *("--checks", ",".join(CHECKS), "--seed", "20261122", "--no-color", "--continue-on-failure"),
                *("--phases", "examples,fuzzing" if FULL else "fuzzing"),
                *("--max-examples", "60" if FULL else "3", "--no-shrink", "--request-timeout", "10"),
                *("--warnings", "off", "--suppress-health-check", "all"),
                *("--report-json-path", str(report), "--generation-database", "none"),
                *(part for name in LEFT_OUT for part in ("--exclude-operation-id", name)),
            ],
            text=True,
            capture_output=True,
            cwd=tmp_path,
            check=False,
        )
    said = done.stdout[-20_000:]
    cases = sum(map(int, re.findall(r"(\d[\d,]*) (?:test cases )?generated", said.replace(",", ""))))
    record_property("counted", f"requests made from the OpenAPI document on {url.split(':')[0]}: {cases}")
    assert done.returncode == 0, said
    assert cases > 400, said
    assert report.exists() and json.loads(report.read_text())
