"""A Telegram bot in one file: what people write to it arrives in the inbox, and replies go back."""

import hmac
import json
from typing import Annotated

from msgspec import Struct

import crmcore as crm

TOKEN = crm.setting({"en": "Bot token", "ru": "Токен бота"}, pattern="^[0-9]{1,20}:[A-Za-z0-9_-]{1,80}$")
PROOF = crm.setting({"en": "Webhook secret", "ru": "Секрет вебхука"}, pattern="^[A-Za-z0-9_-]{16,256}$")
NO_UPDATE = {"en": "This is no update of Telegram.", "ru": "Это не обновление Telegram."}
AWAY = {"en": "Telegram cannot be reached.", "ru": "Telegram недоступен."}


class Bot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Annotated[crm.Secret, TOKEN]
    secret: Annotated[crm.Secret, PROOF]


def verify(request, account):
    sent = request.headers.get("x-telegram-bot-api-secret-token", "")
    if not hmac.compare_digest(sent.encode(), account.config.secret.encode()):
        raise crm.Forged
    try:
        return crm.Verified(delivery_key=str(int(json.loads(request.body)["update_id"])), status=200)
    except (ValueError, TypeError, LookupError, RecursionError):
        raise crm.InvalidValue(NO_UPDATE) from None


def parse(delivery, account):
    message = json.loads(delivery.body).get("message") or {}
    if not message.get("text"):
        return []
    chat, sender = str(message["chat"]["id"]), message.get("from") or {}
    name = " ".join(filter(None, (sender.get("first_name"), sender.get("last_name"))))
    said = {"external_id": f"{chat}-{message['message_id']}", "text": message["text"], "thread_key": chat}
    return [crm.InboundMessage(**said, name=name, identities=(crm.Identity(kind="telegram", value=chat),))]


async def send(message, account, plugin):
    url, chat = f"https://api.telegram.org/bot{account.config.token}/sendMessage", message.to[0].value
    try:
        answer = await plugin.http.request("POST", url, json={"chat_id": chat, "text": message.text})
        told = json.loads(answer.body)
    except (crm.OutgoingFailed, ValueError) as error:
        raise crm.SendFailed(AWAY) from error
    if not told.get("ok"):
        wait_s, final = told.get("parameters", {}).get("retry_after"), answer.status in (400, 403)
        raise crm.SendFailed(told.get("description", "?"), permanent=final, retry_after_s=wait_s)
    return crm.Sent(external_id=f"{chat}-{told['result']['message_id']}")


@crm.hookimpl
def register_channels():
    can = crm.Capabilities(reply=True, max_length=4096, identity_kinds=("telegram",))
    functions = {"verify": verify, "parse": parse, "send": send}
    return [crm.Channel(key="telegram", label="Telegram", config=Bot, capabilities=can, **functions)]
