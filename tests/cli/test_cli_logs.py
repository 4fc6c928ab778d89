"""What a process logs is lines of JSON, whoever wrote them, and a collector that is away does not fill the disk."""

import json
import time

from crmcore_shell import Shell
from test_cli_serve import asked


def test_every_line_is_json_while_nobody_takes_the_traces(shell: Shell) -> None:
    # A port that is closed: one of the reserved ones.
    shell.variables = {
        "CRMCORE_TRACES_URL": "http://127.0.0.1:1/v1/traces",
        "CRMCORE_BASE_URL": "http://127.0.0.1:8000",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    server = shell.start("serve", "--port", "0")
    address = server.line("Address: ")
    for _ in range(3):
        assert asked(address, "/health/ready")[0] == 200
        time.sleep(0.2)
    assert server.end(timeout_s=30) == 0

    lines = [json.loads(line) for line in server.err]
    assert all(line["event"] and line["level"] and line["timestamp"] for line in lines), lines
    lost = [line for line in lines if line.get("logger", "").startswith("opentelemetry")]
    assert 0 < len(lost) <= 8, lines
