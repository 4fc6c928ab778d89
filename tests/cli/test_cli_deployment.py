"""What the doctor says of a workspace that strangers can reach: each line is provoked and cured."""

import json
from pathlib import Path

import pytest
from crmcore_shell import Shell

from crmcore.cli.deployment import deployment_findings
from crmcore.settings import WorkspaceSettings

SOUND = {
    "base_url": "https://crm.example.com",
    "database_url": "postgres://crm:secret@db.example.com/crm?sslmode=verify-full",
    "secret_key": "x" * 43,
    "smtp_url": "smtps://crm:secret@mail.example.com",
    "second_factor_roles": ["admin"],
    "plugins": ["validators"],
    "strict": True,
}


def results(folder: Path, **changes: object) -> dict[str, tuple[str, str]]:
    settings = WorkspaceSettings(data_dir=str(folder), **{**SOUND, **changes})  # type: ignore[arg-type]
    findings = deployment_findings(settings)
    return {finding.check.removeprefix("deploy: "): (finding.result, finding.message) for finding in findings}


def test_sound_settings_have_nothing_against_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    found = results(tmp_path)
    assert {name for name, (result, _) in found.items() if result != "ok"} <= {"process"}
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("check", "result", "changes"),
    [
        ("address", "problem", {"base_url": "http://crm.example.com"}),
        ("address", "problem", {"base_url": "https://localhost"}),
        ("database", "problem", {"database_url": "postgres://crm:secret@db.example.com/crm"}),
        ("database", "warning", {"database_url": "postgres://crm@db.example.com/crm?sslmode=require"}),
        ("key", "warning", {"secret_key": ""}),
        ("mail", "warning", {"smtp_url": ""}),
        ("mail", "problem", {"smtp_url": "http://mail.example.com"}),
        ("mail", "warning", {"smtp_url": "smtp://mail.example.com?tls=off"}),
        ("uploads", "problem", {"files_url": "s3://files/crm?endpoint=http://s3.example.com"}),
        ("second factor", "warning", {"second_factor_roles": []}),
        ("plugins", "warning", {"plugins": None}),
        ("outgoing", "problem", {"outgoing_hosts": ["169.254.169.254"]}),
        ("outgoing", "warning", {"outgoing_hosts": ["localhost"]}),
        ("metrics", "warning", {"metrics_from": ["127.0.0.1"]}),
        ("metrics", "warning", {"metrics_from": ["10.0.0.0/8", "::1"]}),
        ("metrics", "problem", {"metrics_from": ["0.0.0.0/0"]}),
    ],
)
def test_each_weakness_is_named(tmp_path: Path, check: str, result: str, changes: dict[str, object]) -> None:
    tmp_path.chmod(0o700)
    found = results(tmp_path, **changes)
    assert found.pop(check)[0] == result
    assert {name for name, (other, _) in found.items() if other != "ok"} <= {"process"}


def test_a_folder_open_to_others_and_a_demo_are_problems(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "demo.json").write_text("{}")
    found = results(tmp_path)
    assert found["data folder"][0] == found["demo"][0] == "problem"
    assert "chmod 700" in found["data folder"][1]


def test_the_command_checks_for_a_deployment_only_when_asked(shell: Shell) -> None:
    shell.ok("user", "add", "anna@example.com", "--role", "admin", "--password", "correct horse battery")
    shell.ok("token", "add", "--user", "anna@example.com", "--scope", "read")
    plain = json.loads(shell.run("doctor", "--json").stdout)
    assert not any(finding["check"].startswith("deploy") for finding in plain)
    done = shell.run("doctor", "--deploy", "--json")
    found = {finding["check"]: finding["result"] for finding in json.loads(done.stdout)}
    assert (done.returncode, found["deploy: address"], found["deploy: tokens"]) == (1, "problem", "warning")
