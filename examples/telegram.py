"""A Telegram bot in one file: what people write to it arrives in the inbox, and replies go back."""

import hmac
import json
from typing import Annotated

from msgspec import Struct

import crmcore
from crmcore import (
    Channel,
    Forged,
    Identity,
    InboundMessage,
    InvalidValue,
    Secret,
    SendFailed,
    Sent,
    hookimpl,
)

TOKEN = crmcore.setting(
    {"en": "Bot token", "ru": "Токен бота"}, max_length=100, pattern="^[0-9]+:[A-Za-z0-9_-]+$"
)
PROOF = crmcore.setting(
    {"en": "Secret of the webhook", "ru": "Секрет вебхука"}, min_length=16, max_length=256
)
NO_JSON = {"en": "This is no update of Telegram.", "ru": "Это не обновление Telegram."}
AWAY = {"en": "Telegram cannot be reached.", "ru": "Telegram недоступен."}


class Bot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Annotated[Secret, TOKEN]
    secret: Annotated[Secret, PROOF]


def verify(request, account):
    sent = request.headers.get("x-telegram-bot-api-secret-token", "")
    if not hmac.compare_digest(sent.encode(), account.config.secret.encode()):
        raise Forged
    try:
        return crmcore.Verified(delivery_key=str(int(json.loads(request.body)["update_id"])), status=200)
    except (ValueError, TypeError, LookupError, RecursionError):
        raise InvalidValue(NO_JSON) from None


def parse(delivery, account):
    message = json.loads(delivery.body).get("message") or {}
    if not message.get("text"):
        return []
    chat, sender = str(message["chat"]["id"]), message.get("from") or {}
    name = " ".join(filter(None, (sender.get("first_name"), sender.get("last_name"))))
    who, id = Identity(kind="telegram", value=chat), f"{chat}-{message['message_id']}"
    return [
        InboundMessage(external_id=id, text=message["text"], identities=(who,), name=name, thread_key=chat)
    ]


async def send(message, account, plugin):
    url, body = f"https://api.telegram.org/bot{account.config.token}/sendMessage", {"text": message.text}
    try:
        answer = await plugin.http.request("POST", url, json={"chat_id": message.to[0].value, **body})
        told = json.loads(answer.body)
    except (crmcore.OutgoingFailed, ValueError) as error:
        raise SendFailed(AWAY) from error
    if not told.get("ok"):
        wait_s = told.get("parameters", {}).get("retry_after")
        raise SendFailed(
            told.get("description", "?"), permanent=answer.status in (400, 403), retry_after_s=wait_s
        )
    return Sent(external_id=f"{message.to[0].value}-{told['result']['message_id']}")


@hookimpl
def register_channels():
    can = crmcore.Capabilities(reply=True, max_length=4096, identity_kinds=("telegram",))
    return [
        Channel(
            key="telegram",
            label="Telegram",
            verify=verify,
            parse=parse,
            send=send,
            config=Bot,
            icon="send",
            capabilities=can,
        )
    ]
