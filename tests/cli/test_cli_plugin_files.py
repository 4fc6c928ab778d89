"""``crmcore serve --plugin FILE --reload``: a plugin of one file, loaded anew when it is written."""

import sys
from pathlib import Path

import httpx2
import pytest
from crmcore_shell import Shell

FILE = """
from crmcore import Validator, hookimpl

@hookimpl
def register_validators():
    return [Validator(key="{key}", label="Key", check=lambda value, options: value)]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter on Windows")
@pytest.mark.timeout(200)
def test_a_file_is_a_plugin_and_is_loaded_anew_when_it_is_written(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "loyalty.py"
    file.write_text(FILE.format(key="first"), encoding="utf-8")
    server = shell.start("serve", "--port", "0", "--plugin", str(file), "--reload", "--no-plugins=validators")
    assert server.line("loyalty.py: ") == "loaded"
    address = server.line("Address: ")

    server.out.clear()
    file.write_text("x = (", encoding="utf-8")
    assert "never closed" in server.line("loyalty.py: failed")
    assert server.line("Address: ") == address
    assert httpx2.get(f"{address}/health/ready").status_code == 200

    server.out.clear()
    file.write_text(FILE.format(key="second"), encoding="utf-8")
    assert server.line("loyalty.py: ") == "loaded"
    assert server.line("Address: ") == address
    assert server.end() == 0


def test_what_is_no_plugin_is_refused_with_a_sentence(shell: Shell, tmp_path: Path) -> None:
    odd = tmp_path / "My-Plugin.py"
    odd.write_text("", encoding="utf-8")
    for arguments, said in (
        (["--plugin", "./nowhere.py"], "There is no file"),
        (["--plugin", str(odd)], "cannot be a plugin's name"),
        (["--reload"], "name one with --plugin"),
        (["--plugin", "./a.py", "--workers", "2"], "without --workers"),
    ):
        assert said in shell.refused("serve", "--port", "0", *arguments)
