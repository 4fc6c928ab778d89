"""A workspace gets a new key from the command line."""

import json

from crmcore_shell import Shell


def test_a_key_is_added_rotated_to_and_the_old_one_retired(shell: Shell) -> None:
    shell.ok("migrate")
    file = shell.folder / "data" / "secret.key"
    old = json.loads(shell.ok("keys", "list", "--json"))[0]["id"]
    assert "is the first in" in shell.ok("keys", "add")
    new, kept = (use["id"] for use in json.loads(shell.ok("keys", "list", "--json")))
    assert kept == old
    assert f"{old}  opens" in shell.ok("keys", "list")
    assert file.stat().st_mode & 0o077 == 0
    assert "0 rows were encrypted anew." in shell.ok("keys", "rotate")
    assert "add a new one first" in shell.refused("keys", "retire", new)
    assert "There is no key nonsense" in shell.refused("keys", "retire", "nonsense")
    assert f"{old} is retired." in shell.ok("keys", "retire", old)
    assert len(file.read_text().split()) == 1
    shell.variables = {"CRMCORE_SECRET_KEY": file.read_text().strip()}
    assert "Put this key first in CRMCORE_SECRET_KEY" in shell.ok("keys", "add")
