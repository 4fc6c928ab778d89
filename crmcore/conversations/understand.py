"""Asks a channel what a stored delivery says, and makes sure that the answer can be used."""

from typing import Any

import msgspec

from crmcore.contracts.channels import Channel, ChannelAccount, Forged, RawDelivery
from crmcore.contracts.jobs import Retry
from crmcore.contracts.messages import InboundMessage
from crmcore.contracts.problems import InvalidValue
from crmcore.conversations.sentences import sentence
from crmcore.conversations.storable import bounded_key, storable, storable_text
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.names import CORE
from crmcore.redaction import redact_all

PARSE_TIMEOUT_S = 10.0
MAX_TEXT, MAX_SUBJECT, MAX_NAME = 200_000, 300, 200


class NotUnderstood(Exception):
    """The delivery goes to quarantine; the text says why."""


async def messages_in(
    delivery: RawDelivery, channel: Channel, account: ChannelAccount, dispatch: Dispatcher, language: str
) -> list[InboundMessage]:
    """Return the messages of ``delivery`` as its channel understands them, within what can be stored.

    Raises :class:`NotUnderstood`, or Retry when the channel's plugin is paused for a moment.
    """

    def outcome() -> Any:
        # A delivery that cannot be read is not a failing plugin: one bad letter must not pause a mailbox.
        try:
            return channel.parse(delivery, account)
        except Exception as error:
            return _Raised(error)

    try:
        if account.plugin == CORE:
            answer = outcome()
        else:
            answer = await dispatch.run(account.plugin, "channel.parse", outcome, timeout_s=PARSE_TIMEOUT_S)
    except PluginFailed as failed:
        if failed.paused:
            raise Retry(str(failed), after_s=failed.retry_after_s or 30.0) from failed
        raise NotUnderstood(
            sentence("not_understood", language, reason=failed.sentence(language))
        ) from failed
    if isinstance(answer, _Raised):
        raise NotUnderstood(sentence("not_understood", language, reason=_reason(answer.error, language)))
    try:
        if not isinstance(answer, list | tuple):
            raise TypeError(type(answer).__name__)
        return [checked_message(message) for message in answer]
    except (TypeError, ValueError, RecursionError) as error:
        reason = sentence("not_messages", language, reason=str(error))
        raise NotUnderstood(sentence("not_understood", language, reason=reason)) from error


class _Raised:
    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


def _reason(error: Exception, language: str) -> str:
    if isinstance(error, InvalidValue):
        return error.problem().sentence(language)
    if isinstance(error, Forged):
        return sentence("forged_later", language)
    return f"{type(error).__name__}: {error}"[:1000]


def without_cards(message: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a message with card numbers redacted; the vendor's ids, addresses and files stay."""
    clean: dict[str, Any] = redact_all(message)
    kept = {name: message[name] for name in ("external_id", "thread_key")}
    attachments = [{**given, "name": redact_all(given["name"])} for given in message.get("attachments", ())]
    identities = [
        given if "@" in given["value"] else redacted
        for given, redacted in zip(message["identities"], clean["identities"], strict=True)
    ]
    return {**clean, **kept, "identities": identities, "attachments": attachments}


def checked_message(message: Any) -> InboundMessage:
    """Return ``message`` with every value of its declared type, storable and within its bounds."""
    if not isinstance(message, InboundMessage):
        raise TypeError(type(message).__name__)
    # Through plain data and back: a frozen Struct takes any value when it is made, and its dicts are shared.
    copy = msgspec.convert(without_cards(storable(msgspec.to_builtins(message))), InboundMessage)
    if not copy.external_id:
        raise ValueError("external_id")
    sent_at = copy.sent_at
    if sent_at is not None and sent_at.tzinfo is None:
        sent_at = None
    task = copy.task
    if task is not None:
        due_in_s = min(max(task.due_in_s, 0), 10 * 366 * 86_400)
        task = msgspec.structs.replace(task, title=task.title.strip()[:300], due_in_s=due_in_s)
    return msgspec.structs.replace(
        copy,
        external_id=bounded_key(copy.external_id),
        thread_key=bounded_key(copy.thread_key),
        text=copy.text[:MAX_TEXT],
        subject=" ".join(copy.subject.split())[:MAX_SUBJECT],
        name=" ".join(storable_text(copy.name).split())[:MAX_NAME],
        sent_at=sent_at,
        task=task if task is not None and task.title else None,
    )
