"""What of the contract will go away is said before it does, and works until then."""

from typing import Any

import pytest
from plugin_making import Given, loaded

from crmcore import Event, hookimpl, hookspecs, text_of
from crmcore.plugins.choice import PluginChoice

INSTEAD = "Use record_changed, since 0.2."


class OfTheHook:
    @hookimpl
    async def contact_created(self, event: Event) -> None:
        return None


class OfTheArgument:
    @hookimpl
    async def contact_updated(self, event: Event, plugin: Any) -> None:
        return None


class OfNeither:
    @hookimpl
    async def contact_updated(self, event: Event) -> None:
        return None


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version in which one hook and one argument of another will go away."""

    def contact_created(event: Event, plugin: Any) -> None:
        return None

    def contact_updated(event: Event, plugin: Any) -> None:
        return None

    whole = hookspecs.hookspec(warn_on_impl=DeprecationWarning(INSTEAD))
    part = hookspecs.hookspec(warn_on_impl_args={"plugin": DeprecationWarning(INSTEAD)})
    monkeypatch.setattr(hookspecs, "contact_created", whole(contact_created))
    monkeypatch.setattr(hookspecs, "contact_updated", part(contact_updated))


def test_what_will_go_away_is_a_note_of_a_loaded_plugin(later: None) -> None:
    given = {"hook": OfTheHook(), "argument": OfTheArgument(), "neither": OfNeither()}
    host = loaded(PluginChoice(), [Given(name, plugin) for name, plugin in given.items()])
    notes = {name: [text_of(note) for note in state.notes] for name, state in host.plugins.items()}
    assert {host.plugins[name].state for name in given} == {"loaded"}
    assert notes["hook"] == [f"It uses the hook “contact_created”, which will go away. {INSTEAD}"]
    assert notes["argument"] == [
        f"It uses the argument “plugin” of “contact_updated”, which will go away. {INSTEAD}"
    ]
    assert notes["neither"] == []
    assert "в будущем не будет" in text_of(host.plugins["hook"].notes[0], "ru")
    host.close()


def test_nothing_of_today_goes_away_yet() -> None:
    host = loaded(PluginChoice(), [Given("hook", OfTheHook())])
    assert host.plugins["hook"].notes == []
    host.close()
