"""``crmcore plugins check --database``: a plugin is tried on either database, or on both."""

import logging
from pathlib import Path

import pytest
from crmcore_shell import Shell

from crmcore.cli.quality import document_of, tried
from crmcore.testing.postgres import PostgresServer

FIELD = """
from crmcore import CustomField, hookimpl


@hookimpl
def register_custom_fields():
    label = {"en": "Stamps", "ru": "Марки"}
    return [CustomField(record_type="contact", key="stamps_count", label=label, type="integer")]
"""


def test_it_is_tried_on_both_databases_and_nothing_is_left_on_the_server(
    tmp_path: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "stamps.py"
    file.write_text(FIELD, encoding="utf-8")
    monkeypatch.setattr(logging.getLogger("crmcore"), "propagate", True)
    reports = [document_of(report) for report in tried([str(file)], "both", postgres_server.url)]

    found = [(report["plugin"], report["database"], report["level"]) for report in reports]
    assert found == [("stamps", "sqlite", "gold"), ("stamps", "postgres", "gold")]
    assert len({len(report["rules"]) for report in reports}) == 1
    query = "SELECT datname FROM pg_database WHERE datname LIKE 'crmcore_kit_%'"
    assert postgres_server.ask("postgres", lambda connection: connection.fetch(query)) == []


def test_a_server_that_does_not_answer_is_named_without_its_password(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "stamps.py").write_text(FIELD, encoding="utf-8")
    server = "postgres://ci:hunter2hunter2@127.0.0.1:1/postgres"
    said = shell.refused("plugins", "check", "./stamps.py", "--database", "postgres", "--server", server)

    assert "does not answer" in said and "may make databases" in said and "hunter2" not in said
