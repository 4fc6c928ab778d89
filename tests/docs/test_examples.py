"""Every example of the documentation does what the page says.

A page's files are written and its commands run in the order of the page, in one empty folder with a workspace of its
own. The Python of an ``api`` block talks to a server that really runs.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import PAGES, QUIET, Block, blocks_of, fits

ADDRESS = "http://127.0.0.1:8000"


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a shell in ``folder``, where ``pip install`` goes into ``folder`` too."""
    site = folder / "site"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRMCORE_", "PIP_"))}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(site),
        "PIP_TARGET": str(site),
        "PIP_NO_DEPS": "1",
        "PIP_UPGRADE": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the wrong way round: this switches isolation off
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_QUIET": "1",
        "CRMCORE_DATA": str(folder / "data"),
        "COLUMNS": "200",
    }


def run_console(block: Block, folder: Path) -> None:
    """Run the commands of a console block one by one and compare what each prints."""
    shell = {**environment(folder)}
    if block.detail == "--no-plugins":
        # The page shows one plugin; those that are installed beside it are another page's business.
        shell["CRMCORE_NO_PLUGINS"] = "validators,shopify,telephony,mailchimp,oidc"
    for command, expected in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=shell,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
        code = re.search(r"\[exit code (\d+)\]\n$", expected)
        shown = expected[: code.start()] if code else expected
        printed = re.sub(r"^Importing .*\n", "", done.stderr, flags=re.MULTILINE) + done.stdout
        told = f"line {block.line}: $ {command}\n{printed}"
        # A page need not say that a row was refused twice: an import that refuses one ends with 1.
        refused = re.search(r"[1-9]\d* refused", expected) is not None
        assert done.returncode == (int(code[1]) if code else int(refused)), told
        assert fits(shown, printed), told


def run_python(text: str, folder: Path, **variables: str) -> str:
    """Run ``text`` as a script in ``folder`` and return what it prints."""
    script = folder / "example.py"
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(script)],
        cwd=folder,
        env={**environment(folder), **variables},
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of an empty workspace with an administrator, to be copied, and a token of hers."""
    folder = tmp_path_factory.mktemp("peopled")
    shell = environment(folder)

    def crmcore(*arguments: str) -> str:
        command = [sys.executable, "-m", "crmcore.cli", *arguments]
        return subprocess.run(command, env=shell, text=True, capture_output=True, check=True).stdout.strip()

    crmcore("user", "add", "anna@example.com", "--role", "admin", "--password", "correct horse battery")
    token = crmcore("token", "add", "--user", "anna@example.com", "--scope", "all")
    return folder / "data", token


@pytest.fixture
def served(tmp_path: Path, peopled: tuple[Path, str]) -> Iterator[dict[str, str]]:
    """Serve an empty workspace with an administrator; yield its address and a token."""
    shell = environment(tmp_path)
    data, token = peopled
    shutil.copytree(data, tmp_path / "data")
    command = [sys.executable, "-m", "crmcore.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, env=shell, text=True, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("Address: "), line
        yield {"address": line.removeprefix("Address: ").strip(), "token": token}
        server.terminate()
        assert server.wait(20) == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_what_it_is(page: Path) -> None:
    for block in blocks_of(page):
        assert block.verb in ("file", "run", "run-python", "api") or block.language in QUIET, (
            f"{page.name}, line {block.line}: a block of {block.language} that nobody runs"
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_commands_do_what_the_page_says(page: Path, tmp_path: Path) -> None:
    blocks = blocks_of(page)
    for number, block in enumerate(blocks):
        if block.verb == "file":
            file = tmp_path / block.detail
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        elif block.verb == "run":
            run_console(block, tmp_path)
        elif block.verb == "run-python":
            expected = blocks[number + 1].text
            assert fits(expected, printed := run_python(block.text, tmp_path)), printed


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(block.verb == "api" for block in blocks_of(page))],
    ids=lambda p: p.name,
)
def test_programs_get_the_answers_that_the_page_shows(
    page: Path, tmp_path: Path, served: dict[str, str]
) -> None:
    blocks = blocks_of(page)
    mark = "-- next block --"
    first = blocks_of(next(other for other in PAGES if other.name == "api.md"))
    opening = [] if page.name == "api.md" else [next(block.text for block in first if block.verb == "api")]
    texts = [block.text for block in blocks if block.verb == "api"]
    script = f"print({mark!r})\n".join([*opening, *texts]).replace(ADDRESS, served["address"])
    printed = run_python(script, tmp_path, CRM_TOKEN=served["token"]).split(f"{mark}\n")[len(opening) :]

    for number, block in enumerate(blocks):
        if block.verb != "api":
            continue
        output = printed.pop(0)
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        expected = following.text if following and following.language == "text" else ""
        assert fits(expected, output), f"{page.name}, line {block.line}:\n{output}"
