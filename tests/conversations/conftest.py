"""A workspace with the test plugin's channel."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path

import chat_plugin
import pytest

from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

CHAT = EntryPoint("chat", "chat_plugin", "crmcore")


@pytest.fixture
async def chat_crm(database_url: str, tmp_path: Path, clock: TurnableClock) -> AsyncIterator[Crm]:
    """A started, bound workspace with the chat plugin."""
    chat_plugin.SENT.clear()
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url, plugins=["chat"])
    crm = Crm.build(settings, clock=clock, entry_points=[CHAT])
    assert crm.host.plugins["chat"].state == "loaded", crm.host.plugins["chat"]
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()
