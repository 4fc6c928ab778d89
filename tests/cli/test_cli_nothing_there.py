"""Commands that only look make nothing: no folder, no database, no key."""

import json
import os

import pytest
from crmcore_shell import Shell


def doctors_findings(shell: Shell) -> dict[str, dict[str, str]]:
    """Return what an ill workspace's doctor says, by check."""
    done = shell.run("doctor", "--json")
    assert done.returncode == 1, done.stderr
    return {finding["check"]: finding for finding in json.loads(done.stdout)}


@pytest.mark.parametrize(
    "command",
    [
        "plugins purge shopify",
        "fields list",
        "fields plan",
        "inbound list",
        "inbound replay --state held",
        "search rebuild",
        "keys add",
        "token add --user anna@example.com --scope read",
    ],
)
def test_without_a_workspace_a_command_says_so_and_makes_none(shell: Shell, command: str) -> None:
    sentence = shell.refused(*command.split())

    assert (
        f"There is no workspace in {shell.folder / 'data'} yet" in sentence and "crmcore migrate" in sentence
    )
    assert list(shell.folder.iterdir()) == []


def test_a_plugin_can_be_checked_and_migrations_asked_for_without_a_workspace(shell: Shell) -> None:
    assert "validators" in shell.ok("plugins", "check", "validators")
    assert "validators" in shell.ok("plugins", "list")
    assert shell.run("migrate", "--check").returncode == 1
    assert list(shell.folder.iterdir()) == []


def test_the_doctor_says_that_there_is_no_workspace_and_makes_none(shell: Shell) -> None:
    findings = doctors_findings(shell)

    assert findings["workspace"]["result"] == "problem"
    assert "There is no workspace" in findings["workspace"]["message"]
    assert findings["plugin validators"]["result"] == "ok"
    assert list(shell.folder.iterdir()) == []


def test_the_doctor_misses_a_key_and_makes_none(shell: Shell) -> None:
    shell.ok("migrate")
    key = shell.folder / "data" / "secret.key"
    key.unlink()
    findings = doctors_findings(shell)

    assert "put it back" in findings["key"]["message"] and findings["database"]["result"] == "ok"
    assert "put it back" in shell.refused("fields", "list")
    assert not key.exists()


def test_the_doctor_of_a_broken_key_leaves_it_as_it_is(shell: Shell) -> None:
    shell.ok("migrate")
    key = shell.folder / "data" / "secret.key"
    key.write_text("not a key\n", encoding="ascii")

    assert "32 bytes" in doctors_findings(shell)["key"]["message"]
    assert key.read_text(encoding="ascii") == "not a key\n"


@pytest.mark.parametrize("password", ["secret-word", "secret%2Fword"])
def test_the_doctor_works_when_the_database_is_down(shell: Shell, password: str) -> None:
    pytest.importorskip("asyncpg")
    shell.variables = {"CRMCORE_DATABASE_URL": f"postgres://nobody:{password}@127.0.0.1:1/none"}
    done = shell.run("doctor")

    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("PROBLEM  database") and "127.0.0.1:1" in line for line in lines)
    assert any(line.startswith("ok       plugin validators") for line in lines)
    assert "word" not in done.stdout + done.stderr
    assert list(shell.folder.iterdir()) == []


def test_the_doctor_names_a_file_that_is_no_database(shell: Shell) -> None:
    shell.ok("migrate")
    file = shell.folder / "data" / "crm.sqlite"
    for each in file.parent.glob("crm.sqlite*"):
        each.unlink()
    file.write_bytes(b"a letter, not a database" * 100)
    finding = doctors_findings(shell)["database"]

    assert finding["result"] == "problem" and str(file) in finding["message"]


@pytest.mark.skipif(os.name != "posix", reason="modes are another matter on Windows")
def test_the_doctor_does_not_mend_the_mode_it_tells_of(shell: Shell) -> None:
    shell.ok("migrate")
    (shell.folder / "data" / "secret.key").chmod(0o644)

    for _ in range(2):
        assert "chmod 600" in doctors_findings(shell)["data folder"]["message"]


def test_an_empty_list_says_of_what(shell: Shell) -> None:
    shell.ok("migrate")

    assert shell.ok("inbound", "list").strip() == "Nothing has arrived."
    assert shell.ok("inbound", "list", "--state", "quarantined").strip() == (
        "No delivery is in the state quarantined."
    )
