"""The plugins of a workspace: what became of each, how it does, and whether it is wanted."""

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import Label, text_of
from crmcore.errors import CrmError, NotFound
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.conversions import converted
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.request import CrmRequest
from crmcore.plugins.ledger import LedgerEntry
from crmcore.plugins.names import CORE
from crmcore.plugins.state import PluginState

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NAME = Parameter(
    name="name", where="path", required=True, description="The plugin's name.", schema={"type": "string"}
)
NO_PLUGIN: Label = {"en": "There is no plugin “{name}”.", "ru": "Плагина «{name}» нет."}
ABSENT: Label = {"en": "It is not installed any more.", "ru": "Он больше не установлен."}
ALWAYS_ON: Label = {"en": "The core is always on.", "ru": "Ядро всегда включено."}


class PluginWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether an administrator wants a plugin; null follows the deployment's settings."""

    enabled: bool | None


def plugin_operations(crm: "Crm") -> list[Operation]:
    """Return the list of plugins, each plugin, and the switch."""

    async def list_plugins(request: CrmRequest) -> Answer:
        actor, language = actor_of(request), request.language
        remembered = {entry.name: entry for entry in await crm.ledger.entries()}
        items = [
            _document(crm, state, remembered.get(state.name), actor, language)
            for state in crm.host.plugins.values()
        ]
        gone = [entry for name, entry in remembered.items() if name not in crm.host.plugins]
        return Answer(body={"items": items + [_absent(entry, language) for entry in gone]})

    async def get_plugin(request: CrmRequest) -> Answer:
        return Answer(body=await one(request))

    async def switch_plugin(request: CrmRequest) -> Answer:
        wish = converted(await request.document(), PluginWish)
        name = str(request.path_params["name"])
        await one(request)
        if name == CORE:
            raise CrmError(ALWAYS_ON, code="always_on")
        await crm.ledger.choose(name, wish.enabled)
        return Answer(body=await one(request))

    async def one(request: CrmRequest) -> dict[str, Any]:
        name = str(request.path_params["name"])
        state = crm.host.plugins.get(name)
        entry = await crm.ledger.entry(name)
        if state is not None:
            return _document(crm, state, entry, actor_of(request), request.language)
        if entry is None:
            raise NotFound(NO_PLUGIN, name=name[:60])
        return _absent(entry, request.language)

    return [
        Operation(
            id="list_plugins",
            method="GET",
            path="/api/plugins",
            tag="plugins",
            summary="List plugins",
            description=(
                "Every installed plugin with its state (`loaded`, `disabled`, `incompatible`, `failed`), the reason "
                "in your language, what it provides and how it does; and those that are gone (`absent`)."
            ),
            permission="plugin.read",
            success=Success(
                schema=reference("PluginList"), description="All of them; the core is the first."
            ),
            handler=list_plugins,
        ),
        Operation(
            id="get_plugin",
            method="GET",
            path="/api/plugins/{name:str}",
            tag="plugins",
            summary="Read one plugin",
            permission="plugin.read",
            parameters=(NAME,),
            success=Success(schema=reference("Plugin"), description="The plugin."),
            refusals=(404,),
            handler=get_plugin,
        ),
        Operation(
            id="switch_plugin",
            method="PATCH",
            path="/api/plugins/{name:str}",
            tag="plugins",
            summary="Switch a plugin on or off",
            description=(
                "Takes effect when the program starts next, in a hosted workspace within seconds: until then "
                "`restart_needed` is true."
            ),
            permission="plugin.write",
            parameters=(NAME,),
            body=reference("PluginWish"),
            example={"enabled": False},
            success=Success(schema=reference("Plugin"), description="The plugin."),
            refusals=(404,),
            handler=switch_plugin,
        ),
    ]


def state_of(crm: "Crm", request: CrmRequest) -> PluginState:
    """Return the state of the installed plugin in the address; raises NotFound."""
    name = str(request.path_params["name"])
    state = crm.host.plugins.get(name)
    if state is None:
        raise NotFound(NO_PLUGIN, name=name[:60])
    return state


def _document(
    crm: "Crm", state: PluginState, entry: LedgerEntry | None, actor: Actor, language: str
) -> dict[str, Any]:
    stats = crm.host.dispatch.stats(state.name)
    settings = crm.registry.settings.get(state.name)
    enabled = entry.enabled if entry is not None else None
    # Tracebacks are for those who may change something about it.
    full = actor.may("plugin.write")
    return {
        "name": state.name,
        "distribution": state.distribution,
        "version": state.version,
        "state": state.state,
        "reason": text_of(state.reason, language),
        "enabled": enabled,
        "restart_needed": enabled is not None and enabled is not (state.state != "disabled"),
        "provides": state.provides,
        "hooks": state.hooks,
        "has_settings": settings is not None,
        "can_check": settings is not None and settings.item.check is not None,
        "settings_problem": text_of(crm.plugin_settings.problem(state.name), language),
        "health": {
            "calls": stats.calls,
            "errors": stats.errors,
            "p95_ms": stats.p95_ms,
            "paused": list(stats.paused),
            "last_error_at": stats.last_error_at,
            "last_error_point": stats.last_error_point,
            "last_error": stats.last_error if full else "",
        },
        "error": state.error if full else "",
    }


def _absent(entry: LedgerEntry, language: str) -> dict[str, Any]:
    return {
        "name": entry.name,
        "distribution": entry.distribution,
        "version": entry.version,
        "state": "absent",
        "reason": text_of(ABSENT, language),
        "enabled": entry.enabled,
        "restart_needed": False,
        "provides": entry.owns,
        "hooks": [],
        "has_settings": False,
        "can_check": False,
        "settings_problem": "",
        "health": None,
        "error": "",
    }
