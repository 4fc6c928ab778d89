"""The fixtures that plugins' tests get, in a project of their own; and that nobody else pays for them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROJECT = """
import urllib.request
from datetime import timedelta

import pytest

from crmcore import system_actor
from crmcore.testing.no_network import NetworkRefused


@pytest.fixture
def crm_plugins():
    return ["{examples}/telegram.py", "{examples}/loyalty.py"]


async def test_a_workspace(crm, make, client, agent, viewer, people, events, clock, context):
    contact = await make.contact(first_name="Ann", custom={{"loyalty_points": 2000}})
    assert (await client.get(f"/api/contacts/{{contact.id}}")).json()["first_name"] == "Ann"
    assert "Gold" in (await agent.get(f"/ui/panels/loyalty.points?ref=contact:{{contact.id}}")).text
    assert (await viewer.get(f"/contacts/{{contact.id}}")).status_code == 200
    program = await people.program("viewer")
    assert (await program.post("/api/contacts", json={{"first_name": "Bob"}})).status_code == 403
    assert (await (await people.stranger()).get("/api/contacts")).status_code == 401
    assert await events.names() == ["contact_created"]
    before = context("loyalty").now()
    clock.advance(60)
    assert context("loyalty").now() - before == timedelta(seconds=60)
    await make.company()
    await make.field("contact", "mood")
    assert await make.message("Hello", email="ann@example.com")


async def test_a_message_and_its_answer(crm, inbound, http, client):
    proof = "a-secret-of-the-webhook"
    await inbound.account("telegram", {{"token": "1:a", "secret": proof}})
    update = {{"update_id": 1, "message": {{"message_id": 1, "chat": {{"id": 7}}, "text": "Hello"}}}}
    await inbound("telegram", update, {{"X-Telegram-Bot-Api-Secret-Token": proof}})
    [conversation] = (await client.get("/api/conversations")).json()["items"]
    http.answer("https://api.telegram.org/bot1:a/sendMessage", json={{"ok": True, "result": {{"message_id": 2}}}})
    await crm.conversations.reply(conversation["id"], "Good day", actor=system_actor("tests"))
    await crm.worker.drain()
    assert http.requests[-1].json == {{"chat_id": "7", "text": "Good day"}}


def test_nobody_leaves_the_machine(no_network):
    with pytest.raises(NetworkRefused, match="http.answer"):
        urllib.request.urlopen("http://example.com/")
"""

SETTINGS = """
[tool.pytest.ini_options]
asyncio_mode = "{mode}"
asyncio_default_fixture_loop_scope = "function"
filterwarnings = ["error"]
"""


@pytest.mark.timeout(200)
def test_a_project_of_its_own_has_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(PROJECT.format(examples=ROOT / "examples"), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(SETTINGS.format(mode="auto"), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--crmcore-engine", "both"]
    try:
        import asyncpg  # noqa: F401

        from crmcore.testing.postgres import find_programs, named_server

        there = bool(named_server() or find_programs())
    except ModuleNotFoundError:
        there = False
    if not there:
        command[-1] = "sqlite"
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, timeout=180, check=False)

    assert f"{5 if there else 3} passed" in done.stdout, done.stdout + done.stderr


def test_whoever_does_not_use_them_does_not_pay() -> None:
    code = (
        "import sys, pytest, pytest_asyncio; before = set(sys.modules); import pytest_crmcore; "
        "print(sorted(name for name in set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=True)

    assert done.stdout.strip() == "['pytest_crmcore']"
