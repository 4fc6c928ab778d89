"""Plugins are found by entry point, each by its own name."""

import sys
from pathlib import Path

import pytest
from plugin_making import CALM, Core, entry_points, loaded, make_distribution

from crmcore import text_of
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.host import PluginHost

EXITS = "raise SystemExit('imported')"


def test_installed_plugins_are_found_by_their_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_distribution(tmp_path, "crm-found-here", version="2.5")
    monkeypatch.syspath_prepend(tmp_path)

    host = PluginHost(PluginChoice(plugins=["found_here"]), builtin=Core())
    host.load()

    state = host.plugins["found_here"]
    assert (state.state, state.distribution, state.version) == ("loaded", "crm-found-here", "2.5")
    assert state.provides == {"panels": ["found_here.orders"]}
    assert state.hooks == ["register_panels"]
    assert host.registry.panels["found_here.orders"].plugin == "found_here"


def test_a_distribution_with_broken_metadata_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_distribution(tmp_path, "crm-whole")
    broken = tmp_path / "crm_broken-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Name: crm-broken\n", encoding="utf-8")
    (broken / "entry_points.txt").write_text("[crmcore\nthis is = no = entry point", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    host = PluginHost(PluginChoice(plugins=["whole"]), builtin=Core())
    host.load()

    assert host.plugins["whole"].state == "loaded"


def test_plugins_are_loaded_in_the_order_of_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("crm-zebra-one", "crm-ant-one", "crm-moth-one"):
        make_distribution(tmp_path, name)
    monkeypatch.syspath_prepend(tmp_path)

    host = loaded(PluginChoice(), entry_points(tmp_path))

    assert list(host.plugins) == ["core", "ant_one", "moth_one", "zebra_one"]
    assert list(host.registry.panels) == ["ant_one.orders", "moth_one.orders", "zebra_one.orders"]


def test_two_plugins_of_one_name_are_reported_and_the_first_distribution_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_distribution(tmp_path, "crm-first", plugin="twin", module="twin_first")
    make_distribution(tmp_path, "crm-second", plugin="twin", module="twin_second")
    monkeypatch.syspath_prepend(tmp_path)

    host = loaded(PluginChoice(), entry_points(tmp_path))

    assert host.plugins["twin"].distribution == "crm-first"
    assert host.plugins["twin"].state == "loaded"
    second = host.plugins["twin@crm-second"]
    assert second.state == "failed"
    assert text_of(second.reason, "en") == (
        "Both “crm-first” and “crm-second” provide a plugin named “twin”; the one of “crm-first” is used. "
        "Uninstall one of them."
    )


@pytest.mark.parametrize(
    ("requirement", "accepted"),
    [
        ("crmcore>=0.1,<1", True),
        ("crmcore", True),
        ("CRMcore ~= 0.1.0", True),
        ("crmcore>=9", False),
        ("crmcore==0.0.1", False),
        ("crmcore>=9; extra == 'later'", True),
        ("crmcore>=9; python_version < '3.0'", True),
        ("crmcore-extras>=9", True),
        ("nonsense ===", True),
    ],
)
def test_compatibility_is_what_the_distribution_requires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requirement: str, accepted: bool
) -> None:
    module = f"compatible_{abs(hash(requirement))}"
    make_distribution(tmp_path, "crm-sample", module=module, requires=("msgspec", requirement))
    monkeypatch.syspath_prepend(tmp_path)

    host = loaded(PluginChoice(), entry_points(tmp_path), core_version="0.1.0")

    assert host.plugins["sample"].state == ("loaded" if accepted else "incompatible")


def test_an_incompatible_plugin_is_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_distribution(tmp_path, "crm-newer", module="newer_plugin", code=EXITS, requires=("crmcore<2,>=1.4",))
    monkeypatch.syspath_prepend(tmp_path)

    host = loaded(PluginChoice(), entry_points(tmp_path), core_version="0.1.0")

    state = host.plugins["newer"]
    assert state.state == "incompatible"
    assert text_of(state.reason, "en") == "It needs crmcore<2,>=1.4, but this is crmcore 0.1.0."
    assert text_of(state.reason, "ru") == "Ему нужно crmcore<2,>=1.4, а здесь crmcore 0.1.0."
    assert "newer_plugin" not in sys.modules


def test_a_requirement_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_distribution(tmp_path, "crm-garbled", code=EXITS, requires=("crmcore >> 1",))
    monkeypatch.syspath_prepend(tmp_path)

    state = loaded(PluginChoice(), entry_points(tmp_path)).plugins["garbled"]

    assert state.state == "incompatible"
    assert text_of(state.reason, "en") == "Its requirement on crmcore cannot be read: “crmcore >> 1”."


def test_a_prerelease_of_the_core_counts_as_a_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_distribution(tmp_path, "crm-early", module="early_plugin", code=CALM, requires=("crmcore>=0.1",))
    monkeypatch.syspath_prepend(tmp_path)

    assert (
        loaded(PluginChoice(), entry_points(tmp_path), core_version="0.2.0rc1").plugins["early"].state
        == "loaded"
    )
