"""A plugin that hears of contacts and answers for a channel: what the core does for plugins is an operation too."""

from crmcore import Event, PluginContext, hookimpl

HEARD: list[tuple[str, str]] = []


@hookimpl
async def contact_created(event: Event, plugin: PluginContext) -> None:
    await plugin.store.set(f"heard:{event.record_id}", str(event.id))
    HEARD.append((str(event.record_id), str(event.id)))
