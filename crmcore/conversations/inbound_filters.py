"""The chain of filters that every incoming message passes."""

import structlog
from msgspec import Struct

from crmcore.contracts.channels import ChannelAccount
from crmcore.contracts.messages import InboundMessage, Verdict
from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.conversations.sentences import sentence
from crmcore.conversations.understand import checked_message
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE


class Filtered(Struct, frozen=True, kw_only=True):
    """What the chain made of a message: the message as it goes on, or why it does not."""

    message: InboundMessage
    state: str = ""
    reason: str = ""


class InboundFilters:
    """Asks every plugin's filter in turn; each sees what the one before it returned."""

    def __init__(self, dispatch: Dispatcher, language: str) -> None:
        self._dispatch = dispatch
        self._language = language
        self._log = structlog.get_logger("crmcore.conversations")

    async def passed(
        self, message: InboundMessage, account: ChannelAccount, *, accept: bool = False
    ) -> Filtered:
        """Return what becomes of ``message``; with ``accept`` nothing drops or holds it.

        A filter that fails, or that changes what identifies the message, leaves it as it was.
        """
        for plugin in self._dispatch.implementers("filter_inbound_message"):
            try:
                verdict: Verdict | None = await self._dispatch.call_one(
                    plugin, "filter_inbound_message", message=message, account=account
                )
            except (PluginFailed, InvalidValue, Refusal) as failed:
                self._log.warning("inbound_filter_skipped", plugin=plugin, error=str(failed))
                continue
            if verdict is None:
                continue
            if verdict.action != "pass" and not accept:
                reason = verdict.reason or sentence("no_reason", self._language)
                if plugin != CORE:
                    reason = sentence("dropped", self._language, plugin=plugin, reason=reason)
                return Filtered(
                    message=message, state="dropped" if verdict.action == "drop" else "held", reason=reason
                )
            message = self._changed(plugin, message, verdict)
        return Filtered(message=message)

    def _changed(self, plugin: str, message: InboundMessage, verdict: Verdict) -> InboundMessage:
        if verdict.message is None:
            return message
        try:
            changed = checked_message(verdict.message)
        except (TypeError, ValueError) as error:
            self._log.warning("inbound_filter_skipped", plugin=plugin, error=str(error))
            return message
        return changed if changed.external_id == message.external_id else message
