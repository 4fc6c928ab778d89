"""Roles on the command line."""

import json

from crmcore_shell import Shell


def test_a_role_is_taken_from_another_changed_and_deleted(shell: Shell) -> None:
    shell.ok("migrate")
    role = json.loads(shell.ok("role", "show", "viewer"))
    assert {"contact.read", "task.read"} <= set(role["permissions"])
    file = shell.folder / "role.json"
    file.write_text(json.dumps(role | {"key": "desk", "rows": {"*": "team"}}), encoding="utf-8")
    assert "was made" in shell.ok("role", "set", str(file))
    assert "was changed" in shell.ok("role", "set", str(file))
    assert "team" in shell.ok("role", "list")
    file.write_text(json.dumps(role | {"key": "desk", "permissions": ["contact.fly"]}), encoding="utf-8")
    assert "contact.fly" in shell.refused("role", "set", str(file))
    file.write_text("{}", encoding="utf-8")
    assert "is no role" in shell.refused("role", "set", str(file))
    assert "is gone" in shell.ok("role", "delete", "desk")
    assert "stays as it is" in shell.refused("role", "delete", "viewer")
