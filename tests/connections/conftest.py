"""A workspace with the test plugin's connections."""

from collections.abc import AsyncIterator, Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import connect_plugin
import pytest

from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm

CONNECT = EntryPoint("connect", "connect_plugin", "crmcore")


@pytest.fixture
def build(database_url: str, tmp_path: Path, clock: TurnableClock) -> Callable[..., Crm]:
    """Return a function that builds a workspace with the plugin on the same database."""

    def build(**more: object) -> Crm:
        settings = WorkspaceSettings(
            data_dir=str(tmp_path / "data"),
            database_url=database_url,
            **{"plugins": ["connect"], **more},  # type: ignore[arg-type]
        )
        return Crm.build(settings, clock=clock, entry_points=[CONNECT])

    return build


@pytest.fixture
async def shop_crm(build: Callable[..., Crm]) -> AsyncIterator[Crm]:
    """A started, bound workspace with the plugin."""
    connect_plugin.FAILURES.clear()
    crm = build()
    assert crm.host.plugins["connect"].state == "loaded", crm.host.plugins["connect"]
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()
