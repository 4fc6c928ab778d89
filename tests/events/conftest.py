"""A workspace with plugins that listen to events."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from listening import LISTENERS, Listener, Mute, Point

from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


@pytest.fixture
def listeners() -> dict[str, Listener]:
    found = {"shop": Listener(), "news": Listener()}
    LISTENERS.update(found)
    return found


@pytest.fixture
async def told(
    database_url: str, tmp_path: Path, clock: TurnableClock, listeners: dict[str, Listener]
) -> AsyncIterator[Crm]:
    """A workspace with two plugins that listen, and one that does not."""
    LISTENERS["mute"] = Mute()
    points = [Point(name, f"tests.{name}", "crmcore") for name in ("shop", "news", "mute")]
    settings = WorkspaceSettings(data_dir=str(tmp_path / "data"), database_url=database_url)
    crm = Crm.build(settings, clock=clock, entry_points=points)
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()
