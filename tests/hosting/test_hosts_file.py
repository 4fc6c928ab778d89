"""What a hosts file may say."""

from pathlib import Path

import pytest

from crmcore.hosting.hosts_file import read_hosts
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
        ("[workspaces.one]\nhosts = ['a.b']\nlimits = { requests_per_s = 0 }\n", "limits"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        read_hosts(file)
    assert sentence in str(refused.value) and str(file) in str(refused.value)
