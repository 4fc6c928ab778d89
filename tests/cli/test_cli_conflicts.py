"""Plugins that do not go together are named before anything starts."""

from pathlib import Path

from crmcore_shell import Shell
from test_cli_nothing_there import doctors_findings

CODE = """
from crmcore import Validator, hookimpl


def check(value, options):
    return str(value)


@hookimpl
def register_validators():
    return [Validator(key="{key}", label="Card", check=check, examples=("a", "b"))]
"""
METADATA = "Metadata-Version: 2.4\nName: crm-{name}\nVersion: {version}\nRequires-Dist: crmcore>=0.1,<1\n"


def installed(folder: Path, name: str, version: str, key: str, *needs: str) -> None:
    """Put a plugin into ``folder`` as pip does."""
    (folder / f"crm_{name}.py").write_text(CODE.format(key=key))
    place = folder / f"crm_{name}-{version}.dist-info"
    place.mkdir()
    lines = "".join(f"Requires-Dist: {need}\n" for need in needs)
    (place / "METADATA").write_text(METADATA.format(name=name, version=version) + lines)
    (place / "entry_points.txt").write_text(f"[crmcore]\n{name} = crm_{name}\n")


def test_plugins_that_do_not_go_together_are_named_by_doctor_and_by_the_hosts_check(
    shell: Shell, tmp_path: Path
) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    shell.variables["PYTHONPATH"] = str(packages)
    shell.variables["CRMCORE_PLUGINS"] = "apples,pears"
    installed(packages, "apples", "1.0", "card", "crm-pears>=2")
    installed(packages, "pears", "1.4", "card")

    found = doctors_findings(shell)
    assert (found["plugin apples"]["result"], found["plugin pears"]["result"]) == ("ok", "problem")
    assert "card" in found["plugin pears"]["message"] and "apples" in found["plugin pears"]["message"]
    assert found["versions"]["message"].startswith("crm-apples needs crm-pears>=2, and 1.4 is installed.")

    hosts = tmp_path / "hosts.toml"
    hosts.write_text('[workspaces.one]\nhosts = ["one.example.com"]\nplugins = ["apples", "pears"]\n')
    checked = shell.run("host", str(hosts), "--check")
    assert checked.returncode == 1 and "one: pears 1.4: " in checked.stdout
    assert not (tmp_path / "data").exists()
