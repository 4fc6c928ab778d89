"""Whether telephone systems are connected: noted where they are listened to, read by the health check."""

from crm_telephony import words
from crmcore import ChannelAccount, CheckResult, HealthCheck, Label, PluginContext, text_of

_LINES: Label = {"en": "Phone systems", "ru": "Телефонные системы"}
CHANNELS = ("asterisk",)


async def note_state(account: ChannelAccount, plugin: PluginContext, trouble: Label) -> None:
    """Remember that ``account`` is connected, or what keeps it from that; the log tells it once.

    The account's page tells it too, from each attempt on: whoever listens anew is taken for connected there.
    """
    said = text_of(trouble)[:300]
    await plugin.connections.report(account.id, said)
    key = f"connected:{account.id}"
    before = await plugin.store.get(key, {})
    if before.get("trouble") == trouble:
        return
    await plugin.store.set(key, {"trouble": trouble, "at": plugin.now().isoformat()})
    if trouble:
        plugin.log.warning("telephone system not connected", account=account.name, reason=said)
    else:
        plugin.log.info("telephone system connected", account=account.name)


async def look(plugin: PluginContext) -> CheckResult:
    """Tell whether every active telephone system is connected."""
    for channel in CHANNELS:
        for account in await plugin.connections.list(channel):
            state = await plugin.store.get(f"connected:{account.id}", None)
            if state is None:
                return _not_ok(account.name, {"en": "not connected yet", "ru": "ещё не подключена"})
            if state["trouble"]:
                return _not_ok(account.name, state["trouble"])
    return CheckResult(
        ok=True,
        message={"en": "All phone systems are connected.", "ru": "Все телефонные системы подключены."},
    )


def _not_ok(name: str, why: Label) -> CheckResult:
    return CheckResult(
        ok=False,
        message={
            language: f"{text_of(words.ASTERISK, language)} “{name}”: {text_of(why, language)}"
            for language in ("en", "ru")
        },
    )


CONNECTED = HealthCheck(key="connected", label=_LINES, run=look)
