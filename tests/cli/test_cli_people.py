"""People by the command: invited, let in again, kept out."""

import json
import sqlite3
from contextlib import closing

from crmcore_shell import Shell

PASSWORD = "correct horse battery"


def test_a_person_is_invited_helped_and_kept_out(shell: Shell) -> None:
    shell.ok("user", "add", "ada@example.com", "--role", "admin", "--password", PASSWORD)
    made = json.loads(shell.ok("user", "invite", "Boris@example.com", "--language", "ru", "--json"))
    assert "/invitation/" in made["link"] and made["role"] == "agent"
    assert "/invitation/" in shell.ok("user", "invite", "carol@example.com", "--role", "viewer")
    assert "There is no team Sales" in shell.refused("user", "invite", "x@example.com", "--team", "Sales")
    assert "already a user" in shell.refused("user", "invite", "ada@example.com")
    assert "/password/" in shell.ok("user", "reset-link", "ada@example.com")
    assert "no user" in shell.refused("user", "reset-link", "nobody@example.com")
    assert "only administrator" in shell.refused("user", "disable", "ada@example.com")
    shell.ok("user", "add", "bo@example.com", "--password", PASSWORD)
    shell.ok("user", "disable", "bo@example.com")
    people = {person["email"]: person["active"] for person in json.loads(shell.ok("user", "list", "--json"))}
    assert people == {"ada@example.com": True, "bo@example.com": False}
    assert "not active" in shell.refused("user", "reset-link", "bo@example.com")
    shell.ok("user", "enable", "bo@example.com")
    assert "password alone" in shell.ok("user", "reset-second-factor", "bo@example.com")
    assert "easy to guess" in shell.refused(
        "user", "password", "bo@example.com", "--password", "password1234"
    )


def test_an_import_is_named_by_the_beginning_of_its_id_and_options_stand_anywhere(shell: Shell) -> None:
    (shell.folder / "people.csv").write_text("First name,Email\nAnn,a@x.example\n", encoding="utf-8")
    place = ("--data", str(shell.folder / "elsewhere"))
    shell.ok("import", *place, "contacts", "people.csv")
    (run,) = json.loads(shell.ok("import", *place, "list", "--json"))

    assert "No import begins with zz" in shell.refused("import", *place, "undo", "zz")
    assert "1 undone" in shell.ok("import", *place, "undo", run["id"][:10])


def test_an_undo_that_was_cut_off_is_gone_on_with_as_an_undo(shell: Shell) -> None:
    (shell.folder / "people.csv").write_text("First name,Email\nAnn,a@x.example\n", encoding="utf-8")
    shell.ok("import", "contacts", "people.csv")
    (run,) = json.loads(shell.ok("import", "list", "--json"))
    # What a process leaves behind that is killed between asking for the undoing and its first batch.
    with closing(sqlite3.connect(shell.folder / "data" / "crm.sqlite")) as connection, connection:
        connection.execute("UPDATE import_run SET state = 'undoing', finished_at = NULL")
    done = shell.run("import", "resume", run["id"])
    assert (done.returncode, done.stdout) == (0, "1 undone, 0 kept\n"), done.stderr
    assert "Undoing people.csv: 1 of 1" in done.stderr
