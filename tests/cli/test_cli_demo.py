"""The demo as a process: real data once, a way to sign in every time."""

import http.client
import json
import signal
import socket
import sqlite3
import stat
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from crmcore_shell import COMMAND, Server, Shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter on Windows")

QUESTIONS, CUSTOMERS = 465, 59


def ask(address: str, path: str, token: str) -> Any:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        assert answer.status == 200
        return json.loads(answer.read())
    finally:
        connection.close()


def rows(shell: Shell, query: str) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(shell.folder / "data" / "crm.sqlite")
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def told(server: Server) -> dict[str, str]:
    return {name: server.line(f"{name}: ", 120) for name in ("Address", "Sign in", "API token")}


@pytest.mark.lets_out("the demo keeps its own token in demo.json")
def test_the_demo_brings_in_real_data_once_and_serves_it(shell: Shell) -> None:
    first = shell.start("demo", "--port", "0")
    lines = told(first)
    email, password = lines["Sign in"].split()
    token = lines["API token"]

    assert email == "demo@example.com" and len(password) > 10
    items = ask(lines["Address"], "/api/conversations?limit=200", token)["items"]
    assert {item["status"] for item in items} >= {"open", "waiting", "closed"}
    assert len({item["contact"]["id"] for item in items}) > 40
    page = ask(lines["Address"], "/api/contacts?q=Gon%C3%A7alves", token)["items"]
    assert [contact["name"] for contact in page] == ["Luís Gonçalves"]
    assert page[0]["custom"]["country"] == "Brazil" and page[0]["phones"] == ["+55 (12) 3923-5555"]
    assert first.end(signal.SIGINT) == 0 and first.out[-1] == "Stopped."

    assert rows(shell, "SELECT state, count(*) FROM inbound_delivery GROUP BY state") == [("done", QUESTIONS)]
    assert rows(shell, "SELECT count(*) FROM message WHERE kind = 'inbound'") == [(QUESTIONS,)]
    assert rows(
        shell, "SELECT count(*) FROM message WHERE delivery NOT IN ('', 'sent', 'stored', 'delivered')"
    ) == [(0,)]
    [(numbers, last)] = rows(shell, "SELECT count(*), max(number) FROM conversation")
    assert numbers == last  # no gap
    [(days,)] = rows(shell, "SELECT count(DISTINCT date(created_at)) FROM message WHERE kind = 'inbound'")
    assert days > 25
    before = rows(shell, "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM message)")
    secrets = shell.folder / "data" / "demo.json"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600

    began = time.monotonic()
    second = shell.start("demo", "--port", "0")
    again = told(second)
    assert time.monotonic() - began < 8
    assert (again["Sign in"], again["API token"]) == (lines["Sign in"], token)
    assert ask(again["Address"], "/api/contacts?limit=1", again["API token"])["items"]
    assert second.end(signal.SIGTERM) == 0
    assert rows(shell, "SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM message)") == before

    secrets.write_text("{broken", encoding="utf-8")
    third = shell.start("demo", "--port", "0")
    renewed = told(third)
    assert renewed["API token"] != token
    assert ask(renewed["Address"], "/api/contacts?limit=1", renewed["API token"])["items"]
    assert third.end() == 0

    # What starts it is killed, as make may be: it ends by itself.
    command = " ".join([*COMMAND, "demo", "--port", "0", "--with-parent", "&", "wait"])
    under = Server(["sh", "-c", command], shell.folder, shell.environment())
    address = under.line("Address: ", 60)
    under.kill()
    assert_gone(address)


def assert_gone(address: str) -> None:
    """Wait until nobody listens on ``address`` any more."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex((urlsplit(address).hostname or "", urlsplit(address).port or 0)):
                return
        time.sleep(0.1)
    raise AssertionError(f"{address} still answers")


@pytest.mark.lets_out("the demo keeps its own token in demo.json")
def test_broken_off_the_demo_goes_on_where_it_was_and_grows_to_a_large_base(shell: Shell) -> None:
    first = shell.start("demo", "--port", "0")
    first.line("Bringing in questions and answers: 2", 120)
    assert first.end(signal.SIGTERM) == 0
    assert first.out[-1] == "Stopped. Start again to go on."
    assert "Traceback" not in "\n".join(first.err)
    [(early,)] = rows(shell, "SELECT count(*) FROM message WHERE kind = 'inbound'")
    assert 0 < early < QUESTIONS

    shell.ok("demo", "--port", "0", "--only-data")
    assert rows(shell, "SELECT count(*) FROM message WHERE kind = 'inbound'") == [(QUESTIONS,)]
    [(replies, conversations)] = rows(
        shell, "SELECT count(*), count(DISTINCT conversation) FROM message WHERE kind = 'reply'"
    )
    assert replies == conversations  # nobody was answered twice
    emails = rows(
        shell, "SELECT count(*), count(DISTINCT normalized) FROM contact_point WHERE kind = 'email'"
    )
    assert emails[0][0] == emails[0][1] >= CUSTOMERS

    # A large base grows on top of it.
    shell.ok("demo", "--port", "0", "--only-data", "--size", "1200")
    assert rows(shell, "SELECT count(*) FROM contact") == [(1200,)]
    assert "Generating contacts: 1500 of 1500" in shell.ok(
        "demo", "--port", "0", "--only-data", "--size", "1500"
    )
    assert rows(shell, "SELECT count(*) FROM contact") == [(1500,)]
    [(numbers, last)] = rows(shell, "SELECT count(*), max(number) FROM conversation")
    assert numbers == last
    orphans = "SELECT count(*) FROM conversation WHERE contact IS NULL OR account IS NULL"
    assert rows(shell, orphans) == [(0,)]
