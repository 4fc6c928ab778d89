"""The ``api`` channel: a program posts messages, and gets replies posted back or reads them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from crmcore.contacts.points import PointRules
from crmcore.contracts.channels import (
    Capabilities,
    Channel,
    ChannelAccount,
    Forged,
    InboundRequest,
    RawDelivery,
    SendFailed,
    Sent,
    Verified,
)
from crmcore.contracts.context import PluginContext
from crmcore.contracts.labels import Label
from crmcore.contracts.messages import Attachment, Identity, InboundMessage, OutboundMessage
from crmcore.contracts.outgoing import OutgoingFailed, OutgoingRefused
from crmcore.contracts.problems import InvalidValue
from crmcore.contracts.settings import CheckResult, Secret
from crmcore.conversions import problem_of
from crmcore.outgoing.signing import key_of, signed_headers

_STORED: Label = {
    "en": "This account has no reply address: a reply is stored for the program to read, and sent nowhere.",
    "ru": "У подключения нет адреса для ответов: ответ сохраняется для программы и никуда не отправляется.",
}
# Answers that mean "not now": everything else in the 400s will not get better by itself.
_PASSING = frozenset({408, 409, 423, 425, 429})


class ApiConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of an ``api`` account.

    Replies are posted to ``reply_url``, signed with ``signing_secret`` as Standard Webhooks describes
    (https://www.standardwebhooks.com). Without a ``reply_url`` the program reads replies from the API.
    """

    reply_url: Annotated[str, Meta(max_length=2000, pattern="^(https?://[^\\s]+)?$")] = ""
    signing_secret: Secret = ""

    def __post_init__(self) -> None:
        if self.signing_secret and not key_of(self.signing_secret):
            raise InvalidValue(_NO_KEY, code="wrong_form", path="/signing_secret")
        if self.reply_url and not self.signing_secret:
            raise InvalidValue(_UNSIGNED, code="required", path="/signing_secret")


class Sender(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wrote: at least one way to reach them, and their name if it is known."""

    email: Annotated[str, Meta(max_length=320)] = ""
    phone: Annotated[str, Meta(max_length=60)] = ""
    handle: Annotated[str, Meta(max_length=200)] = ""
    name: Annotated[str, Meta(max_length=200)] = ""


class PostedFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file with a message: its ``content`` in base64, or the id of an upload to ``/api/files``.

    A body has 1 MB at most, so that what is larger is uploaded.
    """

    name: Annotated[str, Meta(max_length=255)] = "file"
    content: Annotated[bytes, Meta(max_length=1_000_000)] = b""
    media_type: Annotated[str, Meta(max_length=100)] = ""
    file_id: UUID | None = None


class PostedMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a program posts. Repeating a ``delivery_key`` repeats the answer and nothing else.

    A message has a ``text``, ``html`` or ``attachments``; HTML is cleaned, and without a ``text`` it gives one.
    ``sent_at`` is when the customer wrote, if that was earlier. ``contact_custom`` and ``conversation_custom``
    are custom values; one that is refused becomes a note in the conversation.
    """

    delivery_key: Annotated[str, Meta(min_length=1, max_length=255)]
    sender: Sender = field(name="from")
    text: Annotated[str, Meta(max_length=100_000)] = ""
    html: Annotated[str, Meta(max_length=512_000)] = ""
    attachments: Annotated[list[PostedFile], Meta(max_length=20)] = []
    subject: Annotated[str, Meta(max_length=300)] = ""
    thread_key: Annotated[str, Meta(max_length=255)] = ""
    sent_at: Annotated[datetime, Meta(tz=True)] | None = None
    contact_custom: dict[str, Any] = field(default_factory=dict)
    conversation_custom: dict[str, Any] = field(default_factory=dict)


def api_channel(rules: PointRules) -> Channel:
    """Return the channel for programs; senders are known by ``rules``."""

    def verify(request: InboundRequest, account: ChannelAccount) -> Verified:
        """Accept what a program with a token posts, in the right form; its token was checked on the way here."""
        if ":actor" not in request.headers:
            raise Forged
        posted = _posted(request.body)
        _check_sender(posted.sender, rules)
        return Verified(delivery_key=posted.delivery_key)

    return Channel(
        key="api",
        label={"en": "API", "ru": "API"},
        icon="code",
        verify=verify,
        parse=parse,
        send=send,
        config=ApiConfig,
        reply_hint=_reply_hint,
        check=check,
        capabilities=Capabilities(reply=True, attachments=True),
    )


def _reply_hint(config: ApiConfig) -> Label:
    return "" if config.reply_url else _STORED


def parse(delivery: RawDelivery, account: ChannelAccount) -> list[InboundMessage]:
    """Return the one message that was posted."""
    posted = _posted(delivery.body)
    sender = posted.sender
    identities = tuple(
        Identity(kind=kind, value=value)
        for kind, value in (("email", sender.email), ("phone", sender.phone), ("handle", sender.handle))
        if value.strip()
    )
    return [
        InboundMessage(
            external_id=posted.delivery_key,
            text=posted.text,
            identities=identities,
            name=sender.name,
            subject=posted.subject,
            thread_key=posted.thread_key,
            sent_at=posted.sent_at,
            html=posted.html,
            attachments=tuple(
                Attachment(
                    name=file.name,
                    content=file.content,
                    media_type=file.media_type,
                    file_id=file.file_id,
                )
                for file in posted.attachments
            ),
            contact_custom=posted.contact_custom,
            conversation_custom=posted.conversation_custom,
        )
    ]


async def send(message: OutboundMessage, account: ChannelAccount, plugin: PluginContext) -> Sent:
    """Post the reply to the account's ``reply_url``; without one it is there to be read."""
    config: ApiConfig = account.config
    if not config.reply_url:
        return Sent(stored=True)
    moment = plugin.now()
    body = msgspec.json.encode(
        {
            "type": "message.reply",
            "timestamp": moment.isoformat(),
            "data": {
                "id": message.id,
                "account_id": account.id,
                "conversation_id": message.conversation_id,
                "conversation_number": message.conversation_number,
                "contact_id": message.contact_id,
                "thread_key": message.thread_key,
                "to": message.to,
                "subject": message.subject,
                "text": message.text,
                "author": message.author,
                "attachments": [
                    {
                        "id": file.id,
                        "name": file.name,
                        "media_type": file.media_type,
                        "size": file.size,
                        "url": plugin.url_for(f"/api/files/{file.id}"),
                    }
                    for file in message.attachments
                ],
            },
        }
    )
    headers = signed_headers(str(message.id), moment, body, [config.signing_secret])
    try:
        answer = await plugin.http.request("POST", config.reply_url, headers=headers, data=body)
    except OutgoingRefused as error:
        raise SendFailed(error.label(), permanent=True) from error
    except OutgoingFailed as error:
        raise SendFailed(error.label()) from error
    if 200 <= answer.status < 300:
        return Sent(delivered=True)
    final = 300 <= answer.status < 500 and answer.status not in _PASSING
    raise SendFailed(
        {
            "en": f"{config.reply_url} answered {answer.status}.",
            "ru": f"{config.reply_url}: ответ {answer.status}.",
        },
        permanent=final,
        retry_after_s=_seconds(answer.headers.get("retry-after", "")),
    )


async def check(account: ChannelAccount, plugin: PluginContext) -> CheckResult:
    """Post a signed test to the account's ``reply_url``; a program that reads replies has nothing to be tested."""
    config: ApiConfig = account.config
    if not config.reply_url:
        return CheckResult(ok=True, message=_STORED)
    moment = plugin.now()
    data = {"account_id": account.id}
    body = msgspec.json.encode({"type": "test", "timestamp": moment.isoformat(), "data": data})
    headers = signed_headers(f"test-{account.id}", moment, body, [config.signing_secret])
    try:
        answer = await plugin.http.request("POST", config.reply_url, headers=headers, data=body)
    except (OutgoingRefused, OutgoingFailed) as error:
        return CheckResult(ok=False, message=error.label())
    ok = 200 <= answer.status < 300
    return CheckResult(
        ok=ok,
        message={
            "en": f"{config.reply_url} answered {answer.status}.",
            "ru": f"{config.reply_url}: ответ {answer.status}.",
        },
    )


def _posted(body: bytes) -> PostedMessage:
    try:
        posted = msgspec.json.decode(body, type=PostedMessage)
    except UnicodeDecodeError:
        raise InvalidValue(_NOT_JSON, code="not_json") from None
    except msgspec.ValidationError as error:
        found = problem_of(error, PostedMessage)
        raise InvalidValue(found.message, code=found.code, path=found.path, **found.params) from None
    except (msgspec.DecodeError, RecursionError):
        raise InvalidValue(_NOT_JSON, code="not_json") from None
    if not (posted.text.strip() or posted.html.strip() or posted.attachments):
        raise InvalidValue(_EMPTY, code="too_short", path="/text")
    sender = posted.sender
    if not (sender.email.strip() or sender.phone.strip() or sender.handle.strip()):
        raise InvalidValue(_NOBODY, code="required", path="/from")
    return posted


def _check_sender(sender: Sender, rules: PointRules) -> None:
    """Refuse an address or a number that is none: a program can be told, and would lose the sender otherwise."""
    for kind, value in (("email", sender.email), ("phone", sender.phone)):
        if value.strip():
            try:
                rules.point(kind, value)
            except InvalidValue as error:
                error.params["path"] = f"/from/{kind}"
                raise


def _seconds(text: str) -> float | None:
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() and len(text) < 7 else None


_NOT_JSON = {"en": "This is not JSON in UTF-8.", "ru": "Это не JSON в UTF-8."}
_EMPTY = {
    "en": "Say something: a text, HTML or a file.",
    "ru": "Нужен текст, HTML или файл.",
}
_NO_KEY = {
    "en": "A signing secret is “whsec_” and 24 to 64 bytes in base64.",
    "ru": "Секрет подписи — это «whsec_» и от 24 до 64 байт в base64.",
}
_UNSIGNED = {
    "en": "A reply_url needs a signing_secret, so that the receiver can tell who sends.",
    "ru": "Для reply_url нужен signing_secret, чтобы получатель знал, кто отправил.",
}
_NOBODY = {
    "en": "Say who wrote: an e-mail address, a phone number or a handle.",
    "ru": "Укажите, кто написал: адрес почты, телефон или псевдоним.",
}
