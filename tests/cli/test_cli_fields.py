"""Custom fields on the command line: other names, exports, the end and its undoing."""

import asyncio
import csv
import gzip
from typing import Any

from crmcore_shell import Shell

from crmcore import CustomField, system_actor
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm


async def filled(folder: str) -> None:
    crm = Crm.build(WorkspaceSettings(data_dir=folder), entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            actor = system_actor("tests")
            await crm.fields.create(CustomField(record_type="contact", key="tier", label="Tier"), actor=actor)
            document = {"first_name": "Ann", "custom": {"tier": "gold"}}
            await crm.records.create("contact", document, actor=actor)
    finally:
        await crm.stop()


def test_a_field_is_renamed_exported_deleted_and_brought_back(shell: Shell) -> None:
    asyncio.run(filled(str(shell.folder / "data")))
    shell.ok("fields", "rename", "contact.tier", "level")
    file = shell.folder / "tier.csv.gz"
    assert "1 values" in shell.ok("fields", "export", "contact.level", str(file))
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        assert [row[1:] for row in csv.reader(text)] == [["title", "value"], ["Ann", '"gold"']]
    shell.ok("fields", "delete", "contact.tier")
    assert "There is no field contact.tier" in shell.refused("fields", "export", "contact.tier", str(file))
    shell.ok("fields", "restore", "contact.tier")
    assert "contact.tier" in shell.ok("fields", "list")
    assert "no deleted field" in shell.refused("fields", "restore", "contact.tier")


def test_a_stricter_rule_says_what_becomes_of_the_values_that_it_refuses(shell: Shell) -> None:
    asyncio.run(filled(str(shell.folder / "data")))
    stricter = ("fields", "change", "contact.tier", "--options", '{"max_length": 3}')
    assert "1 of 1 records have values that the new rule would refuse" in shell.refused(*stricter)
    assert "version 2" in shell.ok(*stricter, "--outcome", "grandfather")
    planned = shell.run("fields", "plan", "contact.tier")
    assert planned.returncode == 1 and "1 of 1 records would not pass" in planned.stdout
    mapped = (*stricter, "--outcome", "map", "--map", '{"gold": "au"}')
    assert "version 3" in shell.ok(*mapped)
    assert "0 of 1 records would not pass" in shell.ok("fields", "plan", "contact.tier")


def test_a_field_is_required_before_a_choice_is_left(shell: Shell) -> None:
    asyncio.run(staged(str(shell.folder / "data")))
    leaving = ("contact.budget", "--required-before-leaving", '{"field": "stage", "choices": ["new"]}')
    planned = shell.ok("fields", "plan", *leaving)
    assert "1 records lack it and stand in a choice" in planned
    assert "Fill in “Budget” before “Stage” leaves “new”." in planned
    assert "version 2" in shell.ok("fields", "change", *leaving)
    assert shell.run("fields", "change", *leaving[:2], "[]").returncode == 2
    shell.ok("fields", "delete", "contact.stage")
    assert "not required before leaving: there is no field “stage”" in shell.ok("fields", "list")


async def staged(folder: str) -> None:
    crm = Crm.build(WorkspaceSettings(data_dir=folder), entry_points=[])
    await crm.start()
    try:
        with crm.bound():
            actor = system_actor("tests")
            choices: dict[str, Any] = {"type": "drop_down", "options": {"choices": [{"value": "new"}]}}
            stage = CustomField(record_type="contact", key="stage", label="Stage", **choices)
            await crm.fields.create(stage, actor=actor)
            budget = CustomField(record_type="contact", key="budget", label="Budget")
            await crm.fields.create(budget, actor=actor)
            document = {"first_name": "Ann", "custom": {"stage": "new"}}
            await crm.records.create("contact", document, actor=actor)
    finally:
        await crm.stop()
