"""A plugin whose migration fails is withdrawn, and everybody else starts."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from crmcore.plugins.failures import StartRefused
from crmcore.plugins.ledger import table_exists
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

POINTS = [EntryPoint("loyalty", "loyalty_plugin", "crmcore"), EntryPoint("torn", "torn_plugin", "crmcore")]


async def test_a_plugin_whose_migration_fails_is_withdrawn_and_named(
    database_url: str, tmp_path: Path
) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path), database_url=database_url)
    crm = Crm.build(settings, entry_points=POINTS)
    assert crm.host.plugins["torn"].state == "loaded", crm.host.plugins["torn"].reason
    await crm.start()
    try:
        state = crm.host.plugins["torn"]
        assert state.state == "failed"
        assert isinstance(state.reason, dict)
        assert "2026-11-22T12:00:00:000000" in state.reason["en"]
        assert "torn" not in crm.registry.validators
        assert crm.host.plugins["loyalty"].state == "loaded"
        with crm.bound():
            assert not await table_exists(crm.database, "torn_note")
            schema = await crm.records.schema("contact")
            assert "loyalty_card" in schema["properties"]["custom"]["properties"]
    finally:
        await crm.stop()


async def test_in_strict_mode_it_refuses_to_start(database_url: str, tmp_path: Path) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path), database_url=database_url, strict=True)
    crm = Crm.build(settings, entry_points=POINTS)
    with pytest.raises(StartRefused, match="torn"):
        await crm.start()
