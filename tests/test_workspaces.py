"""Two workspaces in one process: nothing of one is seen in the other."""

import asyncio
from importlib.metadata import EntryPoint
from pathlib import Path

import crmcore
from crmcore import CustomField, system_actor
from crmcore.database.current import NoWorkspace
from crmcore.records.query import ListQuery
from crmcore.secrets.keys import new_key
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

ACTOR = system_actor("tests")


async def fill(crm: Crm, name: str) -> list[str]:
    with crm.bound():
        await crm.fields.create(CustomField(record_type="contact", key=f"of_{name}", label=name), actor=ACTOR)
        for number in range(20):
            document = {"first_name": f"{name} {number}", "custom": {f"of_{name}": "x"}}
            await crm.records.create("contact", document, actor=ACTOR)
            await asyncio.sleep(0)
        page = await crm.records.list("contact", ListQuery(limit=200), actor=ACTOR)
        return [record.document["first_name"] for record in page.items]


async def test_two_workspaces_side_by_side_stay_apart(tmp_path: Path) -> None:
    workspaces = {
        name: Crm.build(WorkspaceSettings(data_dir=str(tmp_path / name)), entry_points=[])
        for name in ("one", "two")
    }
    for crm in workspaces.values():
        await crm.start()
    try:
        seen = await asyncio.gather(*(fill(crm, name) for name, crm in workspaces.items()))
        for name, names in zip(workspaces, seen, strict=True):
            assert len(names) == 20
            assert all(first_name.startswith(f"{name} ") for first_name in names)
        with workspaces["one"].bound():
            schema = await workspaces["one"].records.schema("contact")
        assert list(schema["properties"]["custom"]["properties"]) == ["of_one"]
    finally:
        for crm in workspaces.values():
            await crm.stop()


async def test_two_workspaces_have_plugin_sets_of_their_own(tmp_path: Path) -> None:
    point = EntryPoint("loyalty", "loyalty_plugin", "crmcore")
    with_it = Crm.build(WorkspaceSettings(data_dir=str(tmp_path / "a")), entry_points=[point])
    without = Crm.build(
        WorkspaceSettings(data_dir=str(tmp_path / "b"), no_plugins=["*"]), entry_points=[point]
    )
    assert with_it.host.plugins["loyalty"].state == "loaded"
    assert without.host.plugins["loyalty"].state == "disabled"
    assert "loyalty-card" in with_it.registry.validators
    assert "loyalty-card" not in without.registry.validators
    with_it.host.close()
    without.host.close()


async def test_a_query_outside_any_workspace_says_so() -> None:
    from crmcore.contacts.tables import Contact

    try:
        await Contact.count()
    except NoWorkspace as error:
        assert "crm.bound()" in str(error)
    else:
        raise AssertionError("a query ran without a workspace")


def test_what_plugins_import_is_complete_and_sorted() -> None:
    names = crmcore.__all__
    assert names == sorted(names)
    assert all(hasattr(crmcore, name) for name in names)
    public = {
        name
        for name, value in vars(crmcore).items()
        if not name.startswith("_") and hasattr(value, "__module__")
    }
    missing = {
        name
        for name in public
        if getattr(vars(crmcore)[name], "__module__", "").startswith("crmcore.contracts")
    }
    assert missing <= set(names)


async def test_processes_that_start_at_the_same_time_take_the_fields_over_once(
    database_url: str, tmp_path: Path
) -> None:
    point = EntryPoint("loyalty", "loyalty_plugin", "crmcore")
    settings = WorkspaceSettings(data_dir=str(tmp_path), database_url=database_url, secret_key=new_key())
    several = [Crm.build(settings, entry_points=[point]) for _ in range(6)]
    try:
        await asyncio.gather(*(crm.start(migrate=False) for crm in several))
        for crm in several:
            with crm.bound():
                fields = await crm.fields.list("contact", actor=ACTOR)
            assert len([field for field in fields if field.owner == "loyalty"]) > 0
    finally:
        for crm in several:
            await crm.stop()
