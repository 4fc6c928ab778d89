"""Settings: what each plugin gives, how it does, and its own settings."""

from collections.abc import Iterable
from typing import Any

from litestar.response.base import ASGIResponse

from crmcore.contracts.settings import CheckResult
from crmcore.contributions.setup_steps import setup_steps
from crmcore.errors import Invalid, NotFound
from crmcore.plugins.connection import check_connection
from crmcore.plugins.ledger import LedgerEntry
from crmcore.plugins.names import CORE
from crmcore.plugins.state import PluginState
from crmcore.web.known_plugins import KNOWN_PLUGINS, not_installed
from crmcore.web.route import Route
from crmcore.web.schema_form import SchemaForm
from crmcore.web.texts import N_
from crmcore.web.visit import Visit

STATES = {
    "loaded": (N_("Active"), "ok"),
    "disabled": (N_("Switched off"), "neutral"),
    "incompatible": (N_("Does not fit"), "warn"),
    "failed": (N_("Failed"), "bad"),
    "absent": (N_("Not installed"), "neutral"),
}
KINDS = {
    "panels": N_("Panels"),
    "channels": N_("Channels"),
    "connections": N_("Connections"),
    "validators": N_("Checks"),
    "row_scopes": N_("Row scopes"),
    "field_types": N_("Field types"),
    "custom_fields": N_("Custom fields"),
    "record_types": N_("Record types"),
    "jobs": N_("Jobs"),
    "actions": N_("Actions"),
    "pages": N_("Pages"),
    "timeline": N_("Timelines"),
    "message_blocks": N_("Under messages"),
    "commands": N_("Commands"),
    "setup_steps": N_("Setup steps"),
    "tiles": N_("Tiles"),
    "permissions": N_("Permissions"),
    "health": N_("Health checks"),
    "tables": N_("Tables"),
    "settings": N_("Settings"),
    "matchers": N_("Recognition of contacts"),
    "personal_data": N_("Personal data"),
    "authenticators": N_("Ways to sign in"),
}
ICONS = {"channels": "message-square", "panels": "panel-right", "validators": "shield-check"}


async def list_plugins(visit: Visit) -> ASGIResponse:
    """Show every plugin: installed ones with their state, and those that were here once."""
    host = visit.crm.host
    entries = {entry.name: entry for entry in await visit.crm.ledger.entries()}
    plugins = [_shown(visit, state, entries.get(state.name)) for state in host.plugins.values()]
    absent = [
        _shown(
            visit,
            PluginState(
                name=entry.name, distribution=entry.distribution, version=entry.version, provides=entry.owns
            ),
            entry,
            absent=True,
        )
        for name, entry in entries.items()
        if name not in host.plugins
    ]
    checks = await visit.crm.contributions.health.all()
    steps = await setup_steps(visit.crm, visit.actor)
    for plugin in plugins:
        plugin["steps"] = [
            (visit.say(step.title), step.open)
            for step in steps
            if step.plugin == plugin["name"] and not step.done
        ]
        plugin["checks"] = [
            (visit.say(check.label), check.ok, visit.say(check.message), check.at)
            for check in checks
            if check.plugin == plugin["name"]
        ]
        if plugin["state"] == "loaded" and not all(ok for _, ok, _, _ in plugin["checks"]):
            plugin |= {"label": visit.texts.gettext(N_("Needs attention")), "tone": "warn"}
    loaded = sum(1 for state in host.plugins.values() if state.state == "loaded" and state.name != CORE)
    return await visit.page(
        "settings_plugins.html",
        area="settings",
        plugins=plugins + absent,
        available=[(known, visit.say(known.gives)) for known in not_installed()],
        soon=visit.crm.follows_choices,
        installed=len(host.plugins) - (CORE in host.plugins),
        loaded=loaded,
    )


def _shown(
    visit: Visit, state: PluginState, entry: LedgerEntry | None, *, absent: bool = False
) -> dict[str, Any]:
    name = "absent" if absent else state.state
    label, tone = STATES.get(name, (name, "neutral"))
    trouble = visit.say(visit.crm.plugin_settings.problem(state.name))
    stats = visit.crm.host.dispatch.stats(state.name)
    if name == "loaded" and (trouble or stats.paused):
        label, tone = N_("Needs attention"), "warn"
    registry = visit.crm.host.registry
    icons = [owned.item.icon for owned in registry.panels.values() if owned.plugin == state.name]
    icons += [owned.item.icon for owned in registry.channels.values() if owned.plugin == state.name]
    icons += [owned.item.icon for owned in registry.connections.values() if owned.plugin == state.name]
    icons += [ICONS[kind] for kind in state.provides if kind in ICONS]
    return {
        "name": state.name,
        "core": state.name == CORE,
        "distribution": state.distribution,
        "version": state.version,
        "state": name,
        "label": visit.texts.gettext(label),
        "tone": tone,
        "icon": icons[0] if icons else "puzzle",
        "gives": next(
            (visit.say(known.gives) for known in KNOWN_PLUGINS if known.distribution == state.distribution),
            "",
        ),
        "reason": visit.say(state.reason) or trouble,
        "notes": [visit.say(note) for note in state.notes],
        "provides": list(_provided(visit, state.provides)),
        "error": state.error,
        "stats": stats,
        "settings": state.name in registry.settings,
        "help": visit.say(registry.settings[state.name].item.help) if state.name in registry.settings else "",
        "can_test": state.name in registry.settings and registry.settings[state.name].item.check is not None,
        "channels": [
            (key, visit.say(owned.item.label))
            for key, owned in registry.channels.items()
            if owned.plugin == state.name and state.name != CORE
        ],
        "connections": [
            (key, visit.say(owned.item.label))
            for key, owned in registry.connections.items()
            if owned.plugin == state.name
        ],
        "chosen": entry.enabled if entry else None,
        "checks": [],
        "steps": [],
    }


def _provided(visit: Visit, provides: dict[str, list[str]]) -> Iterable[tuple[str, list[str]]]:
    for kind, keys in provides.items():
        yield visit.texts.gettext(KINDS[kind]) if kind in KINDS else kind, keys


async def switch(visit: Visit) -> ASGIResponse:
    """Remember that a plugin is to be switched on or off: at the next start, within seconds in a hosted workspace."""
    name = str(visit.request.path_params["plugin"])
    if name not in visit.crm.host.plugins or name == CORE:
        raise NotFound
    await visit.crm.ledger.choose(name, (await visit.form()).get("enabled") == "true")
    done = "plugin_soon" if visit.crm.follows_choices else "plugin"
    return visit.redirect("/settings/plugins", done=done)


async def show_settings(visit: Visit) -> ASGIResponse:
    """Show the form that is made from the plugin's settings Struct."""
    name = _with_settings(visit)
    form = SchemaForm(visit, visit.crm.plugin_settings.schema(name))
    form.show(await visit.crm.plugin_settings.masked(name))
    return await _settings_page(visit, name, form)


async def save_settings(visit: Visit) -> ASGIResponse:
    """Save the plugin's settings; secrets that are left masked or empty stay."""
    name = _with_settings(visit)
    store = visit.crm.plugin_settings
    form = SchemaForm(visit, store.schema(name))
    sent_form = await visit.form()
    sent = form.sent(sent_form)
    try:
        await store.save(name, sent)
    except Invalid as error:
        form.show({**await store.masked(name), **sent})
        form.complain(error.problems)
        return await _settings_page(visit, name, form, 422)
    if sent_form.get("then") == "test":
        form.show(await store.masked(name))
        return await _settings_page(visit, name, form, tested=await check_connection(visit.crm.host, name))
    return visit.redirect(f"/settings/plugins/{name}", done="saved")


def _with_settings(visit: Visit) -> str:
    name = str(visit.request.path_params["plugin"])
    if name not in visit.crm.host.registry.settings:
        raise NotFound
    return name


async def _settings_page(
    visit: Visit, name: str, form: SchemaForm, status: int = 200, tested: CheckResult | None = None
) -> ASGIResponse:
    settings = visit.crm.host.registry.settings[name].item
    return await visit.page(
        "settings_plugin.html",
        status=status,
        area="settings",
        plugin=name,
        heading=visit.say(settings.title) or name,
        help=visit.say(settings.help),
        form=form,
        tested=tested,
        can_test=settings.check is not None,
    )


ROUTES = (
    Route("GET", "/settings/plugins", list_plugins, permission="plugin.read"),
    Route("POST", "/settings/plugins/{plugin:str}/switch", switch, permission="plugin.write"),
    Route("GET", "/settings/plugins/{plugin:str}", show_settings, permission="plugin.write"),
    Route("POST", "/settings/plugins/{plugin:str}", save_settings, permission="plugin.write"),
)
