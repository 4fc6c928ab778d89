"""Users, tokens, migrations, settings and the doctor."""

import json
import os
import sqlite3
import stat
from contextlib import closing

import pytest
from crmcore_shell import Shell

PASSWORD = "correct horse battery"


def test_a_token_is_one_json_object_and_works(shell: Shell) -> None:
    made = json.loads(
        shell.ok("user", "add", "Anna@Example.com", "--role", "admin", "--password", PASSWORD, "--json")
    )
    token = json.loads(shell.ok("token", "add", "--user", "anna@example.com", "--scope", "read", "--json"))

    assert made["role"] == "admin"
    assert list(token) == ["token"] and token["token"].startswith("crm_")
    plain = shell.ok("token", "add", "--user", "anna@example.com", "--scope", "read,contact.write").strip()
    assert plain.startswith("crm_") and plain != token["token"]
    with sqlite3.connect(shell.folder / "data" / "crm.sqlite") as database:
        scopes = [
            json.loads(row[0]) for row in database.execute("SELECT scopes FROM api_token ORDER BY created_at")
        ]
        stored = " ".join(str(row) for row in database.execute("SELECT * FROM api_token"))
    database.close()
    assert scopes == [["read"], ["read", "contact.write"]]
    assert token["token"] not in stored


def test_a_password_comes_from_stdin_when_asked(shell: Shell) -> None:
    shell.ok("user", "add", "bot@example.com", "--password", "-", stdin=f"{PASSWORD}\n")

    assert "already a user" in shell.refused("user", "add", "bot@example.com", "--password", PASSWORD)


def test_people_and_tokens_are_listed_changed_and_ended(shell: Shell) -> None:
    shell.ok("user", "add", "anna@example.com", "--role", "admin", "--password", PASSWORD)
    text = shell.ok("token", "add", "--user", "anna@example.com", "--scope", "read", "--name", "shop").strip()
    [person] = json.loads(shell.ok("user", "list", "--json"))
    [token] = json.loads(shell.ok("token", "list", "--json"))

    assert (person["email"], person["role"], person["active"]) == ("anna@example.com", "admin", True)
    assert "password_hash" not in person
    assert "anna@example.com" in shell.ok("user", "list")
    assert token["name"] == "shop" and token["scopes"] == ["read"]
    assert "valid" in shell.ok("token", "list") and text not in json.dumps(token)

    assert token["id"] in shell.ok("token", "revoke", token["id"])
    assert "revoked 2" in shell.ok("token", "list")
    assert "no token" in shell.refused("token", "revoke", person["id"])

    def stored() -> str:
        with closing(sqlite3.connect(shell.folder / "data" / "crm.sqlite")) as database:
            return str(database.execute("SELECT password_hash FROM user_account").fetchone()[0])

    before = stored()
    shell.ok("user", "password", "anna@example.com", "--password", "-", stdin="another horse battery\n")
    assert stored() != before
    assert "password" in shell.refused("user", "password", "anna@example.com", "--password", "short")
    assert "no user tom@example.com" in shell.refused(
        "user", "password", "tom@example.com", "--password", "x"
    )


def test_what_is_wrong_is_one_sentence(shell: Shell) -> None:
    shell.ok("user", "add", "anna@example.com", "--password", PASSWORD)

    assert "no user nobody@example.com" in shell.refused(
        "token", "add", "--user", "nobody@example.com", "--scope", "all"
    )
    assert "“fly” is not a scope" in shell.refused(
        "token", "add", "--user", "anna@example.com", "--scope", "fly"
    )
    assert "password" in shell.refused("user", "add", "tom@example.com", "--password", "short")
    assert "role" in shell.refused("user", "add", "tom@example.com", "--role", "king", "--password", PASSWORD)


def test_migrate_tells_what_it_runs_and_check_asks(shell: Shell) -> None:
    pending = shell.run("migrate", "--check", "--json")
    run = json.loads(shell.ok("migrate", "--json"))["run"]

    assert pending.returncode == 1
    assert json.loads(pending.stdout)["pending"] == run != []
    assert json.loads(shell.ok("migrate", "--check", "--json")) == {"pending": []}
    assert shell.ok("migrate").strip() == "The database is up to date."


def test_settings_come_from_a_file_then_variables_then_options(shell: Shell) -> None:
    (shell.folder / "crm.toml").write_text(
        'data_dir = "from-file"\nplugins = ["validators"]\n', encoding="utf-8"
    )
    shell.variables = {"CRMCORE_DATA": ""}
    shell.ok("--settings", "crm.toml", "migrate")
    assert (shell.folder / "from-file" / "crm.sqlite").exists()
    shell.variables = {"CRMCORE_DATA": "from-variable", "CRMCORE_SETTINGS": "crm.toml"}
    shell.ok("migrate")
    assert (shell.folder / "from-variable" / "crm.sqlite").exists()

    (shell.folder / "bad.toml").write_text("flavour = 1\n", encoding="utf-8")
    assert "bad.toml: “flavour” is not a setting" in shell.refused("--settings", "bad.toml", "migrate")


def test_a_data_folder_that_cannot_be_made_is_told_in_a_sentence(shell: Shell) -> None:
    (shell.folder / "file").write_text("", encoding="utf-8")

    assert str(shell.folder / "file") in shell.refused(
        "--data", str(shell.folder / "file" / "data"), "migrate"
    )


def test_a_database_that_is_away_is_told_in_a_sentence(shell: Shell) -> None:
    shell.variables = {"CRMCORE_DATABASE_URL": "postgres://nobody:secret-word@127.0.0.1:1/none"}
    sentence = shell.refused("migrate")

    assert "database" in sentence and "secret-word" not in sentence


def test_the_doctor_finds_nothing_wrong_and_then_something(shell: Shell) -> None:
    shell.ok("user", "add", "anna@example.com", "--role", "admin", "--password", PASSWORD)
    healthy = json.loads(shell.ok("doctor", "--json"))

    assert {finding["result"] for finding in healthy} == {"ok"}
    assert {"python", "data folder", "database", "migrations", "jobs", "deliveries", "users"} <= {
        finding["check"] for finding in healthy
    }
    (shell.folder / "data" / "secret.key").chmod(0o644)
    ill = shell.run("doctor")
    assert ill.returncode == 1
    assert "PROBLEM" in ill.stdout and "chmod 600" in ill.stdout


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_the_database_is_its_owners_alone(shell: Shell) -> None:
    shell.ok("migrate")

    assert stat.S_IMODE((shell.folder / "data" / "crm.sqlite").stat().st_mode) == 0o600


def test_the_search_index_is_made_anew(shell: Shell) -> None:
    sheet = shell.folder / "people.csv"
    sheet.write_text("First name,E-mail\nAnna,anna@example.com\nBoris,boris@example.com\n", encoding="utf-8")
    shell.ok("import", "contacts", str(sheet))
    with closing(sqlite3.connect(shell.folder / "data" / "crm.sqlite")) as database, database:
        database.execute("DELETE FROM search_entry")
    told = shell.ok("search", "rebuild")
    assert "contact: 2 of 2" in told
    assert "2 records are indexed." in told
    with closing(sqlite3.connect(shell.folder / "data" / "crm.sqlite")) as database:
        ((count,),) = database.execute("SELECT COUNT(*) FROM search_words WHERE search_words MATCH 'anna'")
    assert count == 1
