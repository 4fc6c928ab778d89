"""What the Telegram bot shows of itself to be checked: an account, two updates, the answer of Telegram."""

import json

from crmcore.testing import Delivery, Samples

PROOF = "a-secret-of-the-webhook-0123"


def update(number, text):
    sender = {"id": 7007, "is_bot": False, "first_name": "Ann", "last_name": "Lee"}
    message = {"message_id": number, "date": 1_790_000_000, "chat": {"id": 7007, "type": "private"}}
    body = {"update_id": 9000 + number, "message": {**message, "from": sender, "text": text}}
    return Delivery(
        body=json.dumps(body).encode(), sign=lambda url, body: {"X-Telegram-Bot-Api-Secret-Token": PROOF}
    )


def answers(http):
    http.answer("https://api.telegram.org/bot", json={"ok": True, "result": {"message_id": 12}})


SAMPLES = Samples(
    accounts={"telegram": {"token": "123456:a-token-of-the-tests", "secret": PROOF}},
    deliveries={"telegram": (update(1, "Hello"), update(2, "Is anybody there?"))},
    http=answers,
)
