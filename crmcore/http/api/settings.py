"""A plugin's settings: read masked, written whole or in part, tried out."""

from typing import TYPE_CHECKING, Any

from crmcore.contracts.labels import text_of
from crmcore.errors import NotFound
from crmcore.http.answers import Answer
from crmcore.http.api.plugins import NAME, state_of
from crmcore.http.operation import Operation, Success, reference
from crmcore.http.request import CrmRequest
from crmcore.plugins.connection import check_connection

if TYPE_CHECKING:
    from crmcore.workspace import Crm

NO_SETTINGS = {"en": "The plugin “{name}” has no settings.", "ru": "У плагина «{name}» нет настроек."}
NO_CHECK = {
    "en": "The plugin “{name}” has no connection test.",
    "ru": "У плагина «{name}» нет проверки связи.",
}


def settings_operations(crm: "Crm") -> list[Operation]:
    """Return get, put and check of a plugin's settings."""

    def owner(request: CrmRequest) -> str:
        name = state_of(crm, request).name
        if name not in crm.registry.settings:
            raise NotFound(NO_SETTINGS, code="no_settings", name=name)
        return name

    async def document(name: str, language: str) -> dict[str, Any]:
        settings = crm.registry.settings[name].item
        return {
            "plugin": name,
            "title": text_of(settings.title, language),
            "help": text_of(settings.help, language),
            "values": await crm.plugin_settings.masked(name),
            "schema": crm.plugin_settings.schema(name),
        }

    async def get_settings(request: CrmRequest) -> Answer:
        return Answer(body=await document(owner(request), request.language))

    async def put_settings(request: CrmRequest) -> Answer:
        name = owner(request)
        await crm.plugin_settings.save(name, await request.document())
        return Answer(body=await document(name, request.language))

    async def check(request: CrmRequest) -> Answer:
        name = owner(request)
        result = await check_connection(crm.host, name)
        if result is None:
            raise NotFound(NO_CHECK, code="no_check", name=name)
        return Answer(body={"ok": result.ok, "message": text_of(result.message, request.language)})

    path = "/api/plugins/{name:str}/settings"
    success = Success(schema=reference("PluginSettings"), description="The settings, secrets as dots.")
    return [
        Operation(
            id="get_plugin_settings",
            method="GET",
            path=path,
            tag="plugins",
            summary="Read a plugin's settings",
            description="`schema` is the JSON Schema of `values`; secrets (`writeOnly`) show as dots.",
            permission="plugin.read",
            parameters=(NAME,),
            success=success,
            refusals=(404,),
            handler=get_settings,
        ),
        Operation(
            id="put_plugin_settings",
            method="PUT",
            path=path,
            tag="plugins",
            summary="Write a plugin's settings",
            description=(
                'A secret that is left out or still masked keeps its value. `{"$env": "NAME"}` takes a value from '
                "the environment."
            ),
            permission="plugin.write",
            parameters=(NAME,),
            body={"type": "object"},
            success=success,
            refusals=(404, 422),
            handler=put_settings,
        ),
        Operation(
            id="check_plugin",
            method="POST",
            path="/api/plugins/{name:str}/check",
            tag="plugins",
            summary="Test a plugin's connection",
            description="Asks the other side with the stored settings.",
            permission="plugin.write",
            parameters=(NAME,),
            success=Success(schema=reference("CheckResult"), description="What the test found."),
            refusals=(404,),
            handler=check,
        ),
    ]
