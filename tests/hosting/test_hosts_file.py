"""What a hosts file may say."""

from pathlib import Path

import pytest

import crmcore
from crmcore.hosting.hosts_file import read_hosts
from crmcore.sets.lockfile import (
    Lock,
    OwnOfLock,
    OwnOfPackage,
    Package,
    ToolOfLock,
    ToolOfPackage,
    write_lock,
)
from crmcore.settings import SettingsError

TWO = '[workspaces.one]\nhosts = ["one.example.com"]\n[workspaces.two]\nhosts = ["two.example.com"]\n'


def test_what_a_file_leaves_out_is_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(
        "[host.limits]\njobs_at_once = 7\n" + TWO + 'language = "ru"\nlimits = { requests_per_s = 3 }\n'
    )
    found = read_hosts(file)
    one, two = found.workspaces["one"], found.workspaces["two"]
    assert one.settings.base_url == "https://one.example.com"
    assert one.settings.data_dir == str(tmp_path / "data" / "one")
    assert (one.settings.language, two.settings.language) == ("en", "ru")
    assert (two.limits.requests_per_s, two.limits.jobs_at_once) == (3, 7)


def test_the_environment_of_the_process_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMCORE_DATABASE_URL", "sqlite:///shared.sqlite")
    file = tmp_path / "hosts.toml"
    file.write_text(TWO)
    urls = {one.settings.effective_database_url() for one in read_hosts(file).workspaces.values()}
    assert len(urls) == 2 and not any("shared" in url for url in urls)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no workspaces"),
        ("[workspace.one]\n", "“workspace” is not known"),
        ("[workspaces.One]\nhosts = ['a.b']\n", "a name has up to 40"),
        ("[workspaces.one]\n", "Add the names it answers to"),
        ("[workspaces.one]\nhosts = ['a.b']\nlanguge = 'ru'\n", "“languge” is not a setting"),
        ("[workspaces.one]\nhosts = ['a.b']\nlanguage = 'de'\n", "language"),
        ("[host]\nidle_s = 0\n" + TWO, "host: Expected `float` >= 1"),
        (TWO.replace("two.e", "one.e"), "have one host name: one.example.com"),
        (TWO + "data_dir = 'data/one'\n", "have one folder"),
        (TWO + "database_url = 'postgres://db/x'\n[workspaces.three]\nhosts=['c.d']\ndatabase_url = 'postgres://db/x'\n",
         "have one database"),
        (TWO.replace("\n[", "\ndatabase_url = 'postgres://a:b@DB:5432/x?pool=3'\n[") + "database_url = 'postgres://db/x'\n",
         "have one database"),
        (TWO + "database_url = 'sqlite:///PLACE/data/../data/one/crm.sqlite?synchronous=off'\n", "have one database"),
        ("[workspaces.one]\nhosts = ['a.b']\nlimits = { requests_per_s = 0 }\n", "limits"),
        ("[workspaces.one]\nhosts = ['a.b']\nlimits = 3\n", "limits"),
        ("[workspaces.one]\nhosts = ['a.b']\nlock = 'nowhere.toml'\n", "Make it with crmcore plugins lock"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text.replace("PLACE", str(tmp_path)))
    with pytest.raises(SettingsError) as refused:
        read_hosts(file)
    assert sentence in str(refused.value) and str(file) in str(refused.value)


def locked(file: Path, **versions: str) -> None:
    """Write a lock of the core and of the plugins of these names."""
    packages = [
        Package(
            name=name,
            version=version,
            tool=ToolOfPackage(crmcore=OwnOfPackage(files="", plugins=() if name == "crmcore" else (name,))),
        )
        for name, version in versions.items()
    ]
    tool = ToolOfLock(crmcore=OwnOfLock(python="3.13", system="linux", plugins=tuple(versions)))
    write_lock(Lock(tool=tool, packages=tuple(packages)), file)


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"crmcore": crmcore.__version__, "crm-none": "2.0"}, "serve them by two processes"),
        ({"crmcore": "0.0.1"}, "one process has one of them"),
        (
            {"crmcore": crmcore.__version__},
            "crm-none 1.0, and none is installed here. Install what is locked",
        ),
    ],
)
def test_two_versions_of_one_plugin_are_refused_with_what_to_do(
    tmp_path: Path, second: dict[str, str], sentence: str
) -> None:
    locked(tmp_path / "one.toml", **{"crmcore": crmcore.__version__, "crm-none": "1.0"})
    locked(tmp_path / "two.toml", **second)
    file = tmp_path / "hosts.toml"
    file.write_text(TWO.replace("\n[", "\nlock = 'one.toml'\n[") + "lock = 'two.toml'\n")
    with pytest.raises(SettingsError, match=sentence):
        read_hosts(file)
    # One that is suspended takes nothing from the other.
    file.write_text(file.read_text().replace("'one.toml'", "'one.toml'\nsuspended = true"))
    if second == {"crmcore": crmcore.__version__}:
        assert read_hosts(file).workspaces["one"].suspended
