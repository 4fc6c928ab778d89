"""A workspace that may post to a receiver on this machine, and the receiver."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from receiver import Receiver
from subscribers import user

from crmcore.contracts.actors import Actor
from crmcore.settings import WorkspaceSettings
from crmcore.testing.clock import TurnableClock
from crmcore.workspace import Crm


@pytest.fixture
def receiver(httpserver: HTTPServer) -> Receiver:
    return Receiver(httpserver)


@pytest.fixture
async def crm(
    database_url: str, tmp_path: Path, clock: TurnableClock, httpserver: HTTPServer
) -> AsyncIterator[Crm]:
    settings = WorkspaceSettings(
        data_dir=str(tmp_path / "data"),
        database_url=database_url,
        outgoing_hosts=[f"{httpserver.host}:{httpserver.port}"],
    )
    crm = Crm.build(settings, clock=clock, entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            yield crm
    finally:
        await crm.stop()


@pytest.fixture
async def admin(crm: Crm) -> Actor:
    return await user(crm, "admin")
