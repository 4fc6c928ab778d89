"""Whether what the plugin depends on works now."""

from crm_telephony.connected import CONNECTED
from crm_telephony.twilio.rest import KEY, check
from crmcore import CheckResult, HealthCheck, PluginContext


async def twilio_answers(plugin: PluginContext) -> CheckResult:
    """Tell whether Twilio takes the credentials of every active line."""
    for account in await plugin.connections.list(KEY):
        found = await check(account, plugin)
        if not found.ok:
            return found
    return CheckResult(ok=True, message={"en": "Twilio answers.", "ru": "Twilio отвечает."})


HEALTH = (
    CONNECTED,
    HealthCheck(
        key="twilio",
        label={"en": "Lines at Twilio", "ru": "Линии в Twilio"},
        run=twilio_answers,
        ttl_s=300,
        timeout_s=20.0,
    ),
)
