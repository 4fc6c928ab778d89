"""``crmcore host`` as a process."""

import http.client
import json
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

from crmcore_shell import Shell


def asked(address: str, path: str, host: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def write(file: Path, *names: str) -> None:
    text = '[host]\nlogs = "logs"\n'
    for name in names:
        text += f'[workspaces.{name}]\nhosts = ["{name}.example.com"]\nno_plugins = ["*"]\n'
    file.write_text(text)


def test_workspaces_are_served_by_their_names_and_the_file_is_followed(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    write(file, "one", "two")
    assert "one.example.com" in shell.ok("host", str(file), "--check")
    server = shell.start("host", str(file), "--port", "0", "--status-port", "0")
    address, status = server.line("Address: "), server.line("Status: ")
    for name, code in (("one", 200), ("two", 200), ("three", 421)):
        assert asked(address, "/health/ready", f"{name}.example.com")[0] == code
    told = json.loads(asked(status.removesuffix("/workspaces"), "/workspaces", "")[1])
    assert {item["name"]: item["state"] for item in told["items"]} == {"one": "awake", "two": "awake"}

    write(file, "one", "three")
    server.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 20
    while asked(address, "/health/ready", "three.example.com")[0] != 200 and time.monotonic() < until:
        time.sleep(0.1)
    names = ("one", "two", "three")
    statuses = [asked(address, "/health/ready", f"{name}.example.com")[0] for name in names]
    assert statuses == [200, 421, 200]
    assert (tmp_path / "data" / "one" / "crm.sqlite").exists()
    assert server.end() == 0


def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text("[workspaces.one]\n")
    assert "Add the names it answers to" in shell.refused("host", str(file), "--check")
