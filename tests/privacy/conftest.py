"""A workspace in which people write."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from canary import fields
from posting import api_account

from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


@pytest.fixture
async def crm(database_url: str, tmp_path: Path, clock: TurnableClock) -> AsyncIterator[Crm]:
    """A workspace with every plugin that is installed, and an account that takes messages."""
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, clock=clock)
    await crm.start()
    try:
        with crm.bound():
            await api_account(crm)
            await fields(crm)
            yield crm
    finally:
        await crm.stop()
