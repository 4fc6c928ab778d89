"""The command explains itself."""

import json
import subprocess
import sys
import time

import pytest
import rich_click as click
from crmcore_shell import Shell

from crmcore.cli import main


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append((*path, name))
    return found


ALL = commands(main)


def test_all_promised_commands_are_there() -> None:
    assert {" ".join(path) for path in ALL} == {
        *(
            "serve",
            "host",
            "worker",
            "backup",
            "restore",
            "demo",
            "migrate",
            "doctor",
            "export",
            "new-plugin",
            "user add",
            "user list",
            "user password",
        ),
        *("import file", "import list", "import resume", "import cancel", "import undo"),
        *("user invite", "user reset-link", "user disable", "user enable", "user reset-second-factor"),
        *("audit verify", "audit export"),
        *(
            "jobs list",
            "jobs show",
            "jobs queues",
            "jobs periodic",
            "jobs retry",
            "jobs cancel",
            "jobs discard",
        ),
        *("events replay", "events list", "events cancel"),
        *("keys list", "keys add", "keys rotate", "keys retire"),
        *("token add", "token list", "token revoke"),
        *("role list", "role show", "role set", "role delete"),
        *("privacy export", "privacy erase", "privacy retention"),
        *("plugins lock", "plugins install", "plugins verify", "plugins diff", "plugins freeze"),
        *("plugins plan", "plugins container"),
        *("plugins list", "plugins check", "plugins enable", "plugins disable", "plugins purge"),
        *(
            "fields list",
            "fields plan",
            "inbound list",
            "inbound replay",
            "search rebuild",
            "duplicates scan",
        ),
        *("fields change", "fields rename", "fields export", "fields delete", "fields restore"),
    }


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_help_begins_with_a_sentence_and_gives_an_example(path: tuple[str, ...]) -> None:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    text = command.help or ""

    assert text.partition("\n\n")[0].rstrip().endswith((".", "?"))
    assert "Example" in text
    assert f"crmcore {' '.join(path)}" in text
    if path == ("host",):  # its file says all that of each workspace
        return
    assert {"--data", "--settings", "--no-plugins", "--strict"} <= {
        option for parameter in command.params for option in parameter.opts
    }


def test_help_says_the_exit_codes_and_comes_at_once(shell: Shell) -> None:
    assert "Exit codes: 0 done, 1 refused" in " ".join(shell.ok("--help").split())

    def least(*arguments: str) -> float:
        took = []
        for _ in range(3):
            started = time.monotonic()
            shell.ok(*arguments)
            took.append(time.monotonic() - started)
        return min(took)

    assert least("--help") < least("migrate")


def test_help_needs_neither_litestar_nor_the_workspace() -> None:
    code = (
        "import sys, crmcore.cli; "
        "print([name for name in ('litestar', 'crmcore.workspace', 'uvicorn', 'httpx2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)

    assert done.stdout.strip() == "[]"


def test_wrong_usage_is_exit_code_2(shell: Shell) -> None:
    for arguments in (["serve", "--port", "many"], ["nonsense"], ["token", "add"], ["inbound", "replay"]):
        assert shell.run(*arguments).returncode == 2


def test_global_options_stand_before_or_after_the_command(shell: Shell) -> None:
    shell.ok("migrate")
    for arguments in (
        ["--no-plugins", "plugins", "list", "--json"],
        ["plugins", "list", "--no-plugins", "--json"],
        ["--no-plugins=*", "plugins", "list", "--json"],
    ):
        found = json.loads(shell.ok(*arguments))
        assert {plugin["state"] for plugin in found if plugin["name"] != "core"} <= {"disabled"}

    shell.ok("--data", str(shell.folder / "one"), "migrate")
    shell.ok("migrate", "--data", str(shell.folder / "two"))
    assert (shell.folder / "one" / "crm.sqlite").exists() and (shell.folder / "two" / "crm.sqlite").exists()
