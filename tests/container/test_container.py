"""A container is built from a lock and run: on SQLite, on PostgreSQL, without rights, ended by a signal."""

import http.client
import json
import os
import shutil
import socket
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from image import Image, Images, Running, lacking, run

if TYPE_CHECKING:
    from crmcore.testing.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
PLUGINS = ("crm-validators", "crm-mailchimp")
BASE, NAME = "localhost/crm-base", "localhost/crm"

pytestmark = [pytest.mark.skipif(bool(lacking()), reason=lacking()), pytest.mark.timeout(1800)]


def asked(port: int, method: str, path: str, token: str = "", document: Any = None) -> tuple[int, Any]:
    """Return the status and the JSON of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        connection.request(method, path, json.dumps(document) if document is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.status, json.loads(text) if is_json else text
    finally:
        connection.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that goes at the end: an image with its base has some 800 MB."""
    made = tmp_path_factory.mktemp("container")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def image(folder: Path) -> Iterator[Image]:
    """The image of the core and two plugins, built as docs/operations.md says, from wheels of this checkout."""
    wheels = folder / "built"
    for project in (ROOT, *(ROOT / "plugins" / name for name in PLUGINS)):
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, project)
    venv.create(folder / "set", with_pip=True)
    pip = (folder / "set" / "bin" / "python", "-m", "pip", "install", "--quiet")
    files = {file.name.partition("-")[0]: file for file in wheels.iterdir()}
    core = f"crmcore[fast,postgres] @ {files.pop('crmcore').as_uri()}"
    run(*pip, core, *files.values())
    crmcore = folder / "set" / "bin" / "crmcore"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    run(crmcore, "plugins", "lock", cwd=folder, env=environment | kept)
    said = run(
        *(crmcore, "plugins", "container", "--into", "build", "--wheels", "--base", BASE),
        cwd=folder,
        env=environment | kept,
    )
    assert "requirements.txt" in said
    images = Images(folder / "images")
    images.base(BASE)
    images.build(NAME, folder / "build")
    yield images.unpack(NAME)
    images.forget()


Begin = Callable[..., Running]


@pytest.fixture
def begin(image: Image, tmp_path: Path) -> Iterator[Begin]:
    """Start a container; what still runs at the end is ended."""
    running: list[Running] = []

    def start(volume: Path, *command: str, **environment: str) -> Running:
        log = tmp_path / f"log{len(running)}"
        running.append(image.start(volume, *command, log=log, **environment))
        return running[-1]

    yield start
    for one in running:
        one.kill()


def inside(begin: Begin, volume: Path, *command: str, **environment: str) -> str:
    """Run a command in a container of its own and return what it said; it has to end well."""
    running = begin(volume, *command, **environment)
    assert running.wait() == 0, (command, running.text)
    return running.taken()


def test_it_says_how_it_is_run(image: Image) -> None:
    config = image.config
    assert config["User"] == "10001" and list(config["Volumes"]) == ["/data"]
    assert list(config["ExposedPorts"]) == ["8000/tcp"]
    assert config["Cmd"] == ["crmcore", "serve"] and config["Healthcheck"]["Test"][0] == "CMD"
    # Neither what it was built from nor a compiler is in it.
    assert not (image.files / "build").exists() and not (image.files / "usr/bin/gcc").exists()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_it_serves_keeps_its_data_and_stops(
    kind: str, image: Image, begin: Begin, tmp_path: Path, postgres_server: "PostgresServer"
) -> None:
    volume = image.volume(tmp_path / "volume")
    port = _free_port()
    variables = {"PORT": str(port), "CRMCORE_BASE_URL": f"http://127.0.0.1:{port}"}
    if kind == "postgres":
        name = f"crmcore_container_{uuid4().hex[:8]}"
        postgres_server.make(name)
        variables["CRMCORE_DATABASE_URL"] = postgres_server.url_of(name)
    first = begin(volume, **variables)
    setup = first.said("Make the first one here: ")
    assert asked(port, "GET", setup.partition(f":{port}")[2])[0] == 200
    assert Path(f"/proc/{first.first}").stat().st_uid == 10001
    status, health = asked(port, "GET", "/health/ready")
    assert status == 200 and health["status"] == "ok", health
    inside(begin, volume, *image.config["Healthcheck"]["Test"][1:], **variables)
    inside(begin, volume, "crmcore", "plugins", "verify", "/crm/pylock.crmcore.toml", **variables)
    account = (
        "user",
        "add",
        "ada@example.com",
        "--role",
        "admin",
        "--password",
        "correct horse battery staple",
    )
    inside(begin, volume, "crmcore", *account, **variables)
    command = ("token", "add", "--user", "ada@example.com", "--scope", "all", "--json")
    token = json.loads(inside(begin, volume, "crmcore", *command, **variables))["token"]
    plugins = {each["name"]: each["state"] for each in asked(port, "GET", "/api/plugins", token)[1]["items"]}
    assert plugins["validators"] == plugins["mailchimp"] == "loaded"
    status, contact = asked(port, "POST", "/api/contacts", token, {"first_name": "Ann"})
    assert status == 201
    began = time.monotonic()
    assert first.end() == 0 and time.monotonic() - began < 20
    again = begin(volume, **variables)
    again.said("Address: ")
    assert asked(port, "GET", f"/api/contacts/{contact['id']}", token)[1]["first_name"] == "Ann"
    worker = begin(volume, "crmcore", "worker", **variables)
    worker.said("Working.")
    assert worker.end() == 0 and again.end() == 0


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
