"""Exact sets in an environment of their own: locked, verified, altered, compared, and an upgrade planned."""

import json
import tomllib
from pathlib import Path

import pytest
from environment import ROOT, Environment, project, wheel_of

FIRST = """
    from crmcore import CustomField, hookimpl

    @hookimpl
    def register_custom_fields():
        return [CustomField(record_type="contact", key="loyalty_card", label="Card")]
"""
STRICTER = """
    import re
    from crmcore import CustomField, InvalidValue, Validator, hookimpl

    def check(value, options):
        if not re.fullmatch(r"LC-[0-9]{4}", value):
            raise InvalidValue("A loyalty card looks like LC-1234.")
        return value

    @hookimpl
    def register_validators():
        return [Validator(key="loyalty-card", label="Card", check=check, examples=("LC-1234",))]

    @hookimpl
    def register_custom_fields():
        return [
            CustomField(record_type="contact", key="loyalty_card", label="Card", format="loyalty-card"),
            CustomField(record_type="contact", key="loyalty_points", label="Points", type="integer"),
        ]
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("wheels")
    return {
        "core": wheel_of(ROOT, folder),
        "1.0": wheel_of(project(folder / "one", "1.0", FIRST), folder / "w1"),
        "1.1": wheel_of(project(folder / "two", "1.1", STRICTER), folder / "w2"),
        "2.0": wheel_of(project(folder / "three", "2.0", FIRST, needs="crmcore>=99"), folder / "w3"),
    }


@pytest.fixture
def environment(tmp_path: Path, wheels: dict[str, Path]) -> Environment:
    made = Environment(tmp_path / "env")
    made.install(wheels["core"], wheels["1.0"])
    return made


def test_a_set_is_locked_verified_and_every_change_is_noticed(
    environment: Environment, wheels: dict[str, Path], tmp_path: Path
) -> None:
    assert "is no extra" in environment.refused("plugins", "lock", "--no-index", "--extras", "test")
    assert "loyalty" in environment.ok("plugins", "lock", "--no-index", "--extras", "postgres")
    document = tomllib.loads((tmp_path / "pylock.crmcore.toml").read_text())
    assert document["lock-version"] == "1.0"
    packages = {package["name"]: package for package in document["packages"]}
    assert {"crmcore", "crm-loyalty", "litestar", "piccolo", "aiosqlite", "asyncpg"} <= set(packages)
    assert "crm-validators" not in packages
    loyalty = packages["crm-loyalty"]
    assert (loyalty["version"], loyalty["tool"]["crmcore"]["plugins"]) == ("1.0", ["loyalty"])
    verified = json.loads(environment.run("plugins", "verify", "--json").stdout)
    assert {found["kind"] for found in verified["findings"]} <= {"extra"}, verified
    assert "crm-loyalty==1.0\ncrmcore==" in environment.ok("plugins", "freeze")

    module = environment.site / "crm_loyalty.py"
    module.write_text(module.read_text() + "\nimport os\n")
    (environment.site / "crmcore" / "py.typed").unlink()
    found = environment.refused("plugins", "verify")
    assert "crm-loyalty: changed since it was installed: crm_loyalty.py" in found
    assert "crmcore: changed since it was installed: crmcore/py.typed" in found
    again = environment.refused("plugins", "lock", "--no-index", "--extras", "", "--output", "other.toml")
    assert "crm_loyalty.py" in again
    assert not (tmp_path / "other.toml").exists()

    environment.install(wheels["core"], wheels["1.1"])
    found = environment.refused("plugins", "verify")
    assert "crm-loyalty: 1.1 is installed, the lock has 1.0." in found
    different = environment.run("plugins", "diff", "pylock.crmcore.toml", "--json")
    assert different.returncode == 1
    [one] = json.loads(different.stdout)
    assert (one["package"], one["kind"], one["before"], one["after"]) == (
        "crm-loyalty",
        "newer",
        "1.0",
        "1.1",
    )


def test_versions_that_do_not_go_together_are_not_locked(
    environment: Environment, wheels: dict[str, Path], tmp_path: Path
) -> None:
    environment.install(wheels["2.0"])
    found = environment.refused("plugins", "lock", "--no-index")
    assert "crm-loyalty needs crmcore>=99, and 0." in found
    assert not (tmp_path / "pylock.crmcore.toml").exists()


def test_a_lock_without_hashes_is_not_installed_and_a_broken_one_is_named(
    environment: Environment, tmp_path: Path
) -> None:
    environment.ok("plugins", "lock", "--no-index", "--extras", "")
    assert "no hashes for" in environment.refused("plugins", "container", "--into", "build")
    assert not (tmp_path / "build").exists()
    assert "no hashes for" in environment.refused("plugins", "install", "--locked")
    (tmp_path / "broken.toml").write_text("packages = 3\n")
    assert "is no lock of crmcore" in environment.refused("plugins", "verify", "broken.toml")
    assert "Make it with crmcore plugins lock" in environment.refused("plugins", "verify", "none.toml")


def test_an_upgrade_is_planned_on_a_copy_and_touches_nothing(
    environment: Environment, wheels: dict[str, Path], tmp_path: Path
) -> None:
    environment.ok("migrate")
    (tmp_path / "people.csv").write_text("Name,Card\nAnn Lee,LC-0042\nBob Ray,none\n")
    environment.ok("import", "contacts", "people.csv", "--map", "Card=custom.loyalty_card")
    calm = json.loads(environment.ok("plugins", "plan", "--json"))
    assert calm["safe"] and calm["plan"]["plugins"] == [] and calm["plan"]["fields"] == []

    environment.install(wheels["1.1"])
    before = (tmp_path / "data" / "crm.sqlite").read_bytes()
    planned = environment.run("plugins", "plan", "--json")
    assert planned.returncode == 1, planned.stderr
    plan = json.loads(planned.stdout)["plan"]
    [plugin] = plan["plugins"]
    assert (plugin["change"], plugin["before"], plugin["after"]) == ("upgraded", "1.0", "1.1")
    fields = {field["field"]: field for field in plan["fields"]}
    card = fields["contact.loyalty_card"]
    assert (card["change"], card["failing"], card["total"]) == ("changed", 1, 2)
    assert card["examples"] == ["Bob Ray: A loyalty card looks like LC-1234."]
    assert fields["contact.loyalty_points"]["change"] == "new"
    assert (tmp_path / "data" / "crm.sqlite").read_bytes() == before
    assert "1 of 2 records would not pass" in environment.refused("plugins", "plan")

    environment.install(wheels["2.0"])
    assert "fails" in environment.refused("plugins", "plan")
