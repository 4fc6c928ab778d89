"""The server as a process: it says when it answers, and ends when it is told to."""

import http.client
import json
import signal
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest
from crmcore_shell import Server, Shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter on Windows")


def asked(address: str, path: str, token: str = "") -> tuple[int, bytes]:
    """Return status and body of one request."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture
def server(shell: Shell) -> Server:
    return shell.start("serve", "--port", "0")


def test_the_address_is_printed_once_it_answers(server: Server) -> None:
    address = server.line("Address: ")

    status, body = asked(address, "/health/ready")
    assert status == 200 and json.loads(body)["checks"]["database"] == "ok"
    assert asked(address, "/api/contacts")[0] == 401


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(server: Server, number: signal.Signals) -> None:
    server.line("Address: ")

    assert server.end(number) == 0
    assert server.out[-1] == "Stopped."
    assert "Traceback" not in "\n".join(server.err)


def test_a_kept_connection_does_not_hold_it_up(server: Server) -> None:
    address = server.line("Address: ")
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request("GET", "/health/live")
    connection.getresponse().read()
    began = time.monotonic()

    assert server.end() == 0
    assert time.monotonic() - began < 8
    connection.close()


def test_a_second_signal_does_not_wait(server: Server) -> None:
    address = server.line("Address: ")
    with socket.create_connection((urlsplit(address).hostname or "", urlsplit(address).port or 0)) as half:
        half.sendall(b"POST /api/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.3)
        server.process.send_signal(signal.SIGINT)
        time.sleep(1.2)

        assert server.end(signal.SIGINT, timeout_s=4) == 0
    assert "Traceback" not in "\n".join(server.err)


def test_a_port_in_use_is_told_in_a_sentence(shell: Shell, server: Server) -> None:
    port = server.line("Address: ").rpartition(":")[2]
    sentence = shell.refused("serve", "--port", port)

    assert f"Port {port} is in use" in sentence and f"crmcore serve --port {int(port) + 1}" in sentence
    assert "make" not in sentence
    assert f"crmcore demo --port {int(port) + 1}" in shell.refused("demo", "--port", port)
    assert f"make demo PORT={int(port) + 1}" in shell.refused("demo", "--with-parent", "--port", port)


def test_an_address_that_is_not_ours_is_told_in_a_sentence(shell: Shell) -> None:
    assert "192.0.2.1" in shell.refused("serve", "--host", "192.0.2.1", "--port", "0")
    assert "no.such.host.invalid" in shell.refused("serve", "--host", "no.such.host.invalid")


def test_two_servers_of_one_workspace_start_at_once(shell: Shell) -> None:
    servers = [shell.start("serve", "--port", "0") for _ in range(2)]
    addresses = [server.line("Address: ") for server in servers]

    assert {asked(address, "/health/ready")[0] for address in addresses} == {200}
    assert [server.end() for server in servers] == [0, 0]


def test_a_strict_server_with_a_broken_plugin_does_not_start(shell: Shell) -> None:
    shell.variables = {"CRMCORE_PLUGINS": "validators,nowhere"}

    assert "nowhere" in shell.refused("--strict", "serve", "--port", "0")
    lenient = shell.start("serve", "--port", "0")
    assert asked(lenient.line("Address: "), "/health/ready")[0] == 200


def test_open_requests_are_answered_before_the_end(shell: Shell, server: Server) -> None:
    address = server.line("Address: ")
    shell.ok("user", "add", "anna@example.com", "--role", "admin", "--password", "correct horse battery")
    token = shell.ok("token", "add", "--user", "anna@example.com", "--scope", "read").strip()
    statuses: list[int] = []

    def ask() -> None:
        for _ in range(200):
            try:
                statuses.append(asked(address, "/api/contacts", token)[0])
            except OSError:
                return

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.3)
    assert server.end() == 0
    asking.join(20)
    assert len(statuses) > 3 and set(statuses) == {200}


def test_links_lead_to_the_port_that_is_open_unless_an_address_is_set(shell: Shell, server: Server) -> None:
    address = server.line("Address: ")

    assert json.loads(asked(address, "/api/contacts")[1])["type"].startswith(f"{address}/api/docs#")
    assert "base_url is not set" in "\n".join(server.err)

    shell.variables["CRMCORE_BASE_URL"] = "https://crm.example.com"
    named = shell.start("serve", "--port", "0")
    document = json.loads(asked(named.line("Address: "), "/api/contacts")[1])
    assert document["type"].startswith("https://crm.example.com/api/docs#")
    assert "base_url" not in "\n".join(named.err)
