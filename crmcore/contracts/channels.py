"""Channels: how messages come in and answers go out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct, field

from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.messages import Identity, InboundMessage, OutboundMessage
from crmcore.contracts.problems import Problem

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext
    from crmcore.contracts.settings import CheckResult


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a channel can do; the composer follows it without code of its own.

    ``max_length`` counts characters; ``reply_window_s`` is how long after the customer's last message a reply
    may be sent (None: any time); ``identity_kinds`` are the contact points it can reach.
    """

    reply: bool = False
    attachments: bool = False
    max_length: int | None = None
    formats: tuple[str, ...] = ("plain",)
    reply_window_s: int | None = None
    delivery_receipts: bool = False
    identity_kinds: tuple[str, ...] = ("email", "phone", "handle")


class ChannelAccount(Struct, frozen=True, kw_only=True):
    """One configured account of a channel: a mailbox, a phone line, a form. ``config`` has secrets decrypted."""

    id: UUID
    name: str
    channel: str
    plugin: str
    config: Any = None
    address: str = ""


class InboundRequest(Struct, frozen=True, kw_only=True):
    """A request exactly as it arrived: raw body, lower-case header names, the public URL the sender used."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    remote_address: str = ""


class Verified(Struct, frozen=True, kw_only=True):
    """A request proved to come from the account's vendor.

    ``delivery_key`` is what the vendor repeats when it delivers again; None when the request carries nothing to
    keep (a vendor's probe). The answer is sent after the raw body is stored.
    """

    delivery_key: str | None
    status: int = 202
    content_type: str = "application/json"
    answer: bytes = b""


class Forged(Exception):
    """Raised by ``verify`` when the signature is missing or wrong: answered 401, nothing is stored."""


class RawDelivery(Struct, frozen=True, kw_only=True):
    """A stored delivery, as ``parse`` gets it: later, in a job, and again on every replay."""

    id: UUID
    delivery_key: str
    headers: Mapping[str, str]
    body: bytes
    url: str
    received_at: datetime


class Sent(Struct, frozen=True, kw_only=True):
    """The vendor took the message: its id there, and whether it is already known to be delivered.

    ``stored`` says that it was not sent anywhere: it is kept for a program that reads it here.
    """

    external_id: str = ""
    delivered: bool = False
    stored: bool = False


class SendFailed(Exception):
    """Raised by ``send``. ``permanent`` failures are held for a person at once, others are tried again first.

    ``reason`` is a sentence, or one in each language, for the person whose reply it is.
    """

    def __init__(self, reason: Label, *, permanent: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(text_of(reason))
        self.reason = reason
        self.permanent = permanent
        self.retry_after_s = retry_after_s


def _same(identity: Identity) -> Identity:
    return identity


class Channel(Struct, frozen=True, kw_only=True):
    """A kind of channel. Every configured account of it is a :class:`ChannelAccount`.

    ``verify(request, account)`` proves where a request came from, quickly and without I/O, or raises
    :class:`Forged` (401) or :class:`~crmcore.InvalidValue` (422). ``parse(delivery, account)`` understands a
    stored delivery; whatever it raises puts the delivery into quarantine with its raw body.
    ``handle(delivery, account, plugin)`` is for what a delivery says beside messages, a phone that rings: it is
    called before ``parse``, in the same job, and may be called again for the same delivery; failures are tried again
    as those of a :class:`~crmcore.Connection` are.
    ``send(message, account, plugin)`` hands a reply to the vendor. ``config`` is the Struct of an account's
    settings: its form, its check and its JSON Schema are made from it. ``check_config(config)`` is asked before
    such settings are stored, and returns what is wrong with them in this workspace, with paths into them.
    ``reply_hint(config)`` is what people should know who answer through an account with these settings.
    ``check(account, plugin)`` tests the connection of an account with the other side, for who sets it up.
    ``listen(account, plugin)`` is a long-lived task for sides that do not deliver by themselves: it runs in one
    process of all, is begun again when it ends or raises, and cancelled when the account is paused or changed and
    when the process stops. What it hears it hands to ``plugin.connections.deliver``.
    """

    key: str
    label: Label
    verify: Callable[[InboundRequest, ChannelAccount], Verified]
    parse: Callable[[RawDelivery, ChannelAccount], list[InboundMessage]]
    send: "Callable[[OutboundMessage, ChannelAccount, PluginContext], Awaitable[Sent]] | None" = None
    config: type[Struct] | None = None
    check_config: Callable[[Any], Awaitable[Sequence[Problem]]] | None = None
    reply_hint: Callable[[Any], Label] | None = None
    check: "Callable[[ChannelAccount, PluginContext], Awaitable[CheckResult]] | None" = None
    listen: "Callable[[ChannelAccount, PluginContext], Awaitable[None]] | None" = None
    handle: "Callable[[RawDelivery, ChannelAccount, PluginContext], Awaitable[None]] | None" = None
    capabilities: Capabilities = field(default_factory=Capabilities)
    icon: str = "message-square"
    normalize_identity: Callable[[Identity], Identity] = _same
    public_form: bool = False
