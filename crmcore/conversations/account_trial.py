"""The test of a channel account's connection, run as any other call of its plugin."""

from uuid import UUID

from crmcore.contracts.labels import Label
from crmcore.contracts.settings import CheckResult
from crmcore.conversations.accounts import ChannelAccounts
from crmcore.errors import Conflict, NotFound
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.host import PluginHost

TIMEOUT_S = 15.0
_NO_CHECK: Label = {"en": "This channel has no connection test.", "ru": "У этого канала нет проверки связи."}


async def tried_connection(accounts: ChannelAccounts, host: PluginHost, id: UUID) -> CheckResult:
    """Return what the channel's test found with the stored settings. Raises NotFound for a channel without one.

    Raises Conflict when the channel is away or the settings do not fit.
    """
    found = await accounts.get(str(id))
    if found.service is None:
        raise Conflict(found.trouble, code="channel_absent")
    if found.service.check is None:
        raise NotFound(_NO_CHECK, code="no_check")
    plugin = found.row["plugin"]
    try:
        result: CheckResult = await host.dispatch.run(
            plugin,
            "connection.check" if found.connection else "channel.check",
            found.service.check,
            found.account,
            host.context(plugin),
            timeout_s=TIMEOUT_S,
        )
    except PluginFailed as failed:
        return CheckResult(
            ok=False, message={language: failed.sentence(language) for language in ("en", "ru")}
        )
    return result
