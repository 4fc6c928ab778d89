"""What the demo's questions are about, in a handful of groups."""

TOPIC_GROUPS: dict[str, dict[str, str]] = {
    "cards": {"en": "Cards", "ru": "Карты"},
    "payments": {"en": "Payments and refunds", "ru": "Платежи и возвраты"},
    "transfers": {"en": "Transfers", "ru": "Переводы"},
    "top_ups": {"en": "Top-ups", "ru": "Пополнение"},
    "cash": {"en": "Cash", "ru": "Наличные"},
    "exchange": {"en": "Exchange", "ru": "Обмен валюты"},
    "account": {"en": "Account and identity", "ru": "Счёт и личность"},
    "other": {"en": "Other", "ru": "Другое"},
}

# The first word found in a topic's name decides.
_WORDS = (
    ("exchange", "exchange"),
    ("currenc", "exchange"),
    ("cash", "cash"),
    ("atm", "cash"),
    ("cheque", "cash"),
    ("top_up", "top_ups"),
    ("topping", "top_ups"),
    ("transfer", "transfers"),
    ("receiving", "transfers"),
    ("beneficiary", "transfers"),
    ("payment", "payments"),
    ("refund", "payments"),
    ("charge", "payments"),
    ("card", "cards"),
    ("pin", "cards"),
    ("contactless", "cards"),
    ("pay", "cards"),
    ("visa", "cards"),
    ("identity", "account"),
    ("verify", "account"),
    ("account", "account"),
    ("passcode", "account"),
    ("phone", "account"),
    ("details", "account"),
    ("age", "account"),
    ("country", "account"),
)


def group_of(topic: str) -> str:
    """Return the group that ``topic`` (``card_arrival``) belongs to."""
    return next((group for word, group in _WORDS if word in topic), "other")


_CAPITALS = {
    "Atm": "ATM",
    "atm": "ATM",
    "pin": "PIN",
    "Pin": "PIN",
    "visa": "Visa",
    "mastercard": "Mastercard",
}


def subject_of(topic: str) -> str:
    """Return ``topic`` as a subject line: ``card_arrival`` is “Card arrival”."""
    words = topic.replace("_", " ").strip()
    return " ".join(_CAPITALS.get(word, word) for word in (words[:1].upper() + words[1:]).split())
