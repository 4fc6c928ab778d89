"""A secret that gets out fails the test it came from, wherever it gets out; an excused test and a tidy one pass."""

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
from crmcore.testing.canary_watch import CanaryWatch

def pytest_configure(config):
    config.pluginmanager.register(CanaryWatch(), CanaryWatch.NAME)
"""
LEAKS = """
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from litestar import Litestar, post
from litestar.testing import TestClient

from crmcore.accounts.credentials import new_token
from crmcore.accounts.passwords import Passwords
from crmcore.contracts.context import PluginContext
from crmcore.errors import Invalid
from crmcore.secrets import KeyRing
from crmcore.secrets.keys import Key

RING = KeyRing([Key(bytes(32))])
SSN = "AB-123456789"


@pytest.fixture(scope="module")
def shared() -> str:
    return new_token()


def sealed() -> str:
    return RING.encrypt(f'"{SSN}"', "contact", "custom.ssn", "1")


def test_first(shared: str) -> None:
    assert shared


def test_into_the_log() -> None:
    logging.getLogger("crmcore").warning("in %s", new_token())


def test_into_an_event() -> None:
    structlog.get_logger("crmcore.http").error("failed", header={"authorization": new_token()})


def test_of_the_whole_module(shared: str) -> None:
    logging.getLogger("crmcore").warning("in %s", shared)


async def test_into_a_traceback() -> None:
    password = "canary-Pass-7713-phrase"
    await Passwords().hash(password)
    try:
        raise ValueError(password)
    except ValueError:
        logging.getLogger("crmcore").exception("failed")


def test_into_a_refusal() -> None:
    sealed()
    with pytest.raises(Invalid):
        raise Invalid(extra={"value": SSN})


def test_into_an_answer() -> None:
    @post("/things", status_code=422)
    async def things() -> str:
        sealed()
        return f"{SSN} is no number"

    with TestClient(Litestar([things])) as client:
        assert client.post("/things").status_code == 422


def test_into_an_index(tmp_path: Path) -> None:
    stored = sealed()
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as database:
        database.execute("CREATE TABLE contact (ssn, words)")
        database.execute("INSERT INTO contact VALUES (?, ?)", [stored, "ab123456789"])
        database.commit()


def test_into_a_dump(tmp_path: Path) -> None:
    stored = RING.encrypt("whole-secret", "webhook_endpoint", "secret")
    (tmp_path / "dump.sql").write_text(f"INSERT {stored}, whole-secret")


def test_of_another_process(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text("GET /?token=crm_" + "x" * 43)


@pytest.mark.lets_out("on purpose")
def test_excused() -> None:
    logging.getLogger("crmcore").warning("in %s", new_token())


def test_tidy(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text(RING._first.text)
    (tmp_path / "crm.sqlite").write_text(sealed())
    logging.getLogger("crmcore").warning("a token was made: %s", new_token()[:8])
"""


@pytest.mark.lets_out("what it is about")
def test_a_leak_fails_its_test(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(LEAKS)
    loops = "asyncio_default_fixture_loop_scope=function"
    result = pytester.runpytest_inprocess(
        "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "-o", loops
    )
    result.assert_outcomes(passed=12, errors=9)
    leaking = {line.split("::")[1].split()[0] for line in result.outlines if line.startswith("ERROR test")}
    assert leaking == {
        "test_into_the_log",
        "test_into_an_event",
        "test_of_the_whole_module",
        "test_into_a_traceback",
        "test_into_a_refusal",
        "test_into_an_answer",
        "test_into_an_index",
        "test_into_a_dump",
        "test_of_another_process",
    }
    said = result.stdout.str()
    assert "the sealed contact.custom.ssn in the file crm.sqlite" in said
    assert "a password in a log record of crmcore" in said
