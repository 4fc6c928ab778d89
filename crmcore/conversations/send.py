"""Sending replies: filters, the channel, the delivery state, further attempts, and a person at the end."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from crmcore.clock import Clock
from crmcore.contracts.actors import system_actor
from crmcore.contracts.channels import SendFailed, Sent
from crmcore.contracts.jobs import Retry
from crmcore.contracts.messages import OutboundMessage
from crmcore.contracts.sayings import LANGUAGES, Saying
from crmcore.conversations.accounts import ChannelAccounts
from crmcore.conversations.found import Found
from crmcore.conversations.messages import tell_pages
from crmcore.conversations.outgoing import Stopped, filtered, outbound_message
from crmcore.conversations.reply import window_closed
from crmcore.conversations.sentences import sentence
from crmcore.conversations.storable import bounded_key, storable_text
from crmcore.conversations.tables import Conversation, Message
from crmcore.conversations.told import said
from crmcore.database.database import Database
from crmcore.database.errors import Duplicate
from crmcore.events.outbox import Outbox
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.host import PluginHost

SEND_TIMEOUT_S = 30.0
# 15 s, 1 min, 4 min, 16 min, 1 h: a vendor's bad hour passes without a person.
MAX_ATTEMPTS = 6
_SENDING = system_actor("sending")
_FIRST_WAIT_S, _FACTOR, _LONGEST_WAIT_S = 15.0, 4.0, 3600.0


class Sender:
    """Hands queued replies to their channels."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        host: PluginHost,
        accounts: ChannelAccounts,
        outbox: Outbox,
        language: str,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._host = host
        self._accounts = accounts
        self._language = language
        self._log = structlog.get_logger("crmcore.conversations")

    async def send(self, message_id: UUID) -> str:
        """Send one queued reply and return its delivery state; one that is not queued is left alone.

        The message's id goes to the vendor as the idempotency key, so that an attempt whose end was never
        written down (the machine stopped) is safe to repeat. While another worker may still be sending, and
        after a failure that may pass, raises Retry. After the last attempt a person decides.
        """
        message = await self._queued(message_id)
        if message is None:
            return ""
        conversation = (await Conversation.select().where(Conversation.id == message["conversation"]))[0]
        if conversation["account"] is None:
            return await self._settle(message, "held", sentence("no_channel", self._language))
        found = await self._accounts.get(str(conversation["account"]))
        channel = found.channel
        if channel is None or found.trouble:
            return await self._wait(message, Saying.labelled(found.trouble, self._language))
        if (send := channel.send) is None or not channel.capabilities.reply:
            return await self._settle(message, "held", sentence("no_replies", self._language))
        window_s = channel.capabilities.reply_window_s
        if window_closed(window_s, conversation["last_inbound_at"], self._clock()):
            hours = round((window_s or 0) / 3600, 1)
            return await self._settle(message, "held", sentence("window_closed", self._language, hours=hours))
        if not await self._claim(message):
            raise Retry("another worker is sending this reply", after_s=SEND_TIMEOUT_S)
        try:
            outbound = await outbound_message(message, conversation, channel)
            outbound = await filtered(outbound, found, self._host.dispatch, self._language)
        except Stopped as stopped:
            return await self._settle(message, stopped.state, stopped.reason)
        return await self._attempt(message, outbound, found, send)

    async def _attempt(
        self, message: dict[str, Any], outbound: OutboundMessage, found: Found, send: Callable[..., Any]
    ) -> str:
        plugin = found.account.plugin
        try:
            sent: Sent = await self._host.dispatch.run(
                plugin,
                "channel.send",
                send,
                outbound,
                found.account,
                self._host.context(plugin),
                timeout_s=SEND_TIMEOUT_S,
                returns=Sent,
            )
        except SendFailed as failed:
            if failed.permanent:
                return await self._settle(message, "held", Saying.labelled(failed.reason, self._language))
            return await self._try_again(
                message, Saying.labelled(failed.reason, self._language), failed.retry_after_s
            )
        except PluginFailed as failed:
            return await self._try_again(
                message,
                Saying.labelled({one: failed.sentence(one) for one in LANGUAGES}, self._language),
                failed.retry_after_s,
                counts=not failed.paused,
            )
        return await self._sent(message, outbound, sent)

    async def _queued(self, id: UUID) -> dict[str, Any] | None:
        rows = await Message.select().where(Message.id == id, Message.delivery == "queued")
        return rows[0] if rows else None

    async def _claim(self, message: dict[str, Any]) -> bool:
        """Note the attempt before it is made; False while another one may still be under way."""
        now = self._clock()
        under_way = message["delivery_attempts"] > 0 and not message["delivery_error"]
        if under_way and message["updated_at"] > now - timedelta(seconds=SEND_TIMEOUT_S + 5):
            return False
        attempts = message["delivery_attempts"] + 1
        claimed = (
            await Message.update(
                {"delivery_attempts": attempts, "delivery_error": "", "updated_at": now}, force=True
            )
            .where(
                Message.id == message["id"],
                Message.delivery == "queued",
                Message.delivery_attempts == message["delivery_attempts"],
            )
            .returning(Message.id)
        )
        message["delivery_attempts"] = attempts
        return bool(claimed)

    async def _sent(self, message: dict[str, Any], outbound: OutboundMessage, sent: Sent) -> str:
        now = self._clock()
        state = "delivered" if sent.delivered else "stored" if sent.stored else "sent"
        values: dict[Any, Any] = {
            "delivery": state,
            "delivery_error": "",
            "text": storable_text(outbound.text),  # what the customer got, as the filters left it
            "sent_at": None if sent.stored else now,
            "updated_at": now,
        }
        external_id = bounded_key(sent.external_id) if sent.external_id else None
        try:
            await self._write(message, values | {"external_id": external_id})
        except Duplicate:
            # The vendor's id of an earlier message: it is sent all the same, and must not be sent again.
            self._log.warning("external_id_repeated", message=str(message["id"]))
            await self._write(message, values)
        return state

    async def _try_again(
        self, message: dict[str, Any], reason: str, after_s: float | None, *, counts: bool = True
    ) -> str:
        attempts = message["delivery_attempts"]
        if counts and attempts >= MAX_ATTEMPTS:
            gave_up = sentence("gave_up", self._language, attempts=attempts, reason=reason)
            return await self._settle(message, "held", gave_up)
        wait_s = min(_FIRST_WAIT_S * _FACTOR ** (attempts - 1), _LONGEST_WAIT_S)
        wait_s *= random.uniform(0.85, 1.15)  # noqa: S311 - spreads attempts, guards nothing
        values: dict[Any, Any] = {
            "delivery_error": storable_text(reason)[:500] or "–",
            "said": said(delivery_error=reason),
            "updated_at": self._clock(),
        }
        if not counts:
            values["delivery_attempts"] = attempts - 1
        await self._write(message, values)
        raise Retry(reason, after_s=after_s if after_s is not None else wait_s)

    async def _wait(self, message: dict[str, Any], reason: str) -> str:
        """Leave the reply queued: it is picked up when its account works again."""
        values: dict[Any, Any] = {"delivery_error": reason[:500], "said": said(delivery_error=reason)}
        await self._write(message, values | {"updated_at": self._clock()})
        return "queued"

    async def _settle(self, message: dict[str, Any], state: str, reason: str) -> str:
        values: dict[Any, Any] = {
            "delivery": state,
            "delivery_error": storable_text(reason)[:500],
            "said": said(delivery_error=reason),
            "updated_at": self._clock(),
        }
        await self._write(message, values)
        return state

    async def _write(self, message: dict[str, Any], values: dict[Any, Any]) -> None:
        async with self._database.transaction():
            written = (
                await Message.update(values, force=True)
                .where(Message.id == message["id"], Message.delivery == "queued")
                .returning(Message.id)
            )
            if written:
                await tell_pages(
                    self._outbox, "message_updated", message["id"], message["conversation"], _SENDING
                )
