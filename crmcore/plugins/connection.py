"""A plugin's own test of its connection, run as any other call of it."""

from crmcore.contracts.settings import CheckResult
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.host import PluginHost

TIMEOUT_S = 15.0


async def check_connection(host: PluginHost, plugin: str) -> CheckResult | None:
    """Return what the plugin's test found with its stored settings, None when it has no test."""
    check = host.registry.settings[plugin].item.check
    if check is None:
        return None
    try:
        result: CheckResult = await host.dispatch.run(
            plugin,
            "settings.check",
            check,
            host.context(plugin),
            timeout_s=TIMEOUT_S,
        )
    except PluginFailed as failed:
        said = {language: failed.sentence(language) for language in ("en", "ru")}
        return CheckResult(ok=False, message=said)
    return result
