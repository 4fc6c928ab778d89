"""The plugins of a workspace: what became of each, and how it does."""

from typing import TYPE_CHECKING, Any

from crmcore.contracts.actors import Actor
from crmcore.contracts.labels import text_of
from crmcore.errors import NotFound
from crmcore.http.answers import Answer
from crmcore.http.auth import actor_of
from crmcore.http.operation import Operation, Parameter, Success, reference
from crmcore.http.request import CrmRequest
from crmcore.plugins.state import PluginState

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NAME = Parameter(
    name="name", where="path", required=True, description="The plugin's name.", schema={"type": "string"}
)
NO_PLUGIN = {"en": "There is no plugin “{name}”.", "ru": "Плагина «{name}» нет."}


def plugin_operations(crm: "Crm") -> list[Operation]:
    """Return the list of plugins and each plugin."""

    async def list_plugins(request: CrmRequest) -> Answer:
        actor = actor_of(request)
        states = crm.host.plugins.values()
        return Answer(body={"items": [_document(crm, state, actor, request.language) for state in states]})

    async def get_plugin(request: CrmRequest) -> Answer:
        state = state_of(crm, request)
        return Answer(body=_document(crm, state, actor_of(request), request.language))

    return [
        Operation(
            id="list_plugins",
            method="GET",
            path="/api/plugins",
            tag="plugins",
            summary="List plugins",
            description=(
                "Every installed plugin with its state (`loaded`, `disabled`, `incompatible`, `failed`), the reason "
                "in your language, what it provides and how it does."
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
    ]


def state_of(crm: "Crm", request: CrmRequest) -> PluginState:
    """Return the state of the plugin in the address; raises NotFound."""
    name = str(request.path_params["name"])
    state = crm.host.plugins.get(name)
    if state is None:
        raise NotFound(NO_PLUGIN, name=name[:60])
    return state


def _document(crm: "Crm", state: PluginState, actor: Actor, language: str) -> dict[str, Any]:
    stats = crm.host.dispatch.stats(state.name)
    settings = crm.registry.settings.get(state.name)
    # Tracebacks are for those who may change something about it.
    full = actor.may("plugin.write")
    return {
        "name": state.name,
        "distribution": state.distribution,
        "version": state.version,
        "state": state.state,
        "reason": text_of(state.reason, language) if state.reason else "",
        "provides": state.provides,
        "hooks": state.hooks,
        "has_settings": settings is not None,
        "can_check": settings is not None and settings.item.check is not None,
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
