"""Which of the found plugins are loaded, and why the others are not; nothing is imported yet."""

from crmcore.contracts.labels import Label
from crmcore.plugins import reasons
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.compatibility import incompatibility
from crmcore.plugins.discovery import Candidate
from crmcore.plugins.names import RESERVED, is_plugin_name, nearest
from crmcore.plugins.state import PluginState, StateName


def select(
    candidates: list[Candidate], choice: PluginChoice, core_version: str
) -> tuple[list[Candidate], dict[str, PluginState]]:
    """Return the candidates to load, and the states of those that are left out.

    A second plugin of the same name is listed as ``name@distribution``.
    """
    selected: dict[str, Candidate] = {}
    states: dict[str, PluginState] = {}
    for candidate in candidates:
        name = candidate.name
        if name in selected:
            reason = reasons.duplicate_name(name, _origin(selected[name]), _origin(candidate))
            states[f"{name}@{_origin(candidate)}"] = described(candidate, "failed", reason)
        elif name in RESERVED:
            states[f"{name}@{_origin(candidate)}"] = described(
                candidate, "failed", reasons.reserved_name(name)
            )
        elif not is_plugin_name(name):
            states[name] = described(candidate, "failed", reasons.wrong_name(name))
        else:
            selected[name] = candidate
    states.update(_missing(choice, selected))
    for name, candidate in list(selected.items()):
        unwanted = _unwanted(name, choice)
        if unwanted is not None:
            states[name] = described(candidate, "disabled", unwanted)
            del selected[name]
            continue
        incompatible = incompatibility(candidate.distribution, core_version)
        if incompatible is not None:
            states[name] = described(candidate, "incompatible", incompatible)
            del selected[name]
    return list(selected.values()), states


def described(candidate: Candidate, state: StateName, reason: Label, error: str = "") -> PluginState:
    """Return the state of ``candidate``."""
    return PluginState(
        name=candidate.name,
        distribution=candidate.distribution_name,
        version=candidate.version,
        state=state,
        reason=reason,
        error=error,
    )


def _unwanted(name: str, choice: PluginChoice) -> Label | None:
    if choice.wants_none() or name in choice.no_plugins:
        return reasons.skipped()
    if choice.plugins is not None and name not in choice.plugins:
        return reasons.not_chosen()
    if name in choice.disabled:
        return reasons.switched_off()
    return None


def _missing(choice: PluginChoice, found: dict[str, Candidate]) -> dict[str, PluginState]:
    if choice.wants_none():
        return {}
    missing = [name for name in choice.plugins or [] if name not in found and name not in choice.no_plugins]
    return {
        name: PluginState(
            name=name, state="failed", reason=reasons.not_installed(name, nearest(name, list(found)))
        )
        for name in missing
    }


def _origin(candidate: Candidate) -> str:
    return candidate.distribution_name or candidate.entry_point.value
