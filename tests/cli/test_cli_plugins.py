"""Plugins from the command line: the good, the broken and the gone."""

import json
from pathlib import Path

import pytest
from crmcore_shell import Shell

GARDEN = """
from crmcore import CustomField, hookimpl

@hookimpl
def register_custom_fields():
    return [CustomField(record_type="contact", key="garden_flower", label="Flower")]
"""
SEEDED = """
from crmcore import CustomField, hookimpl

@hookimpl
def register_custom_fields():
    return [
        CustomField(record_type="contact", key="garden_flower", label="Flower"),
        CustomField(record_type="contact", key="garden_seed", label="Seed", format="seed-number"),
    ]
"""
SEEDS = """
from crmcore import Validator, hookimpl

@hookimpl
def register_validators():
    return [Validator(key="seed-number", label="Seed number", check=lambda value, options: value)]
"""
WEATHER = """
from crmcore import Validator, hookimpl

@hookimpl
def register_validators():
    return [Validator(key="weather-station", label="Station", check=lambda value, options: value)]
"""
BROKEN = "raise RuntimeError('the garden is closed')\n"


def install(shell: Shell, name: str, source: str, version: str = "1.0") -> None:
    """Put a distribution with one plugin on the path, as pip would."""
    site = shell.folder / "site"
    info = site / f"crm_{name}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (site / f"crm_{name}.py").write_text(source, encoding="utf-8")
    metadata = (
        f"Metadata-Version: 2.1\nName: crm-{name}\nVersion: {version}\nRequires-Dist: crmcore>=0.1,<1\n"
    )
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[crmcore]\n{name} = crm_{name}\n", encoding="utf-8")
    shell.variables["PYTHONPATH"] = str(site)


def uninstall(shell: Shell, name: str) -> None:
    site = shell.folder / "site"
    for file in sorted(site.glob(f"crm_{name}*/*")) + sorted(site.glob(f"crm_{name}*.py")):
        file.unlink()
    for folder in site.glob(f"crm_{name}*"):
        Path(folder).rmdir()


@pytest.fixture
def garden(shell: Shell) -> Shell:
    """Return a shell with a workspace and the plugin garden, and only that one on."""
    install(shell, "garden", GARDEN)
    shell.variables["CRMCORE_PLUGINS"] = "garden"
    shell.ok("migrate")
    return shell


def states(shell: Shell) -> dict[str, str]:
    return {plugin["name"]: plugin["state"] for plugin in json.loads(shell.ok("plugins", "list", "--json"))}


def test_list_names_what_a_plugin_provides(garden: Shell) -> None:
    lines = garden.ok("plugins", "list").splitlines()

    assert lines[0].split() == ["NAME", "STATE", "VERSION", "PROVIDES"]
    assert any(
        line.split() == ["garden", "loaded", "1.0", "custom_fields:", "contact.garden_flower"]
        for line in lines
    )


def test_a_broken_plugin_is_told_and_the_others_work(garden: Shell) -> None:
    install(garden, "storm", BROKEN)
    garden.variables["CRMCORE_PLUGINS"] = "garden,storm"
    checked = garden.run("plugins", "check", "--json")
    document = json.loads(checked.stdout)
    by_name = {plugin["name"]: plugin for plugin in document["plugins"]}

    assert checked.returncode == 1 and document["ok"] is False
    assert by_name["garden"]["state"] == "loaded"
    assert by_name["storm"]["state"] == "failed" and "the garden is closed" in by_name["storm"]["reason"]
    assert garden.run("plugins", "check", "garden").returncode == 0
    assert "RuntimeError" in garden.run("plugins", "check", "storm", "--traceback").stdout
    assert "contact.garden_flower" in garden.ok("fields", "list")


def test_strict_refuses_to_start_and_still_tells(garden: Shell) -> None:
    install(garden, "storm", BROKEN)
    garden.variables |= {"CRMCORE_PLUGINS": "garden,storm", "CRMCORE_STRICT": "1"}

    assert "storm" in garden.refused("migrate")
    assert states(garden)["storm"] == "failed"


def test_a_plugin_is_switched_off_and_on(garden: Shell) -> None:
    garden.ok("plugins", "disable", "garden")
    assert states(garden)["garden"] == "disabled"
    [field] = json.loads(garden.ok("fields", "list", "--json"))
    assert field["state"] == "dormant" and "garden" in field["reason"]

    garden.ok("plugins", "enable", "garden")
    assert states(garden)["garden"] == "loaded"
    assert "Did you mean garden?" in garden.refused("plugins", "disable", "gardn")


def test_switching_off_names_the_fields_that_turn_dormant(shell: Shell) -> None:
    install(shell, "garden", SEEDED)
    install(shell, "seeds", SEEDS)
    install(shell, "weather", WEATHER)
    shell.variables["CRMCORE_PLUGINS"] = "garden,seeds,weather"
    shell.ok("migrate")
    shell.ok("plugins", "enable", "seeds")

    said = shell.ok("plugins", "disable", "seeds")
    assert "contact.garden_seed: its check “seed-number”" in said and "values kept" in said
    assert "garden_flower" not in said
    states = {field["key"]: field["state"] for field in json.loads(shell.ok("fields", "list", "--json"))}
    assert states == {"garden_flower": "active", "garden_seed": "dormant"}
    assert "contact.garden_flower: the plugin's own field" in shell.ok("plugins", "disable", "garden")
    assert shell.ok("plugins", "disable", "weather").splitlines() == ["weather is off from the next start."]


def test_what_a_plugin_leaves_is_shown_first_and_purged_with_yes(garden: Shell) -> None:
    garden.ok("fields", "list")
    assert "loaded" in garden.refused("plugins", "purge", "garden", "--yes")

    uninstall(garden, "garden")
    garden.variables = {"CRMCORE_NO_PLUGINS": "validators,shopify,telephony,mailchimp,oidc"}
    assert states(garden)["garden"] == "absent"
    asked = garden.run("plugins", "purge", "garden")
    assert (
        asked.returncode == 1 and "1 custom fields" in asked.stdout and "Nothing was deleted" in asked.stderr
    )

    deleted = json.loads(garden.ok("plugins", "purge", "garden", "--yes", "--json"))
    assert deleted["deleted"] is True and deleted["plan"]["custom_fields"] == 1
    assert "garden" not in states(garden)
    assert "was ever loaded here" in garden.refused("plugins", "purge", "garden")


def test_a_plan_names_the_records_that_would_not_pass(garden: Shell) -> None:
    (garden.folder / "people.csv").write_text("Name,Flower\nAnn Lee,rose\nBob Ray,\n", encoding="utf-8")
    garden.ok("import", "contacts", "people.csv", "--map", "Flower=custom.garden_flower")

    assert garden.run("fields", "plan").returncode == 0
    planned = garden.run("fields", "plan", "contact.garden_flower", "--required")
    assert planned.returncode == 1
    assert "1 of 2 records would not pass (1 have a value)" in planned.stdout and "Bob Ray" in planned.stdout
    shorter = garden.run(
        "fields", "plan", "contact.garden_flower", "--options", '{"max_length": 3}', "--json"
    )
    assert json.loads(shorter.stdout)[0]["failing"] == 1
    assert "no field contact.tree" in garden.refused("fields", "plan", "contact.tree")
    assert garden.run("fields", "plan", "contact.garden_flower", "--options", "[]").returncode == 2
