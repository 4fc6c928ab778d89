"""Installed is available; the deployment says what is on."""

import sys
from pathlib import Path

import pytest
from plugin_making import Core, Given, entry_points, loaded, make_distribution

from crmcore import Job, hookimpl, text_of
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.failures import StartRefused


async def run(payload: object, plugin: object) -> None:
    return None


class Plugin:
    @hookimpl
    def register_jobs(self) -> list[Job]:
        return [Job(key="sync", run=run)]


POINTS = [Given("alpha", Plugin()), Given("beta", Plugin()), Given("gamma", Plugin())]


def states(choice: PluginChoice) -> dict[str, str]:
    return {name: state.state for name, state in loaded(choice, list(POINTS)).plugins.items()}


def test_everything_that_is_installed_is_on_unless_said_otherwise() -> None:
    assert states(PluginChoice()) == {
        "core": "loaded",
        "alpha": "loaded",
        "beta": "loaded",
        "gamma": "loaded",
    }


def test_a_list_names_exactly_what_is_on() -> None:
    host = loaded(PluginChoice(plugins=["beta"]), list(POINTS))

    assert {name: state.state for name, state in host.plugins.items()} == {
        "core": "loaded",
        "alpha": "disabled",
        "beta": "loaded",
        "gamma": "disabled",
    }
    assert (
        text_of(host.plugins["alpha"].reason)
        == "It is installed, but not in this deployment's list of plugins."
    )


def test_no_plugins_skips_all_or_some_whatever_else_is_said() -> None:
    assert set(states(PluginChoice(no_plugins=["*"], plugins=["beta", "missing"])).values()) == {
        "loaded",
        "disabled",
    }
    assert states(PluginChoice(no_plugins=["*"]))["core"] == "loaded"
    some = loaded(PluginChoice(no_plugins=["beta"], plugins=["alpha", "beta"]), list(POINTS))
    assert some.plugins["alpha"].state == "loaded"
    assert text_of(some.plugins["beta"].reason) == "It was skipped by --no-plugins."


def test_what_an_administrator_switched_off_stays_off_also_when_it_is_listed() -> None:
    host = loaded(PluginChoice(plugins=["alpha"], disabled=frozenset({"alpha"})), list(POINTS))

    assert host.plugins["alpha"].state == "disabled"
    assert text_of(host.plugins["alpha"].reason, "ru") == "Его выключил администратор."
    assert host.registry.jobs == {}


def test_a_listed_plugin_that_is_not_installed_is_named_with_the_nearest_one() -> None:
    host = loaded(PluginChoice(plugins=["alpha", "gama", "unheard_of"]), list(POINTS))

    assert text_of(host.plugins["gama"].reason) == (
        "The list of plugins names “gama”, but no installed package provides it. Did you mean “gamma”?"
    )
    assert text_of(host.plugins["unheard_of"].reason) == (
        "The list of plugins names “unheard_of”, but no installed package provides it."
    )
    assert host.plugins["alpha"].state == "loaded"


def test_strict_refuses_what_is_missing_but_not_what_is_switched_off() -> None:
    loaded(PluginChoice(strict=True, disabled=frozenset({"alpha"}), no_plugins=["beta"]), list(POINTS))

    with pytest.raises(StartRefused, match="no installed package provides it"):
        loaded(PluginChoice(strict=True, plugins=["unheard_of"]), list(POINTS))


@pytest.mark.parametrize(
    "choice",
    [
        PluginChoice(plugins=[]),
        PluginChoice(no_plugins=["unwanted"]),
        PluginChoice(no_plugins=["*"]),
        PluginChoice(disabled=frozenset({"unwanted"})),
    ],
)
def test_what_is_off_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: PluginChoice
) -> None:
    make_distribution(tmp_path, "crm-unwanted", module="unwanted_plugin")
    monkeypatch.syspath_prepend(tmp_path)

    host = loaded(choice, entry_points(tmp_path))

    assert host.plugins["unwanted"].state == "disabled"
    assert "unwanted_plugin" not in sys.modules


def test_a_broken_core_stops_the_start() -> None:
    class Broken(Core):
        @hookimpl
        def register_jobs(self) -> list[Job]:
            raise LookupError("the core is broken")

    with pytest.raises(LookupError, match="the core is broken"):
        loaded(PluginChoice(), [], builtin=Broken())
